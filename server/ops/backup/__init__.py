"""Backup and restore of a whole installation in one file."""

import argparse
from pathlib import Path


def add_arguments(backup: argparse.ArgumentParser, restore: argparse.ArgumentParser) -> None:
    """Add the arguments of both commands. `command`, which runs them, is not loaded when the server starts."""
    backup.add_argument("file", type=Path, help="where to write the backup, such as chat.backup")
    backup.add_argument("--force", action="store_true", help="replace the file if it exists")
    restore.add_argument("file", type=Path, help="a file written by `run.py backup`")
