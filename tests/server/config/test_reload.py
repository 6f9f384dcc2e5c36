"""A configuration file that changes while the server runs."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from g4f_lite.config.load import load
from g4f_lite.providers import KINDS
from server.config.reload import Watch
from server.config.site import Config


class Site:
    """A configuration file with a watch on it. `taken` holds each configuration that was put into force."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "config.json"
        self.write({})
        self.taken: list[Config] = []
        self.config = self.load()
        self.config_problem: str | None = None
        self.watch = Watch(self.file, self.load, self)

    def write(self, document: dict[str, Any]) -> None:
        self.file.write_text(json.dumps(document))

    def load(self) -> Config:
        return load(self.file, Config, {}, KINDS)

    async def take_over(self, config: Config) -> None:
        self.config = config
        self.taken.append(config)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def titled(title: str) -> dict[str, Any]:
    return {"site_config": {"title": title}}


async def test_a_file_that_did_not_change_is_not_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.watch, "_load", lambda: pytest.fail("the file was read"))

    await site.watch.check_now()

    assert site.taken == []


async def test_a_changed_file_is_taken_over(site: Site) -> None:
    site.write(titled("New"))

    await site.watch.check_now()
    await site.watch.check_now()

    assert [config.site_config.title for config in site.taken] == ["New"]
    assert site.config == site.taken[0]


async def test_a_changed_env_file_is_taken_over(site: Site) -> None:
    entry = {"kind": "Guide", "api_key": "${KEY}"}
    site.write({"providers": {"guide": entry}})
    await site.watch.check_now()
    site.file.with_name(".env").write_text("KEY=1\n")

    await site.watch.check_now()

    assert [config.providers["guide"].missing_variables for config in site.taken] == [("KEY",), ()]


async def test_a_broken_file_leaves_the_last_good_one_in_force(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    before = site.config
    site.file.write_text('{"site_confg": {}, "redis": "x"}')

    await site.watch.check_now()
    await site.watch.check_now()

    assert site.taken == []
    assert site.config == before
    assert site.config_problem == (
        "config.json was changed and not taken over: redis: must be empty or begin with redis://, rediss:// or "
        "unix:// (1 more in the log)"
    )
    assert [record.getMessage() for record in caplog.records] == [
        "config.json was not taken over: redis: must be empty or begin with redis://, rediss:// or unix://",
        'config.json was not taken over: site_confg: unknown key; did you mean "site_config"?',
    ]


async def test_a_mended_file_ends_the_problem(site: Site) -> None:
    site.file.write_text("{")
    await site.watch.check_now()
    assert site.config_problem

    site.write({})
    await site.watch.check_now()

    assert site.config_problem is None
    assert site.taken == [], "nothing is different from what is in force"


async def test_a_file_that_vanished_is_a_problem(site: Site) -> None:
    site.file.unlink()

    await site.watch.check_now()

    assert site.config_problem and "cannot be read" in site.config_problem


async def test_keys_that_are_read_once_keep_their_value_and_are_named(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    site.write({"site_config": {"title": "New", "debug": True, "port": 9}, "url_prefix": "/chat"})

    await site.watch.check_now()

    (config,) = site.taken
    assert (config.site_config.title, config.site_config.debug) == ("New", True)
    assert (config.site_config.port, config.url_prefix) == (1338, "")
    assert [record.getMessage() for record in caplog.records] == [
        "config.json: a restart is needed for site_config.port, url_prefix"
    ]


async def test_what_a_role_may_use_is_taken_over_and_who_may_come_in_is_not(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    site.write({"auth": {"mode": "accounts", "roles": {"user": {"models": ["guide"]}}}})

    await site.watch.check_now()

    (config,) = site.taken
    assert (config.auth.mode, config.auth.roles.user.models) == ("none", ("guide",))
    assert [record.getMessage() for record in caplog.records] == ["config.json: a restart is needed for auth.mode"]
