"""Finds the model files of a folder, and their models' names."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

SUFFIX = ".gguf"
PART = re.compile(r"(?P<name>.+)-(?P<number>\d{5})-of-\d{5}")
"""The names of files of a split model. Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md"""


def models(folder: Path) -> dict[str, Path]:
    """Return the file to load for each model of the folder and of its subfolders, sorted by name.

    A name is the path within the folder, with `/` as separator, without `.gguf` and without the number of a part.
    A folder that is missing, or cannot be read, has no models.
    """
    files = {_name(file): folder / file for file in _files(str(folder))}
    return {name: files[name] for name in sorted(files) if name}


def has_models(folder: Path) -> bool:
    """Return whether the folder has models, without reading all of it."""
    return any(_name(file) for file in _files(str(folder)))


def _files(folder: str, prefix: str = "") -> Iterator[str]:
    """Yield the GGUF files as paths within the folder. Dot files are skipped: macOS adds them on shared disks."""
    for name in _entries(folder):
        path = os.path.join(folder, name)
        if name.startswith("."):
            continue
        if name.lower().endswith(SUFFIX) and os.path.isfile(path):
            yield prefix + name
        elif not prefix and os.path.isdir(path):
            yield from _files(path, f"{name}/")


def _entries(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _name(file: str) -> str:
    """Return the model's name; empty for a file that cannot be picked.

    Those are parts other than the first, the vision half of a model, and names that no page can show.
    """
    name = file[: -len(SUFFIX)]
    if part := PART.fullmatch(name):
        name = part["name"] if int(part["number"]) == 1 else ""
    return name if name.isprintable() and "mmproj" not in name.lower() else ""
