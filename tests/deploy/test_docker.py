"""The image, without Docker: the same steps in a clean folder, by an ordinary user, and what comes of them."""

import json
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bench.processes import free_port
from g4f_lite.config.load import load
from g4f_lite.providers import KINDS
from server.config.site import Config
from tests.support.dockerfile import ROOT, Image, as_ordinary_user, build, give, steps
from tests.support.waiting import wait_for

pytestmark = pytest.mark.programs

DOCKERFILE = ROOT / "deploy/Dockerfile"
NAME = "chat.example.org"


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    folder = Path(tempfile.mkdtemp(prefix="image-"))
    folder.chmod(0o755)
    try:
        yield build(DOCKERFILE, folder)
    finally:
        for path in folder.rglob("*"):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o700)
        shutil.rmtree(folder)


@pytest.fixture
def port(image: Image) -> int:
    """A free port, written into the image's configuration as if that were mounted; nothing but data can be written."""
    port, file = free_port(), image.folder / "config.json"
    _read_only(image.folder, False)
    config = json.loads(file.read_text())
    config["site_config"]["port"] = port
    file.write_text(json.dumps(config))
    give(image.folder)
    _read_only(image.folder, True)
    return port


def _read_only(folder: Path, wanted: bool) -> None:
    """Take away the right to write, or give it back, for everything but the data."""
    for path in (folder, *folder.rglob("*")):
        if "data" not in path.relative_to(folder).parts[:1]:
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode & ~0o222 if wanted else mode | 0o200)


def healthy(image: Image) -> bool:
    with image.start(image.health, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        return process.wait(10) == 0


def test_the_image_serves_from_a_read_only_root_and_ends_well(image: Image, port: int) -> None:
    assert not healthy(image)
    with image.start(image.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            wait_for(lambda: process.poll() is not None or healthy(image))
            page = requests.get(f"http://127.0.0.1:{port}/", headers={"Host": NAME}, timeout=10)
            process.terminate()
            _, log = process.communicate(timeout=30)
        finally:
            process.kill()

    assert page.status_code == 200
    assert process.returncode == 0, log
    assert all(json.loads(line)["message"] for line in log.splitlines())
    assert (image.folder / "data/chat.db").is_file()
    assert stat.S_IMODE((image.folder / "data").stat().st_mode) == 0o700


def test_nothing_runs_as_root_and_nothing_can_build_in_there(image: Image) -> None:
    with image.start(["python", "-m", "pip"], stderr=subprocess.PIPE) as process:
        _, error = process.communicate()

    assert int(image.user.partition(":")[0]) > 0
    assert "No module named pip" in error


def test_the_image_has_what_it_needs_and_no_more(image: Image) -> None:
    names = {path.name for path in image.folder.iterdir()} - {"data", "__pycache__"}

    assert names == {"client", "config.json", "g4f_lite", "healthy.py", "pyproject.toml", "run.py", "server"}


def test_the_last_stage_installs_nothing() -> None:
    last = re.split(r"^FROM ", DOCKERFILE.read_text(), flags=re.M)[-1]

    assert "slim" in last.splitlines()[0]
    assert not re.search(r"pip|apt", " ".join(rest for word, rest in steps(last) if word == "RUN"))


def test_the_health_check_knows_the_prefix(tmp_path: Path, app, server) -> None:
    shutil.copy(ROOT / "deploy/healthy.py", tmp_path)
    (tmp_path / "config.json").write_text(
        json.dumps({"site_config": {"port": app.config["PORT"]}, "url_prefix": "/chat/"})
    )
    there = subprocess.run(["python3", tmp_path / "healthy.py"], capture_output=True)
    (tmp_path / "config.json").write_text(json.dumps({"site_config": {"port": app.config["PORT"]}}))
    here = subprocess.run(["python3", tmp_path / "healthy.py"], capture_output=True)

    assert (there.returncode, here.returncode) == (1, 0)


def test_the_configuration_for_servers_can_be_served_to_others(tmp_path: Path) -> None:
    shutil.copy(ROOT / "deploy/config.json", tmp_path)

    config = load(tmp_path / "config.json", Config, os.environ, KINDS, {"site_config": {"host": "0.0.0.0"}})

    assert config.auth.mode != "none"
    assert config.site_config.trusted_proxies == 1


def test_every_file_for_deployment_is_explained() -> None:
    explained = set(re.findall(r"\]\(([^)]+)\)", (ROOT / "deploy/README.md").read_text()))

    assert {path.name for path in (ROOT / "deploy").iterdir() if path.is_file()} - {"README.md"} == explained


def test_compose_mounts_and_names_what_is_there() -> None:
    text = (ROOT / "deploy/compose.yaml").read_text()
    mounted = re.findall(r"- \./([^:]+):", text)

    assert set(mounted) == {"config.json", "Caddyfile"}
    assert all((ROOT / "deploy" / name).is_file() for name in mounted)
    assert re.search(r'CHAT_SERVER: "chat:1338"', text)
    assert re.search(r"^    mem_limit: 1g\b", text, re.M), "the same as in the systemd unit"
    assert "EXPOSE 1338" in DOCKERFILE.read_text()
    assert "{$CHAT_SERVER:" in (ROOT / "deploy/Caddyfile").read_text()


def test_the_ordinary_user_is_one() -> None:
    told = subprocess.run(["id", "-u"], capture_output=True, text=True, **as_ordinary_user())

    assert int(told.stdout) > 0
