"""The audit log: sign-ins, failed sign-ins and changes. One JSON object per line, times in UTC.

JSON escapes control characters and everything outside ASCII, so no line can be forged. Passwords and tokens are never
among the members.
"""

import json
import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from server.ops.request_id import request_id

log = logging.getLogger(__name__)

FILE = "audit.log"
LONGEST = 200
"""Characters kept of a text from outside."""


class AuditLog:
    """Appends to a file that only its owner may read. May be called from any thread."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._lock = Lock()

    def note(self, event: str, **members: str | int | list[str] | None) -> None:
        """Write an event. If that fails, the log says so, and the request goes on.

        members: `user`, `by`, `address` and the like; None is left out.
        """
        head = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event}
        caused = {**members, "request_id": request_id() or None}
        written = {name: _short(value) for name, value in caused.items() if value is not None}
        line = json.dumps({**head, **written}) + "\n"
        try:
            with self._lock:
                _append(self._file, line.encode("ascii"))
        except OSError as error:
            log.error("the audit log cannot be written: %s", error.strerror)


def _short(value: str | int | list[str]) -> str | int | list[str]:
    return value[:LONGEST] if isinstance(value, str | list) else value


def _append(file: Path, line: bytes) -> None:
    """Append a whole line in one call, so that lines of several processes do not mix."""
    handle = os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    try:
        os.write(handle, line)
    finally:
        os.close(handle)
