"""The backup file: a tar archive of the database, the files of the data folder, and the configuration.

Only its owner can read it, because it has keys in it. Unpacking does not trust it: only plain files below the three
folders are unpacked.
"""

import os
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from server.problems import Problem

DATABASE, DATA, CONFIG = "database", "data", "config"
"""The folders in the archive."""


def write(file: Path, members: Iterable[tuple[Path, str]]) -> None:
    """Write files under these names. An earlier archive is replaced when all is written. Raises: OSError."""
    unfinished = file.with_name(f"{file.name}.unfinished-{os.getpid()}")
    handle = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "wb") as whole:
            with tarfile.open(fileobj=whole, mode="w:gz", compresslevel=6) as tar:
                for path, name in members:
                    tar.add(path, name, recursive=False)
            whole.flush()
            os.fsync(whole.fileno())
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def unpack(file: Path, folder: Path) -> None:
    """Unpack into a folder, readable by its owner only. Raises: Problem if the file is not a backup."""
    with _reading(file), tarfile.open(file, "r:gz") as tar:
        for member in tar:
            path = PurePosixPath(member.name)
            if not member.isfile() or path.is_absolute() or ".." in path.parts or len(path.parts) < 2:
                raise _not_one(file)
            if path.parts[0] not in (DATABASE, DATA, CONFIG):
                raise _not_one(file)
            target = folder / path
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            content = tar.extractfile(member)
            assert content
            with content, os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as made:
                shutil.copyfileobj(content, made)
    if len(list((folder / DATABASE).glob("*"))) != 1:
        raise _not_one(file)


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.strerror:
            raise Problem("storage_unavailable", f"Cannot unpack {file}: {error.strerror}.") from error
        raise _not_one(file) from error


def _not_one(file: Path) -> Problem:
    return Problem("invalid_request", f"{file} is not a complete backup from `run.py backup`.")
