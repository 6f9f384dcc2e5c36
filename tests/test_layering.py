"""Imports point one way: server → g4f_lite. Nothing in g4f_lite knows Flask, and only the front knows the server's side
of aiohttp."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def imports_of(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def modules(folder):
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("file", modules("g4f_lite"), ids=lambda file: file.stem)
def test_the_library_knows_no_server(file):
    tops = {name.split(".")[0] for name in imports_of(file)}

    assert not tops & {"server", "flask", "flask_sock", "werkzeug", "sqlalchemy"}


@pytest.mark.parametrize("file", modules("server"), ids=lambda file: file.stem)
def test_the_server_calls_no_outside_service_itself(file):
    assert not {"requests", "aiohttp.client", "urllib.request", "http.client"} & set(imports_of(file))


@pytest.mark.parametrize(
    "file", [file for file in modules("server") if file.parent.name != "front"], ids=lambda file: file.stem
)
def test_only_the_front_knows_aiohttp(file):
    assert "aiohttp" not in {name.split(".")[0] for name in imports_of(file)}


SELDOM_NEEDED = {"aiohttp.web", "alembic", "ctypes", "pygments.lexers", "requests", "sqlalchemy.dialects.postgresql"}


def test_the_server_does_not_load_what_it_seldom_needs():
    program = "import sys, server.cli; print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert SELDOM_NEEDED & set(done.stdout.split()) == set()


def test_a_module_is_one_subject():
    long = {file.name: size for file in [*modules("g4f_lite"), *modules("server")]
            if (size := len(file.read_text().splitlines())) > 300}  # fmt: skip

    assert long == {}
