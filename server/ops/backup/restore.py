"""Restores an unpacked backup. Replaced files stay beside the new ones, under other names."""

import filecmp
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from server.ops.backup import archive
from server.ops.backup.site_files import REPLACED, SiteFiles

BESIDE = ("", "-wal", "-shm", "-journal")
"""The endings of the files of a SQLite database."""


class Restore:
    """One run of a restore."""

    def __init__(self, site: SiteFiles, folder: Path) -> None:
        """folder: the unpacked backup, on the file system of the database."""
        self._site = site
        self._folder = folder
        self._suffix = f"{REPLACED}{datetime.now(UTC):%Y%m%dT%H%M%SZ}"

    def place(self, database: Path) -> Iterator[str]:
        """Put everything in its place, the database first. Yields: sentences about what was done."""
        yield from self._database(database)
        for path in self._files(archive.DATA):
            target = self._site.data / path.relative_to(self._folder / archive.DATA)
            yield from self._replace(path, target)
        for path in self._files(archive.CONFIG):
            yield from self._settings(path, self._site.config.with_name(path.name))

    def _database(self, database: Path) -> Iterator[str]:
        target = self._site.database
        replaced = target.with_name(target.name + self._suffix)
        for end in BESIDE:
            if (old := target.with_name(target.name + end)).exists():
                old.replace(replaced.with_name(replaced.name + end))
        self._put(database, target)
        if replaced.exists():
            yield f"The previous database is now {replaced}."

    def _replace(self, path: Path, target: Path) -> Iterator[str]:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if target.exists() and filecmp.cmp(path, target, shallow=False):
            return
        if target.exists():
            replaced = target.with_name(target.name + self._suffix)
            target.replace(replaced)
            yield f"The previous {target.name} is now {replaced}."
        self._put(path, target)

    def _settings(self, path: Path, target: Path) -> Iterator[str]:
        """Restore a file of the configuration, unless this machine has one of its own."""
        if target.exists() and filecmp.cmp(path, target, shallow=False):
            return
        beside = target.with_name(f"{target.name}.from-backup") if target.exists() else target
        self._put(path, beside)
        if beside != target:
            yield f"{target} differs from the backup and was kept; the backup's version is {beside}."

    def _put(self, path: Path, target: Path) -> None:
        """Copy a file into its place. It belongs to the owner of the folder, even if root restores it."""
        unfinished = target.with_name(f"{target.name}.unfinished-{os.getpid()}")
        handle = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with path.open("rb") as content, os.fdopen(handle, "wb") as made:
                shutil.copyfileobj(content, made)
                made.flush()
                os.fsync(made.fileno())
            if hasattr(os, "geteuid") and os.geteuid() == 0:
                owner = target.parent.stat()
                os.chown(unfinished, owner.st_uid, owner.st_gid)
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)

    def _files(self, part: str) -> list[Path]:
        return [path for path in sorted((self._folder / part).rglob("*")) if path.is_file()]
