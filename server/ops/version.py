"""Which version of the program this is."""

import tomllib
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@cache
def version() -> str:
    """Return the version that the project's file names."""
    return str(tomllib.loads(PROJECT.read_text())["project"]["version"])
