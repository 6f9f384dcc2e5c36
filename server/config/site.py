"""The schema of config.json: the keys of g4f_lite, and those of the site."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, NonNegativeInt, ValidationInfo
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from g4f_lite.config.config_errors import Mistake
from g4f_lite.config.load import CatalogConfig
from g4f_lite.config.settings import LocalPath, Names, Strict
from server.config.auth import Auth, mistakes_in, with_password
from server.config.limits import Limits, with_limits

DATABASES = ("sqlite", "postgresql+psycopg")
REDIS = ("redis://", "rediss://", "unix://")
SHORTEST_TOKEN = 16
"""Characters; fewer can be tried out."""
HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\]")
PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")


def is_loopback(host: str) -> bool:
    """Tell whether this names the local machine, so that no other can connect."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _address(host: str) -> str:
    """Return the address for a socket; IPv6 without brackets."""
    if not HOST_NAME.fullmatch(host) and not (":" in host and HOST_NAME.fullmatch(f"[{host}]")):
        raise ValueError("must be an address or name of this machine, such as 127.0.0.1")
    return host.strip("[]")


def _host_names(names: tuple[str, ...]) -> tuple[str, ...]:
    if not all(HOST_NAME.fullmatch(name) for name in names):
        raise ValueError("must list host names without https:// and port, such as chat.example.org")
    return tuple(name.strip("[]").lower() for name in names)


def _networks(addresses: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(str(ipaddress.ip_network(address)) for address in addresses)
    except ValueError:
        raise ValueError("must list addresses or networks, such as 10.0.0.7 or 172.16.0.0/12") from None


def _prefix(prefix: str) -> str:
    prefix = f"/{prefix.strip('/')}" if prefix.strip("/") else ""
    if not PREFIX.fullmatch(prefix):
        raise ValueError("must be empty or a path of letters and digits, such as /chat")
    return prefix


def _database(url: str, info: ValidationInfo) -> str:
    """Return the URL, a relative SQLite path in it made absolute."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError("must be a database URL, such as sqlite:///data/chat.db") from None
    if parsed.drivername not in DATABASES:
        raise ValueError("must start with sqlite:/// or postgresql+psycopg://")
    folder = (info.context or {}).get("folder", "")
    if parsed.drivername != "sqlite" or parsed.database in (None, "", ":memory:"):
        return url
    return parsed.set(database=str(Path(folder, parsed.database))).render_as_string()


def _token(token: str) -> str:
    if token and (len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable()):
        raise ValueError(f"must be empty or at least {SHORTEST_TOKEN} ASCII characters")
    return token


def _redis(url: str) -> str:
    if url and not url.startswith(REDIS):
        raise ValueError("must be empty or start with redis://, rediss:// or unix://")
    return url


class SiteConfig(Strict):
    """Where the site is served, and its title."""

    host: Annotated[str, AfterValidator(_address)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 1338
    """0: any free one."""
    debug: bool = False
    log: Literal["text", "json"] = "text"
    """The format of the log: for people, or for programs that collect it."""
    metrics_token: Annotated[str, AfterValidator(_token), Field(repr=False)] = ""
    """Allows reading `/metrics` from other machines."""
    title: str = "g4f-lite"
    trusted_proxies: NonNegativeInt = 0
    """The number of proxies in front whose `X-Forwarded-*` headers are trusted."""
    proxy_addresses: Annotated[Names, AfterValidator(_networks)] = ("127.0.0.0/8", "::1/128")
    """The addresses from which the innermost proxy connects; no other is trusted."""
    allowed_hosts: Annotated[Names, AfterValidator(_host_names)] = ()
    """Host names under which the site answers, in addition to those of this machine."""


class Config(CatalogConfig):
    """Every key of the file."""

    model_config = ConfigDict(extra="forbid")

    site_config: SiteConfig = SiteConfig()
    url_prefix: Annotated[str, AfterValidator(_prefix)] = ""
    data_dir: LocalPath = "data"
    database: Annotated[str, AfterValidator(_database), Field(validate_default=True, repr=False)] = (
        "sqlite:///data/chat.db"
    )
    redis: Annotated[str, AfterValidator(_redis), Field(repr=False)] = ""
    auth: Auth = Auth()
    limits: Limits = Limits()

    @classmethod
    def with_defaults(cls, document: dict[str, Any]) -> dict[str, Any]:
        """Return the document with the variable of the shared password, and the limits for its auth mode."""
        return with_limits(with_password(super().with_defaults(document)))

    @classmethod
    def relations(cls, document: Mapping[str, Any]) -> Iterator[Mistake]:
        """Yield also the mistakes of a site that other machines can reach."""
        yield from super().relations(document)
        auth, site = document.get("auth", {}), document.get("site_config")
        yield from mistakes_in(auth)
        host = site.get("host", "127.0.0.1") if isinstance(site, dict) else "127.0.0.1"
        if not isinstance(host, str) or is_loopback(host.strip("[]")):
            return
        if isinstance(auth, dict) and auth.get("mode", "none") == "none":
            yield Mistake(
                ("site_config", "host"),
                'lets other machines connect, but auth.mode "none" asks no one to sign in; set auth.mode '
                'to "accounts" or "password", or listen on 127.0.0.1',
            )
        if isinstance(site, dict) and site.get("debug") is True:
            yield Mistake(("site_config", "debug"), "must be false when other machines can connect")
