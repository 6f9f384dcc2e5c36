"""A lock file: one process has the lock until it closes the file or ends, even if it is killed."""

import os
import sys
from pathlib import Path
from typing import IO


def take(path: Path) -> IO[bytes] | None:
    """Return the open lock file; None while another process has the lock. Raises: OSError."""
    file = os.fdopen(os.open(path, os.O_CREAT | os.O_RDWR, 0o600), "r+b")
    try:
        _take(file)
    except (BlockingIOError, PermissionError):  # Windows raises the second
        file.close()
        return None
    except OSError:
        file.close()
        raise
    return file


def is_at(file: IO[bytes], path: Path) -> bool:
    """Tell whether this lock file is still the one that other processes find. Raises: OSError."""
    return path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat())


if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
