"""The commands `run.py backup FILE` and `run.py restore FILE`."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.config.site import Config
from server.ops import data_folder
from server.ops.backup import archive
from server.ops.backup.restore import Restore
from server.ops.backup.site_files import SiteFiles
from server.problems import Problem
from server.store import Store
from server.store.databases import sqlite_copy

RUNNING = (
    "A server is using this database. Stop it first (systemctl stop g4f-lite, docker compose stop chat, or "
    "Ctrl+C), restore the backup, then start the server again."
)


def backup(config: Config, options: argparse.Namespace) -> int:
    """Write the installation to one file. Raises: Problem; ConfigError if a newer version made the database."""
    site, file = SiteFiles.of(config, options.config), options.file.absolute()
    if file.exists() and not options.force:
        raise Problem("conflict", f"{file} already exists. Name another file, or use --force to replace it.")
    if not site.database.is_file():
        raise Problem("storage_unavailable", f"There is no database at {site.database} to back up.")
    with _failing_as_problem(file), _temporary(f".{file.name}-", file.parent) as folder:
        copy = folder / site.database.name
        sqlite_copy.copy(site.database, copy)
        sqlite_copy.verify(copy)
        members = [(copy, f"{archive.DATABASE}/{copy.name}")]
        members += [(path, f"{archive.DATA}/{path.relative_to(site.data).as_posix()}") for path in site.files(file)]
        members += [(path, f"{archive.CONFIG}/{path.name}") for path in site.settings()]
        archive.write(file, members)
    _say(
        f"Wrote {file} ({file.stat().st_size / 1e6:.1f} MB). It holds the database, which passed its integrity "
        "check, and:"
    )
    _say(", ".join(name for _, name in members[1:]) or "nothing else")
    _say("The backup contains your API keys, so keep it safe. It does not include models.")
    return 0


def restore(config: Config, options: argparse.Namespace) -> int:
    """Restore an installation from one file. Raises: Problem; ConfigError if a newer version made the database."""
    site, file = SiteFiles.of(config, options.config), options.file.absolute()
    data_folder.create(site.data)
    with (
        _held(config),
        _failing_as_problem(site.database),
        _temporary(".restore-", site.database.parent) as folder,
    ):
        archive.unpack(file, folder)
        (database,) = (folder / archive.DATABASE).iterdir()
        sqlite_copy.verify(database)
        for sentence in Restore(site, folder).place(database):
            _say(sentence)
    _say(f"Restored the site from {file}. You can start the server now.")
    return 0


@contextmanager
def _held(config: Config) -> Iterator[None]:
    """Keep servers from starting meanwhile. Raises: Problem if one is running."""
    store = Store(config.database)
    try:
        try:
            store.lock()
        except Problem as problem:
            raise Problem(problem.code, RUNNING if "Another process" in problem.message else problem.message) from None
        yield
    finally:
        store.close()


@contextmanager
def _failing_as_problem(where: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Problem("storage_unavailable", f"Cannot write to {where.parent}: {error.strerror}.") from error


@contextmanager
def _temporary(prefix: str, parent: Path) -> Iterator[Path]:
    """Yield a temporary folder that only its owner can read."""
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent) as folder:
        yield Path(folder)


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
