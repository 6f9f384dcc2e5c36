"""Applies a changed configuration file while the server runs."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

from g4f_lite.errors import ConfigError
from server.config.site import Config

log = logging.getLogger(__name__)

CHECK_EVERY_S = 1
"""How often the files are checked: soon enough for a person who saves and looks at the page."""

SITE_KEYS = ("host", "port", "trusted_proxies", "proxy_addresses", "allowed_hosts")
"""Keys of `site_config` that take effect at the start only."""

AUTH_KEYS = ("mode", "password", "oidc")
"""The same for `auth`."""

TOP_KEYS = ("url_prefix", "data_dir", "database", "redis")
"""The same for top-level keys."""


class Configured(Protocol):
    """The holder of the current configuration, and of the reason why a newer one was not applied."""

    config: Config
    config_problem: str | None


class ConfigReloader:
    """Watches the configuration file and the `.env` beside it. A broken file is refused; the last good one stays."""

    def __init__(
        self, file: Path, load: Callable[[], Config], current: Configured, apply: Callable[[Config], Awaitable[None]]
    ) -> None:
        """Remember the state of the files, from which the current configuration was read.

        load: reads the configuration again; it runs in a thread.
        """
        self._file = file
        self._load = load
        self._current = current
        self._apply = apply
        self._seen = self._file_states()

    async def run(self) -> None:
        """Check the files until cancelled."""
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            await self.check()

    async def check(self) -> None:
        """Load the file if it changed, and apply it if it is valid."""
        seen = self._file_states()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            config = await asyncio.to_thread(self._load)
        except ConfigError as error:
            self._reject(error.mistakes)
        else:
            await self._accept(config)

    def _reject(self, mistakes: Sequence[str]) -> None:
        more = f" ({len(mistakes) - 1} more in the log)" if len(mistakes) > 1 else ""
        self._current.config_problem = f"{self._file.name} was changed but not applied: {mistakes[0]}{more}"
        for mistake in mistakes:
            log.error("%s was not applied: %s", self._file.name, mistake)

    async def _accept(self, config: Config) -> None:
        self._current.config_problem = None
        changed = restart_keys(self._current.config, config)
        if changed:
            log.warning("%s: restart the server to apply %s", self._file.name, ", ".join(changed))
        config = with_running_values(self._current.config, config)
        if config != self._current.config:
            await self._apply(config)
            log.info("%s was applied", self._file.name)

    def _file_states(self) -> list[tuple[int, int, int] | None]:
        return [_file_state(self._file), _file_state(self._file.with_name(".env"))]


def restart_keys(running: Config, new: Config) -> list[str]:
    """Return the keys that differ and take effect after a restart only."""
    site = [f"site_config.{key}" for key in SITE_KEYS if _differs(key, running.site_config, new.site_config)]
    auth = [f"auth.{key}" for key in AUTH_KEYS if _differs(key, running.auth, new.auth)]
    return site + auth + [key for key in TOP_KEYS if _differs(key, running, new)]


def with_running_values(running: Config, new: Config) -> Config:
    """Return the new configuration with the running values of the keys that need a restart."""
    site = new.site_config.model_copy(update={key: getattr(running.site_config, key) for key in SITE_KEYS})
    auth = new.auth.model_copy(update={key: getattr(running.auth, key) for key in AUTH_KEYS})
    top = {key: getattr(running, key) for key in TOP_KEYS}
    return new.model_copy(update={"site_config": site, "auth": auth, **top})


def _differs(key: str, running: object, new: object) -> bool:
    return bool(getattr(running, key) != getattr(new, key))


def _file_state(file: Path) -> tuple[int, int, int] | None:
    """Return values that change when a file is written or replaced; None if there is no file."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
