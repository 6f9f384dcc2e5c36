"""The steps for a VPS in deploy/README.md, run as written. Steps that need a whole machine are done another way.

The commands below lie in folders of the test in the place of /opt, /var and /etc, with the packages of the tests, and
neither systemd nor a certificate: the unit's command is started as it stands, and nginx with what was put into conf.d.
"""

import getpass
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bench.processes import free_port
from tests.support.proxies import Place, serving_with_nginx

ROOT = Path(__file__).parents[2]
NAME = "chat.your-name.org"
PASSWORD = "correct horse battery"
OF_THE_MACHINE = ("apt ", "git ", "python3 -m venv", "useradd ", "systemctl ", "certbot ")
"""Prefixes of the steps that this test does in its own way."""
FOLDERS = re.compile(r"(?<![\w.])/(?=(?:opt|var|etc)/)")


def steps() -> list[str]:
    """Return the commands of the chapter, one each, without `sudo`."""
    (block,) = re.findall(r"## On a VPS\n.*?```sh\n(.*?)```", (ROOT / "deploy/README.md").read_text(), re.S)
    lines = [line.partition("#")[0].strip() for line in block.splitlines()]
    parts = [part for line in lines for part in line.split(" && ")]
    return [re.sub(r"^sudo (-u \S+ )?", "", part) for part in parts]


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The root of a machine that has the program, after every step."""
    program = tmp_path / "opt/g4f-lite"
    for name in ("client", "deploy", "g4f_lite", "server", "run.py", "pyproject.toml"):
        source, target = ROOT / name, program / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    (program / ".venv").symlink_to(sys.prefix)
    for folder in ("var/lib/g4f-lite", "etc/nginx/conf.d", "etc/systemd/system"):
        (tmp_path / folder).mkdir(parents=True)
    for step in steps():
        if not step.startswith((*OF_THE_MACHINE, "cd ", ".venv/bin/pip ")):
            take(tmp_path, step)
    return tmp_path


def take(machine: Path, step: str) -> None:
    """Run one step."""
    command = FOLDERS.sub(f"{machine}/", step).replace("-o g4f-lite", f"-o {getpass.getuser()}")
    folder = machine / "opt/g4f-lite"
    done = subprocess.run(
        command, shell=True, cwd=folder, input=f"{PASSWORD}\n", capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, f"{step}\n{done.stdout}{done.stderr}"


@pytest.fixture
def port(machine: Path) -> int:
    """A free port, which replaces the one in the files."""
    port = free_port()
    for file in ("var/lib/g4f-lite/config.json", "etc/nginx/conf.d/g4f-lite.conf"):
        text = (machine / file).read_text()
        assert "1338" in text
        (machine / file).write_text(text.replace("1338", str(port)))
    return port


@pytest.fixture
def service(machine: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """The running command of the systemd unit."""
    unit = (machine / "etc/systemd/system/g4f-lite.service").read_text()
    (command,) = re.findall(r"^ExecStart=(.+)$", unit, re.M)
    environment = {name: value for name, value in os.environ.items() if name.startswith("PATH")}
    with subprocess.Popen(
        FOLDERS.sub(f"{machine}/", command).split(),
        cwd=machine / "var/lib/g4f-lite",
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == f"http://127.0.0.1:{port}/\n"
        yield process
        process.kill()


def test_who_follows_the_steps_reaches_a_page_behind_a_password(
    machine: Path, port: int, service: subprocess.Popen[str]
) -> None:
    place = Place(machine, port)
    with serving_with_nginx(place, machine / "etc/nginx/conf.d/g4f-lite.conf", NAME) as url:
        visitor = requests.Session()
        asked = visitor.get(f"{url}/", headers={"Host": NAME}, timeout=10, allow_redirects=False)
        wrong = sign_in(visitor, url, "wrong horse battery")
        right = sign_in(visitor, url, PASSWORD)
        (cookie,) = visitor.cookies
        page = visitor.get(
            f"{url}/chat/", headers={"Host": NAME, "Cookie": f"{cookie.name}={cookie.value}"}, timeout=10
        )
    service.terminate()
    _, log = service.communicate(timeout=30)

    assert (asked.status_code, asked.headers["Location"].partition("?")[0]) == (303, "/login")
    assert (wrong.status_code, right.status_code, page.status_code) == (401, 303, 200)
    assert "<chat-composer" in page.text
    assert service.returncode == 0, log
    assert "There is no administrator yet" not in log


def test_a_step_turns_http_2_on_where_certbot_listens(machine: Path) -> None:
    file = machine / "etc/nginx/conf.d/g4f-lite.conf"
    file.write_text(
        file.read_text().replace(
            "    listen 80;\n    listen [::]:80;\n",
            "    listen [::]:443 ssl ipv6only=on; # managed by Certbot\n    listen 443 ssl; # managed by Certbot\n",
        )
    )

    take(machine, next(step for step in steps() if "http2" in step))

    listening = re.findall(r"^    listen (.+);", file.read_text(), re.M)
    assert listening == ["[::]:443 ssl http2 ipv6only=on", "443 ssl http2"]


def sign_in(visitor: requests.Session, url: str, password: str) -> requests.Response:
    """Fill in the form of the login page."""
    headers = {"Host": NAME, "Origin": f"http://{NAME}"}
    form = {"username": "admin", "password": password}
    return visitor.post(f"{url}/login", data=form, headers=headers, timeout=10, allow_redirects=False)


def test_no_step_is_left_out_unseen() -> None:
    words = {step.split()[0] for step in steps()}

    assert words == {
        "apt", "git", "cd", "python3", ".venv/bin/pip", "sed", "useradd", "install", ".venv/bin/python", "systemctl",
        "certbot",
    }  # fmt: skip
