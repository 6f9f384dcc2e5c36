"""The keys of the site: what they may say, and where paths start."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from g4f_lite.config.load import load
from g4f_lite.errors import ConfigError
from g4f_lite.providers import KINDS
from server.config.site import Config

SHIPPED = Path(__file__).parents[3] / "config.json"


def loaded(folder: Path, document: dict[str, Any], **overrides: Any) -> Config:
    file = folder / "config.json"
    file.write_text(json.dumps(document))
    return load(file, Config, {}, KINDS, {"site_config": overrides} if overrides else None)


def mistakes(folder: Path, document: dict[str, Any], **overrides: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, document, **overrides)
    return caught.value.mistakes


def test_the_shipped_file_says_what_holds_without_one(tmp_path: Path) -> None:
    assert loaded(tmp_path, json.loads(SHIPPED.read_text())) == loaded(tmp_path, {})


def test_the_shipped_file_names_every_key_of_the_site() -> None:
    shipped = json.loads(SHIPPED.read_text())

    assert set(shipped) == set(Config.model_fields)
    assert set(shipped["site_config"]) == set(Config.model_fields["site_config"].default.__class__.model_fields)


def test_relative_paths_start_at_the_folder_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)

    config = loaded(tmp_path, {"database": "sqlite:///my.db?timeout=5"})

    assert config.data_dir == str(tmp_path / "data")
    assert config.database == f"sqlite:///{tmp_path}/my.db?timeout=5"


def test_a_file_named_by_a_relative_path_gives_absolute_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.chdir(tmp_path)

    config = load(Path("config.json"), Config, {}, KINDS)

    assert os.path.isabs(config.data_dir)
    assert config.database == f"sqlite:///{tmp_path}/data/chat.db"


@pytest.mark.parametrize(
    "database",
    ["sqlite:////var/lib/chat.db", "sqlite://", "sqlite:///:memory:", "postgresql+psycopg://me:word@db:5432/chat"],
)
def test_other_databases_stay_as_they_are(tmp_path: Path, database: str) -> None:
    assert loaded(tmp_path, {"database": database}).database == database


def test_the_password_of_the_database_is_not_shown(tmp_path: Path) -> None:
    assert "SECRET" not in repr(loaded(tmp_path, {"database": "postgresql+psycopg://me:SECRET@db/chat"}))


@pytest.mark.parametrize(
    ("given", "used"),
    [("", ""), ("/", ""), ("chat", "/chat"), ("/chat/", "/chat"), ("/a/b-c.d", "/a/b-c.d")],
)
def test_a_prefix_gets_its_slashes(tmp_path: Path, given: str, used: str) -> None:
    assert loaded(tmp_path, {"url_prefix": given}).url_prefix == used


def test_allowed_hosts_are_compared_without_case_and_brackets(tmp_path: Path) -> None:
    config = loaded(tmp_path, {"site_config": {"allowed_hosts": ["Chat.Example.org", "my_host", "[2001:DB8::1]"]}})

    assert config.site_config.allowed_hosts == ("chat.example.org", "my_host", "2001:db8::1")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]"])
def test_this_machine_alone_may_connect(tmp_path: Path, host: str) -> None:
    assert loaded(tmp_path, {"site_config": {"host": host, "debug": True}}).site_config.host == host.strip("[]")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "chat.example.org", "localhost.example.org"])
def test_a_host_that_others_reach_is_refused_with_the_remedy(tmp_path: Path, host: str) -> None:
    (line,) = mistakes(tmp_path, {"site_config": {"host": host}})

    assert line.startswith('site_config.host: lets other machines connect, but auth.mode "none" asks no one')
    assert "listen on 127.0.0.1" in line


@pytest.mark.parametrize("auth", [{"mode": "accounts"}, {"mode": "password", "password": "a long one"}])
def test_others_may_reach_a_site_that_asks_who_they_are(tmp_path: Path, auth: dict[str, Any]) -> None:
    assert loaded(tmp_path, {"auth": auth, "site_config": {"host": "0.0.0.0"}}).site_config.host == "0.0.0.0"


def test_the_shared_password_comes_from_the_environment_and_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"auth": {"mode": "password"}}')

    config = load(file, Config, {"CHAT_PASSWORD": "SECRET words"}, KINDS)

    assert config.auth.password == "SECRET words"
    assert "SECRET" not in repr(config)


def test_debugging_is_for_this_machine_alone(tmp_path: Path) -> None:
    lines = mistakes(tmp_path, {"site_config": {"host": "0.0.0.0", "debug": True}})

    assert "site_config.debug: must be false when other machines can connect" in lines


def test_an_override_is_checked_like_the_file(tmp_path: Path) -> None:
    assert loaded(tmp_path, {"site_config": {"title": "Ours"}}, port=0).site_config.title == "Ours"
    assert mistakes(tmp_path, {}, port=70000) == ["site_config.port: must be at most 65535"]
    assert "lets other machines connect" in mistakes(tmp_path, {}, host="0.0.0.0")[0]


@pytest.mark.parametrize(
    ("document", "mistake"),
    [
        ({"provders": {}}, 'provders: unknown key; did you mean "providers"?'),
        ({"site_config": {"prot": 80}}, 'site_config.prot: unknown key; did you mean "port"?'),
        ({"site_config": []}, "site_config: must be an object, not a list"),
        ({"site_config": {"port": "80"}}, "site_config.port: must be a whole number, not text"),
        ({"site_config": {"port": -1}}, "site_config.port: must be at least 0"),
        ({"site_config": {"host": ""}}, "site_config.host: must be an address or name of this machine"),
        ({"site_config": {"host": "a b"}}, "site_config.host: must be an address or name of this machine"),
        ({"site_config": {"title": 5}}, "site_config.title: must be text, not a number"),
        ({"site_config": {"trusted_proxies": True}}, "site_config.trusted_proxies: must be a whole number"),
        ({"site_config": {"allowed_hosts": ["https://a.org"]}}, "site_config.allowed_hosts: must list host names"),
        ({"site_config": {"allowed_hosts": "a.org"}}, "site_config.allowed_hosts: must be a list, not text"),
        ({"url_prefix": "/a b"}, "url_prefix: must be empty or a path"),
        ({"url_prefix": "/../etc"}, "url_prefix: must be empty or a path"),
        ({"url_prefix": "/a//b"}, "url_prefix: must be empty or a path"),
        ({"database": "chat.db"}, "database: must be a database URL"),
        ({"database": "mysql://me:SECRET@db/x"}, "database: must start with sqlite:/// or postgresql+psycopg://"),
        ({"redis": "127.0.0.1:6379"}, "redis: must be empty or start with redis://, rediss:// or unix://"),
        ({"limits": {"turns_per_minute": -1}}, "limits.turns_per_minute: must be at least 0"),
        ({"limits": {"turn_per_minute": 1}}, 'limits.turn_per_minute: unknown key; did you mean "turns_per_minute"?'),
        ({"limits": []}, "limits: must be an object, not a list"),
        ({"auth": {"mode": "pasword"}}, "auth.mode: must be 'none', 'password' or 'accounts'"),
        ({"auth": {"mode": "password"}}, "auth.password: the variable CHAT_PASSWORD is set neither"),
        ({"auth": {"mode": "password", "password": "short"}}, "auth.password: must have at least 8 characters"),
        ({"auth": {"mode": "password", "password": "PASSWORD1"}}, "auth.password: must have at least 8 characters"),
        ({"auth": {"oidc": {"issuer": "https://a.org", "client_id": "x"}}}, "auth.oidc: needs auth.mode"),
        ({"auth": {"mode": "accounts", "oidc": {"issuer": "http://a.org"}}}, "auth.oidc.issuer: must be an address"),
        ({"auth": {"mode": "accounts", "roles": {"usr": {}}}}, 'auth.roles.usr: unknown key; did you mean "user"?'),
        ({"auth": {"mod": "none"}}, 'auth.mod: unknown key; did you mean "mode"?'),
        ({"data_dir": "${DATA}"}, "data_dir: the variable DATA is set neither"),
    ],
)
def test_a_mistake_names_its_place_and_the_remedy(tmp_path: Path, document: dict[str, Any], mistake: str) -> None:
    line = mistakes(tmp_path, document)[0]

    assert line.startswith(mistake)
    assert "SECRET" not in line


def test_a_token_that_can_be_tried_out_is_refused(tmp_path: Path) -> None:
    (line,) = mistakes(tmp_path, {"site_config": {"metrics_token": "short"}})

    assert line == "site_config.metrics_token: must be empty or at least 16 ASCII characters"


def test_the_log_has_two_forms(tmp_path: Path) -> None:
    assert mistakes(tmp_path, {"site_config": {"log": "xml"}}) == ["site_config.log: must be 'text' or 'json'"]


def test_proxies_are_named_by_address_or_network(tmp_path: Path) -> None:
    site = {"proxy_addresses": ["10.0.0.7", "172.16.0.0/12"]}

    assert loaded(tmp_path, {"site_config": site}).site_config.proxy_addresses == ("10.0.0.7/32", "172.16.0.0/12")


@pytest.mark.parametrize("address", ["proxy.lan", "10.0.0.7/8", "", "10.0.0.0/33"])
def test_what_is_no_network_is_refused(tmp_path: Path, address: str) -> None:
    (line,) = mistakes(tmp_path, {"site_config": {"proxy_addresses": [address]}})

    assert line.startswith("site_config.proxy_addresses: must list addresses or networks")
