"""Code and documents point to files and modules that exist."""

import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXTS = (".py", ".md", ".js", ".mjs", ".css", ".html", ".toml", ".txt", ".conf", ".service", ".yaml", "Makefile", "run")

PATH = re.compile(
    r"(?<![\w./<-])(?:server|g4f_lite|client|tests|bench|deploy|docs)/[\w./-]*\w\.(?:py|md|js|mjs|css|html|json)\b"
)
"""A path from the root of the repository, wherever it is written."""
NAME = re.compile(r"`([\w-]+\.(?:py|mjs|css|html))`")
"""A file that a comment or a document names without its folder."""
MODULE = re.compile(r"(?<![\w./])(?:server|g4f_lite|tests|bench)(?:\.[a-z_]\w*)+(?=`)")
"""A module, or a name in it, between backticks."""


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    return [ROOT / name for name in listed if name.endswith(TEXTS) and (ROOT / name).is_file()]


FILES = tracked()
EXAMPLES = {"page.py", "g4f_lite/providers/parrot.py", "tests/parrot_service.py"}
"""Files that the documents ask their readers to write."""
OTHER_PROJECTS = {"client/js/chat.js", "client/js/change-language.js"}
"""Files of freegpt-webui."""
NAMES = {file.name for file in FILES} | EXAMPLES


@pytest.mark.skipif(not FILES, reason="needs git, and a clone")
class TestPointers:
    def test_every_path_exists(self) -> None:
        stale = [
            f"{file.relative_to(ROOT)}: {path}"
            for file in FILES
            for path in PATH.findall(file.read_text())
            if not (path in EXAMPLES | OTHER_PROJECTS or (ROOT / path).exists() or (file.parent / path).exists())
        ]

        assert stale == []

    def test_every_file_that_is_named_exists(self) -> None:
        stale = [
            f"{file.relative_to(ROOT)}: {name}"
            for file in FILES
            for name in NAME.findall(file.read_text())
            if name not in NAMES
        ]

        assert stale == []

    def test_every_module_that_is_named_exists(self) -> None:
        stale = [
            f"{file.relative_to(ROOT)}: {name}"
            for file in FILES
            for name in MODULE.findall(file.read_text())
            if not exists(name)
        ]

        assert stale == []


def exists(name: str) -> bool:
    """Tell whether this is a module, or a name in one that its source mentions."""
    module, _, attribute = name.rpartition(".")
    try:
        if find_spec(name):
            return True
        found = find_spec(module)
    except ModuleNotFoundError:
        return False
    return bool(found and found.origin and re.search(rf"\b{attribute}\b", Path(found.origin).read_text()))
