"""`python run.py user …` as a person runs it, while a server runs and while none does."""

import json
import re
import shutil
import subprocess
import sys

import pytest
import requests

from server.auth.audit_log import FILE
from tests.server.ops.test_command import RUN, running, write

pytestmark = pytest.mark.programs

PASSWORD = "correct horse battery"


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "config.json"
    write(file, {"auth": {"mode": "accounts"}})
    return file


@pytest.fixture(scope="module")
def data_with_anna(tmp_path_factory):
    """The data folder of a server whose one administrator was added by the command."""
    file = tmp_path_factory.mktemp("anna") / "config.json"
    write(file, {"auth": {"mode": "accounts"}})
    assert user(file, "add", "Anna", "--admin").returncode == 0
    return file.parent / "data"


@pytest.fixture
def with_anna(config, data_with_anna):
    shutil.copytree(data_with_anna, config.parent / "data")
    return config


def user(config, *arguments, password=PASSWORD, environ=None):
    command = [sys.executable, RUN, "user", *arguments, "--config", config]
    return subprocess.run(command, input=f"{password}\n", capture_output=True, text=True, timeout=30, env=environ)


def sign_in(url, name, password=PASSWORD):
    form = {"username": name, "password": password}
    return requests.post(f"{url}login", data=form, allow_redirects=False, timeout=30)


def test_accounts_are_made_and_changed_while_the_server_runs(config):
    assert user(config, "add", "Anna", "--admin").stdout == "Anna can sign in now.\n"

    with running("--config", config, cwd=config.parent) as (process, url):
        assert sign_in(url, "anna").status_code == 303
        assert user(config, "add", "Ben").returncode == 0
        session = sign_in(url, "Ben")
        models = f"{url}backend-api/v2/models"
        assert requests.get(models, cookies=session.cookies, timeout=10).status_code == 200
        assert user(config, "passwd", "Ben", password="another battery").returncode == 0
        assert requests.get(models, cookies=session.cookies, timeout=10).status_code == 401
        assert sign_in(url, "Ben").status_code == 401
        assert sign_in(url, "Ben", "another battery").status_code == 303
        user(config, "disable", "ben")
        assert sign_in(url, "Ben", "another battery").status_code == 401
        user(config, "enable", "ben")
        assert sign_in(url, "Ben", "another battery").status_code == 303
        process.terminate()
        process.communicate(timeout=30)

    assert [line.split()[:2] for line in user(config, "list").stdout.splitlines()] == [
        ["Anna", "admin"],
        ["Ben", "user"],
    ]


def test_a_link_to_another_password_is_printed(with_anna):
    done = user(with_anna, "reset", "Anna")

    assert re.fullmatch(
        r"This link works once and expires after a day: http://127\.0\.0\.1:0/welcome#[\w-]{40,}\n", done.stdout
    )
    said = (with_anna.parent / "data" / FILE).read_text()
    assert [json.loads(line)["event"] for line in said.splitlines()] == ["account_added", "link_made"]
    assert PASSWORD not in said and done.stdout.split("#")[1].strip() not in said


def test_who_is_disabled_gets_no_link(with_anna):
    user(with_anna, "add", "Ben")
    user(with_anna, "disable", "Ben")

    done = user(with_anna, "reset", "Ben")

    assert (done.returncode, done.stdout) == (1, "")
    assert "Ben is disabled" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "password", "sentence"),
    [
        (("add", "Anna"), PASSWORD, "This name is already taken"),
        (("add", "Ben"), "short", "A password needs at least 8 characters"),
        (("add", "Ben"), "password1", "too easy to guess"),
        (("add", " "), PASSWORD, "A name must have 1 to 64 visible characters"),
        (("add",), PASSWORD, "Name the account"),
        (("passwd", "Nobody"), PASSWORD, "This account does not exist"),
        (("disable", "Anna"), PASSWORD, "the only active administrator"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(with_anna, arguments, password, sentence):
    done = user(with_anna, *arguments, password=password)

    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr and "Traceback" not in done.stderr


def test_the_password_can_come_from_the_environment(config):
    done = user(config, "add", "Anna", password="", environ={"CHAT_PASSWORD": PASSWORD})
    assert done.returncode == 0

    with running("--config", config, cwd=config.parent) as (_, url):
        assert sign_in(url, "Anna").status_code == 303


def test_a_server_without_an_administrator_says_how_to_make_one(config):
    with running("--config", config, cwd=config.parent) as (process, url):
        link = next(line for line in process.stderr if "no administrator" in line)
        address = re.search(r"(http://\S+)", link)[1]

        assert address.startswith(f"{url}welcome#")
        assert requests.get(address, timeout=10).status_code == 200
