"""The format of the log: one line per event, times in UTC, and secrets of the configuration redacted."""

import json
import logging
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from g4f_lite.http.transport import secrets_of as secrets_of_provider
from server.config.site import Config
from server.ops.request_id import request_id

SHORTEST_SECRET = 6
"""Characters. Redacting shorter ones would hide ordinary words and protect nothing."""

CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160), 0x2028, 0x2029)}
"""Characters that could end a line and start a forged one."""


class TextFormatter(logging.Formatter):
    """Formats records for people. Lines of a traceback are indented, so that none looks like an event."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self, config: Config) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s%(request)s: %(message)s")
        self._secrets = sorted(secrets_of(config), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text, redacted."""
        record.request = f" [{request_id()}]" if request_id() else ""
        return "\n    ".join(line.translate(CONTROL) for line in self.redacted(super().format(record)).split("\n"))

    def redacted(self, text: str) -> str:
        """Return the text without any secret of the configuration."""
        for secret in self._secrets:
            text = text.replace(secret, "[redacted]")
        return text


class JsonFormatter(TextFormatter):
    """Formats records for programs: one JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON in ASCII. Redaction comes before escaping, which would hide secrets from it."""
        members = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id(),
            "traceback": self.formatException(record.exc_info) if record.exc_info else "",
        }
        return json.dumps({name: self.redacted(text) for name, text in members.items() if text})


FORMATTERS = {"text": TextFormatter, "json": JsonFormatter}
"""By `site_config.log`."""


def set_up_logging(config: Config) -> None:
    """Write the log to standard error, replacing any earlier set-up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FORMATTERS[config.site_config.log](config))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for package in ("server", "g4f_lite"):
        logging.getLogger(package).setLevel(logging.DEBUG if config.site_config.debug else logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # the store logs its migrations itself


def secrets_of(config: Config) -> set[str]:
    """Return all secrets of the configuration."""
    return {secret for secret in _secrets(config) if len(secret) >= SHORTEST_SECRET}


def _secrets(config: Config) -> Iterator[str]:
    for settings in config.providers.values():
        yield from secrets_of_provider(settings)
    yield urlsplit(config.database).password or ""
    yield urlsplit(config.redis).password or ""
    yield config.auth.password
    yield config.auth.oidc.client_secret if config.auth.oidc else ""
    yield config.site_config.metrics_token
