"""A configuration file that changes while the server runs."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from g4f_lite.config.load import load
from g4f_lite.providers import KINDS
from server.config.reload import ConfigReloader
from server.config.site import Config


class Watched:
    """A configuration file with a reloader. `applied` holds each configuration that was applied."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "config.json"
        self.write({})
        self.applied: list[Config] = []
        self.config = self.load()
        self.config_problem: str | None = None
        self.reloader = ConfigReloader(self.file, self.load, self, self.apply)

    def write(self, document: dict[str, Any]) -> None:
        self.file.write_text(json.dumps(document))

    def load(self) -> Config:
        return load(self.file, Config, {}, KINDS)

    async def apply(self, config: Config) -> None:
        self.config = config
        self.applied.append(config)


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def titled(title: str) -> dict[str, Any]:
    return {"site_config": {"title": title}}


async def test_a_file_that_did_not_change_is_not_read(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched.reloader, "_load", lambda: pytest.fail("the file was read"))

    await watched.reloader.check()

    assert watched.applied == []


async def test_a_changed_file_is_applied(watched: Watched) -> None:
    watched.write(titled("New"))

    await watched.reloader.check()
    await watched.reloader.check()

    assert [config.site_config.title for config in watched.applied] == ["New"]
    assert watched.config == watched.applied[0]


async def test_a_changed_env_file_is_applied(watched: Watched) -> None:
    entry = {"kind": "Guide", "api_key": "${KEY}"}
    watched.write({"providers": {"guide": entry}})
    await watched.reloader.check()
    watched.file.with_name(".env").write_text("KEY=1\n")

    await watched.reloader.check()

    assert [config.providers["guide"].missing_variables for config in watched.applied] == [("KEY",), ()]


async def test_a_broken_file_leaves_the_last_good_one_in_force(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    before = watched.config
    watched.file.write_text('{"site_confg": {}, "redis": "x"}')

    await watched.reloader.check()
    await watched.reloader.check()

    assert watched.applied == []
    assert watched.config == before
    assert watched.config_problem == (
        "config.json was changed but not applied: redis: must be empty or start with redis://, rediss:// or "
        "unix:// (1 more in the log)"
    )
    assert [record.getMessage() for record in caplog.records] == [
        "config.json was not applied: redis: must be empty or start with redis://, rediss:// or unix://",
        'config.json was not applied: site_confg: unknown key; did you mean "site_config"?',
    ]


async def test_a_corrected_file_ends_the_problem(watched: Watched) -> None:
    watched.file.write_text("{")
    await watched.reloader.check()
    assert watched.config_problem

    watched.write({})
    await watched.reloader.check()

    assert watched.config_problem is None
    assert watched.applied == [], "the configuration is the current one again"


async def test_a_file_that_vanished_is_a_problem(watched: Watched) -> None:
    watched.file.unlink()

    await watched.reloader.check()

    assert watched.config_problem and "cannot be read" in watched.config_problem


async def test_keys_that_need_a_restart_keep_their_values_and_are_named(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    watched.write({"site_config": {"title": "New", "debug": True, "port": 9}, "url_prefix": "/chat"})

    await watched.reloader.check()

    (config,) = watched.applied
    assert (config.site_config.title, config.site_config.debug) == ("New", True)
    assert (config.site_config.port, config.url_prefix) == (1338, "")
    assert [record.getMessage() for record in caplog.records] == [
        "config.json: restart the server to apply site_config.port, url_prefix"
    ]


async def test_what_a_role_may_use_is_applied_and_who_may_come_in_is_not(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    watched.write({"auth": {"mode": "accounts", "roles": {"user": {"models": ["guide"]}}}})

    await watched.reloader.check()

    (config,) = watched.applied
    assert (config.auth.mode, config.auth.roles.user.models) == ("none", ("guide",))
    assert [record.getMessage() for record in caplog.records] == ["config.json: restart the server to apply auth.mode"]
