"""What `run.py check` finds unsafe about a deployment, and that it lets a safe one pass."""

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from g4f_lite.config.load import load
from g4f_lite.providers import KINDS
from server.config.site import Config
from server.ops import deployment_check
from server.ops.deployment_check import Risk, risks
from tests.server.ops.test_command import run, write

pytestmark = pytest.mark.programs

BEHIND_A_PROXY = {"trusted_proxies": 1, "allowed_hosts": ["chat.example.org"]}
ACCOUNTS = {"mode": "accounts"}


@pytest.fixture(autouse=True)
def ordinary(monkeypatch: pytest.MonkeyPatch) -> None:
    """An ordinary user, with the newest SQLite."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", deployment_check.SAFE_SQLITE)


def found(folder: Path, **document: Any) -> list[Risk]:
    file = folder / "config.json"
    write(file, {**({"default_model": "x/y"} if "x" in document.get("providers", {}) else {}), **document})
    return risks(load(file, Config, {}, KINDS), file)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"site_config": {"debug": True}},
        {"site_config": BEHIND_A_PROXY, "auth": ACCOUNTS},
        {"site_config": {**BEHIND_A_PROXY, "host": "0.0.0.0"}, "auth": ACCOUNTS},
        {"providers": {"x": {"kind": "OpenAICompatible", "base_url": "http://127.0.0.1:8000/v1", "api_key": "secret"}}},
        {"providers": {"x": {"kind": "OpenAICompatible", "base_url": "http://nas.lan/v1"}}},
    ],
)
def test_what_is_safe_passes(tmp_path: Path, document: dict[str, Any]) -> None:
    assert found(tmp_path, **document) == []


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"site_config": BEHIND_A_PROXY}, 'auth.mode is "none"'),
        (
            {"site_config": {**BEHIND_A_PROXY, "proxy_addresses": ["0.0.0.0/0"]}, "auth": ACCOUNTS},
            "site_config.proxy_addresses trusts every address",
        ),
        ({"site_config": {"allowed_hosts": ["x.example"]}, "auth": ACCOUNTS}, "site_config.trusted_proxies is 0"),
        (
            {"site_config": {"host": "0.0.0.0"}, "auth": ACCOUNTS},
            "site_config.host 0.0.0.0 accepts connections from other machines",
        ),
        (
            {
                "providers": {
                    "x": {"kind": "OpenAICompatible", "base_url": "http://api.example/v1", "api_key": "secret"}
                }
            },
            "providers.x.base_url uses http",
        ),
    ],
)
def test_what_lets_strangers_in_or_read_is_an_error(tmp_path: Path, document: dict[str, Any], words: str) -> None:
    (danger,) = found(tmp_path, **document)

    assert danger.is_error
    assert str(danger).startswith(f"Unsafe: {words}")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"site_config": {"trusted_proxies": 1}, "auth": ACCOUNTS}, "site_config.allowed_hosts is empty"),
        ({"site_config": {**BEHIND_A_PROXY, "debug": True}, "auth": ACCOUNTS}, "site_config.debug is true"),
    ],
)
def test_what_is_good_to_know_is_a_note(tmp_path: Path, document: dict[str, Any], words: str) -> None:
    (danger,) = found(tmp_path, **document)

    assert str(danger).startswith(f"Note: {words}")


@pytest.mark.parametrize("name", ["data", "data/session.key"])
def test_what_others_may_read_is_an_error_with_the_remedy(tmp_path: Path, name: str) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data/session.key").touch(mode=0o600)
    assert found(tmp_path) == []

    (tmp_path / name).chmod(0o755)
    (danger,) = found(tmp_path)

    assert danger.is_error
    assert str(danger).endswith(f"chmod -R go= {tmp_path}/data")


def test_keys_that_others_may_read_are_a_note(tmp_path: Path) -> None:
    (tmp_path / ".env").touch(mode=0o644)

    (danger,) = found(tmp_path)

    assert not danger.is_error
    assert str(tmp_path / ".env") in str(danger)


def test_root_and_an_old_sqlite_are_notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 2))

    root, sqlite = found(tmp_path)

    assert not root.is_error and "runs as root" in str(root)
    assert not sqlite.is_error and "write-ahead log" in str(sqlite)


def test_check_fails_for_what_is_unsafe_though_every_provider_works(tmp_path: Path) -> None:
    write(tmp_path / "config.json", {"site_config": {**BEHIND_A_PROXY, "port": 0}})

    unsafe = run("check", "--config", tmp_path / "config.json")
    write(tmp_path / "config.json", {"site_config": {**BEHIND_A_PROXY, "port": 0}, "auth": ACCOUNTS})
    safe = run("check", "--config", tmp_path / "config.json")

    assert (unsafe.returncode, safe.returncode) == (1, 0)
    assert 'Unsafe: auth.mode is "none"' in unsafe.stdout
    assert "Unsafe" not in safe.stdout
    assert max(map(len, unsafe.stdout.splitlines())) <= 100


def test_the_configuration_for_servers_is_safe(tmp_path: Path) -> None:
    document = json.loads((Path(__file__).parents[3] / "deploy/config.json").read_text())

    assert found(tmp_path, **document) == []
