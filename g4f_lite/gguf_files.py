"""The model files of a folder, by the names that people pick them by."""

import os
import re
from pathlib import Path

PART = re.compile(r"(?P<name>.+)-(?P<number>\d{5})-of-\d{5}")
"""The stem of one file of several. Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md"""


def models(folder: Path) -> dict[str, Path]:
    """Return the file to load for each model of the folder and of its subfolders, sorted by name.

    A name is the path within the folder, with `/` between its steps, without `.gguf` and without the number of a part.
    A folder that is missing, or cannot be read, holds no models.
    """
    found = {_name(file.relative_to(folder)): file for file in _files(folder)}
    return {name: found[name] for name in sorted(found) if name}


def _files(folder: Path) -> list[Path]:
    entries = _visible(folder)
    inner = [entry for each in entries if each.is_dir() for entry in _visible(each)]
    return [file for file in (*entries, *inner) if file.suffix.lower() == ".gguf" and os.path.isfile(file)]


def _visible(folder: Path) -> list[Path]:
    """Return what the folder holds, without dot files: macOS leaves one beside each file on a shared disk."""
    try:
        return [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    except OSError:
        return []


def _name(file: Path) -> str:
    """Return the model's name, or nothing for what cannot be picked.

    That is a part other than the first, the vision half of a model, and a name that no page could show.
    """
    stem = file.stem
    if part := PART.fullmatch(stem):
        stem = part["name"] if int(part["number"]) == 1 else ""
    if not stem or "mmproj" in stem.lower() or not stem.isprintable():
        return ""
    return file.with_name(stem).as_posix()
