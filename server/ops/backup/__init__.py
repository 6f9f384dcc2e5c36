"""A site as one file: written while the server runs, and put back while it does not."""

import argparse
from pathlib import Path


def add_arguments(backup: argparse.ArgumentParser, restore: argparse.ArgumentParser) -> None:
    """Say what the two commands take. What they do is in `command`, which a start of the server does not load."""
    backup.add_argument("file", type=Path, help="where to write it, such as chat.backup")
    backup.add_argument("--force", action="store_true", help="replace that file if it is there")
    restore.add_argument("file", type=Path, help="what `run.py backup` wrote")
