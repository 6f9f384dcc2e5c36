"""The library installs from its wheel and runs outside the checkout."""

import ast
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COME_WITH = {"yarl": "aiohttp", "pydantic_core": "pydantic"}
"""Imported packages that a dependency installs."""
OPTIONAL = {"xllamacpp"}
"""Imported only by the local engine, from requirements-local.txt."""


def name_of(requirement: str) -> str:
    return re.split(r"[<>=~! ]", requirement)[0]


def test_the_dependencies_have_the_ranges_of_the_requirements():
    lines = [line.split("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines()]

    assert set(PROJECT["dependencies"]) <= set(lines)


def test_the_dependencies_are_the_packages_that_the_library_imports():
    imported = set()
    for file in (ROOT / "g4f_lite").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.split(".")[0])
    packages = imported - sys.stdlib_module_names - {"g4f_lite"} - OPTIONAL

    assert {COME_WITH.get(name, name) for name in packages} == set(map(name_of, PROJECT["dependencies"]))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Return the wheel of a copy of the project, so that the build leaves nothing in the checkout."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "g4f_lite", source / "g4f_lite", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "server" / "ops", source / "server", ignore=shutil.ignore_patterns("__pycache__"))
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-index", "--no-build-isolation", "-q"]
    subprocess.run([*build, "--wheel-dir", str(out), str(source)], check=True, capture_output=True)
    (file,) = out.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory) -> Path:
    """Return the interpreter of a new environment that has the wheel; the dependencies are those of this one."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "-q"]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    (site_packages,) = folder.glob("lib/python*/site-packages")
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return python


def test_the_wheel_holds_the_library_and_not_the_server(wheel):
    names = zipfile.ZipFile(wheel).namelist()

    assert {name.split("/")[0] for name in names} == {"g4f_lite", f"g4f_lite-{PROJECT['version']}.dist-info"}
    sources = {file.relative_to(ROOT).as_posix() for file in (ROOT / "g4f_lite").rglob("*.py")}
    pages = {file.relative_to(ROOT).as_posix() for file in (ROOT / "g4f_lite" / "guidebook").glob("*/*.*")}
    assert sources | {page for page in pages if page.endswith((".md", ".json"))} <= set(names)


def run(python: Path, folder: Path, *arguments: str) -> str:
    done = subprocess.run([str(python), *arguments], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="needs bin/python")
def test_the_installed_command_answers_without_a_configuration(python, tmp_path):
    assert "not a language model" in run(python, tmp_path, "-m", "g4f_lite", "Hello")
    assert "/venv" in run(python, tmp_path, "-c", "import g4f_lite; print(g4f_lite.__file__)")


@pytest.mark.skipif(sys.platform == "win32", reason="needs bin/python")
def test_the_installed_command_reads_the_working_directory(python, tmp_path):
    (tmp_path / "config.json").write_text('{"providers": {"help": {"kind": "Guide"}}, "models": {"me": "help/guide"}}')

    assert run(python, tmp_path, "-m", "g4f_lite", "--list") == "me  answered by help\n"
