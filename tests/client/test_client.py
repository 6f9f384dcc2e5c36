"""Runs the scripts' own tests, the `*.test.mjs` beside this file, and holds the floors of their folders."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SCRIPTS = TESTS.parents[1] / "client/static/js"
FLOORS = ["lib", "chat", "elements", "wiring", "pages"]
"""The folders of scripts, each of which imports from those before it, and from itself."""
IMPORT = re.compile(r'\b(?:from |import )"(\.[^"]+)"')
MOST_FILES = 24


@pytest.mark.skipif(not shutil.which("node"), reason="needs node 18 or newer: apt install nodejs")
@pytest.mark.parametrize("file", sorted(TESTS.glob("*.test.mjs")), ids=lambda file: file.name)
def test_scripts_without_a_page(file):
    ran = subprocess.run(["node", "--test", file], capture_output=True, text=True, timeout=60, check=False)

    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("file", sorted(SCRIPTS.rglob("*.js")), ids=lambda file: f"{file.parent.name}/{file.name}")
def test_scripts_import_from_the_floors_below(file):
    floors = {(file.parent / name).resolve().parent.name for name in IMPORT.findall(file.read_text())}

    assert floors <= set(FLOORS[: FLOORS.index(file.parent.name) + 1])


def test_no_folder_of_scripts_is_crowded():
    assert {folder.name for folder in SCRIPTS.iterdir()} == set(FLOORS)
    assert max(len(list(folder.iterdir())) for folder in SCRIPTS.iterdir()) <= MOST_FILES
