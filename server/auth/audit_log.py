"""The audit log: who came in, who did not, and what was changed. One JSON object a line, in UTC.

Control characters are escaped, as JSON does, and everything that is not ASCII with them: no line can be forged. No
password and no token is ever among the members.
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
"""Characters of a text that came from outside."""


class AuditLog:
    """Appends to a file that only its owner may read. May be called from any thread."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._lock = Lock()

    def note(self, event: str, **members: str | int | list[str] | None) -> None:
        """Write what happened; that it cannot be written is for the log, and stops nobody.

        members: `user`, `by`, `address` and the like; those that are None are left out.
        """
        said = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event}
        caused = {**members, "request_id": request_id() or None}
        told = {name: _short(value) for name, value in caused.items() if value is not None}
        line = json.dumps({**said, **told}) + "\n"
        try:
            with self._lock:
                _append(self._file, line.encode("ascii"))
        except OSError as error:
            log.error("the audit log cannot be written: %s", error.strerror)


def _short(value: str | int | list[str]) -> str | int | list[str]:
    return value[:LONGEST] if isinstance(value, str | list) else value


def _append(file: Path, line: bytes) -> None:
    """Write a whole line in one call, behind what other processes have written."""
    handle = os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    try:
        os.write(handle, line)
    finally:
        os.close(handle)
