"""Runs the scripts' own tests, the `*.test.mjs` beside this file."""

import shutil
import subprocess
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


@pytest.mark.skipif(not shutil.which("node"), reason="needs node 18 or newer: apt install nodejs")
@pytest.mark.parametrize("file", sorted(TESTS.glob("*.test.mjs")), ids=lambda file: file.name)
def test_scripts_without_a_page(file):
    ran = subprocess.run(["node", "--test", file], capture_output=True, text=True, timeout=60, check=False)

    assert ran.returncode == 0, ran.stdout + ran.stderr
