"""One process for one data folder: a second one would take the first one's running answers for dead."""

import sys
from pathlib import Path
from typing import IO

from server.problems import Problem

FOLDER_MODE = 0o700


def lock(folder: Path) -> IO[bytes]:
    """Make the folder, and hold it until the returned file is closed or the process ends, however it ends.

    Raises: Problem, when another process holds it or it cannot be written.
    """
    try:
        folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        file = (folder / "lock").open("wb")
    except OSError as error:
        sentence = f"The data folder {folder} cannot be written: {error.strerror}."
        raise Problem("storage_unavailable", sentence) from error
    try:
        _take(file)
    except OSError as error:
        file.close()
        sentence = f"Another process is serving from {folder}. End it first, or give this one another data_dir."
        raise Problem("storage_unavailable", sentence) from error
    return file


if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
