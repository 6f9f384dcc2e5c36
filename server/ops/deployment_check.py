"""The deployment check of `run.py check`: risks in the configuration and the files."""

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from server.auth.secret_keys import FILE as SESSION_KEY
from server.config.site import Config, is_loopback

SAFE_SQLITE = (3, 51, 3)
OLD_SQLITE = (
    "can damage a database when two connections reset its write-ahead log at once. This server writes "
    "through one connection, so the risk is small; use a Python built with SQLite 3.51.3 or newer to remove "
    "it."
)


@dataclass(frozen=True, slots=True)
class Risk:
    """Something to change. An error lets strangers in, or lets them read; the rest is worth knowing."""

    sentence: str
    is_error: bool = True

    def __str__(self) -> str:
        return f"{'Unsafe' if self.is_error else 'Note'}: {self.sentence}"


def risks(config: Config, file: Path) -> list[Risk]:
    """Return the risks of a site. file: its configuration."""
    return [*_strangers(config), *_on_the_way(config), *_files(config, file), *_program(config)]


def _strangers(config: Config) -> Iterator[Risk]:
    """Yield risks about who can reach the site."""
    site = config.site_config
    for_others = site.trusted_proxies > 0 or bool(site.allowed_hosts)
    if for_others and config.auth.mode == "none":
        yield Risk(
            'auth.mode is "none", so anyone who reaches the proxy can use this site without signing in; '
            'set it to "accounts" or "password".'
        )
    if site.trusted_proxies and any(address.endswith("/0") for address in site.proxy_addresses):
        yield Risk("site_config.proxy_addresses trusts every address; list only the addresses of your proxies.")
    if site.allowed_hosts and not site.trusted_proxies:
        yield Risk(
            "site_config.trusted_proxies is 0 although allowed_hosts is set. Behind a proxy, all visitors "
            "then look like one client, and cookies are not marked for https; set it to the number of "
            "proxies in front of the server."
        )
    if site.trusted_proxies and not site.allowed_hosts:
        yield Risk(
            "site_config.allowed_hosts is empty, so the server only answers under this machine's own names.", False
        )
    if site.debug and for_others:
        yield Risk("site_config.debug is true, so every request is logged; set it to false.", False)


def _on_the_way(config: Config) -> Iterator[Risk]:
    """Yield risks of connections without encryption."""
    site = config.site_config
    if not is_loopback(site.host) and not site.trusted_proxies:
        yield Risk(
            f"site_config.host {site.host} accepts connections from other machines without TLS, so passwords "
            "can be read in transit; listen on 127.0.0.1 behind an https proxy, as in deploy/."
        )
    for name, settings in config.providers.items():
        parts = urlsplit(settings.base_url or "")
        if settings.enabled and settings.api_key and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            yield Risk(f"providers.{name}.base_url uses http, so its API key can be read in transit; use https.")


def _files(config: Config, file: Path) -> Iterator[Risk]:
    """Yield files that other users of this machine can read."""
    data = Path(config.data_dir)
    for path in (data, data / SESSION_KEY):
        if _is_open(path):
            yield Risk(f"Other users of this machine can read {path}. Run: chmod -R go= {data}")
            break
    if _is_open(environment := file.with_name(".env")):
        yield Risk(f"Other users of this machine can read {environment}. Run: chmod go= {environment}", False)


def _program(config: Config) -> Iterator[Risk]:
    """Yield risks of the running program itself."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        yield Risk("This program runs as root, which it does not need; see deploy/g4f-lite.service.", False)
    if config.database.startswith("sqlite") and sqlite3.sqlite_version_info < SAFE_SQLITE:
        yield Risk(f"SQLite {sqlite3.sqlite_version} {OLD_SQLITE}", False)


def _is_open(path: Path) -> bool:
    """Tell whether an existing file gives rights to other users."""
    return os.name == "posix" and path.exists() and path.stat().st_mode & 0o077 != 0
