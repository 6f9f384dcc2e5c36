"""The version of the program."""

import tomllib
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@cache
def version() -> str:
    """Return the version in pyproject.toml."""
    return str(tomllib.loads(PROJECT.read_text())["project"]["version"])
