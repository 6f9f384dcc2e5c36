"""Takes a changed configuration file over while the server runs."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from g4f_lite.errors import ConfigError
from server.config.site import Config

log = logging.getLogger(__name__)

EVERY_S = 1
"""How often the files are looked at: soon enough for a person who saves and looks at the page."""

SITE_KEYS = ("host", "port", "trusted_proxies", "proxy_addresses", "allowed_hosts")
"""Keys of `site_config` that are read once, at the start."""

AUTH_KEYS = ("mode", "password", "oidc")
"""Keys of `auth` that are."""

TOP_KEYS = ("url_prefix", "data_dir", "database", "redis")
"""Keys beside it that are."""


class Site(Protocol):
    """What a configuration is in force for."""

    config: Config
    config_problem: str | None

    async def take_over(self, config: Config) -> None:
        """Put another configuration into force."""


class Watch:
    """Follows the configuration file and the `.env` beside it. What is broken is refused; the last good one stays."""

    def __init__(self, file: Path, load: Callable[[], Config], site: Site) -> None:
        """Remember how the files are now, which is how the site's configuration was read.

        load: reads the configuration anew; it runs in a thread.
        """
        self._file = file
        self._load = load
        self._site = site
        self._seen = self._look()

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.check_now()

    async def check_now(self) -> None:
        """Load the file if it changed, and have it taken over if it is good."""
        seen = self._look()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            config = await asyncio.to_thread(self._load)
        except ConfigError as error:
            self._refuse(error.mistakes)
        else:
            await self._accept(config)

    def _refuse(self, mistakes: Sequence[str]) -> None:
        more = f" ({len(mistakes) - 1} more in the log)" if len(mistakes) > 1 else ""
        self._site.config_problem = f"{self._file.name} was changed and not taken over: {mistakes[0]}{more}"
        for mistake in mistakes:
            log.error("%s was not taken over: %s", self._file.name, mistake)

    async def _accept(self, config: Config) -> None:
        self._site.config_problem = None
        changed = kept_keys(self._site.config, config)
        if changed:
            log.warning("%s: a restart is needed for %s", self._file.name, ", ".join(changed))
        config = with_kept(self._site.config, config)
        if config != self._site.config:
            await self._site.take_over(config)
            log.info("%s was taken over", self._file.name)

    def _look(self) -> list[tuple[int, int, int] | None]:
        return [_state(self._file), _state(self._file.with_name(".env"))]


def kept_keys(running: Config, new: Config) -> list[str]:
    """Return the keys that differ and cannot be changed while the server runs."""
    site = [f"site_config.{key}" for key in SITE_KEYS if _differs(key, running.site_config, new.site_config)]
    auth = [f"auth.{key}" for key in AUTH_KEYS if _differs(key, running.auth, new.auth)]
    return site + auth + [key for key in TOP_KEYS if _differs(key, running, new)]


def with_kept(running: Config, new: Config) -> Config:
    """Return the new configuration with the running one's values for those keys."""
    site = new.site_config.model_copy(update={key: getattr(running.site_config, key) for key in SITE_KEYS})
    auth = new.auth.model_copy(update={key: getattr(running.auth, key) for key in AUTH_KEYS})
    top = {key: getattr(running, key) for key in TOP_KEYS}
    return new.model_copy(update={"site_config": site, "auth": auth, **top})


def _differs(key: str, running: object, new: object) -> bool:
    return bool(getattr(running, key) != getattr(new, key))


def _state(file: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file is written or replaced; None when there is none."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
