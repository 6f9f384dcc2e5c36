"""What tests share."""

import asyncio
import json
import os
from collections.abc import Generator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine

from g4f_lite.config.load import load
from g4f_lite.providers import KINDS
from server import create_app
from server.app import with_views
from server.compat.api_errors import adapt_error
from server.compat.stored import stored
from server.config.site import Config
from server.current.sign_in import sender_check
from server.front import BodyRules, Front
from server.store import Store
from server.web.body_limits import largest_body
from tests.support.apps import made_once
from tests.support.loops import on, running_loop
from tests.support.members import come_in
from tests.support.services.openai_wire import honest
from tests.support.services.upstream import Upstream
from tests.support.slowest_files import SlowestFiles
from tests.support.stores import Clock, empty, fresh_schema, place_copy, with_shared_statements


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SlowestFiles())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail what would be skipped where CHAT_TEST_NO_SKIP says that nothing is missing."""
    report = yield
    if os.environ.get("CHAT_TEST_NO_SKIP") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, where nothing may be: {call.excinfo and call.excinfo.value}"
    return report


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A service on loopback that speaks the OpenAI protocol and does what a test scripts."""
    service = Upstream(otherwise=honest)
    yield service
    service.close()


@pytest.fixture(params=["as they come", "one byte at a time"])
def reads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs a test twice; the second time each read of an answer returns one byte."""
    if request.param != "as they come":
        monkeypatch.setattr(aiohttp.StreamReader, "readany", lambda reader: reader.read(1))


@pytest.fixture
def settings(upstream: Upstream) -> dict[str, Any]:
    """What config.json says in a test; a test may change it before it asks for `config`."""
    return {
        "providers": {
            "guide": {"kind": "Guide"},
            "up": {"kind": "OpenAICompatible", "base_url": upstream.base_url, "models": ["test-model"]},
        },
        "models": {"m": "up/test-model", "guide": "guide/guide"},
        "default_model": "m",
        "site_config": {"port": 0},
    }


@pytest.fixture
def config(settings: dict[str, Any], tmp_path: Path) -> Config:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(settings))
    return load(file, Config, {}, KINDS)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that another thread runs, as the front's is."""
    with running_loop() as loop:
        yield loop


@pytest.fixture(scope="session", autouse=True)
def made_once_for_all() -> Iterator[None]:
    """Spare every test what takes most of the time of making an application and a store, and is the same in all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("server.app.with_views", made_once(with_views))
        shared = with_shared_statements(create_engine)
        patch.setattr("server.store.databases.sqlite.create_engine", shared)
        patch.setattr("server.store.databases.postgresql.create_engine", shared)
        yield


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with tables and nothing in them."""
    file = tmp_path_factory.mktemp("database") / "new.db"
    store = Store(f"sqlite:///{file}")
    store.open()
    store.close()
    return file


@pytest.fixture
def app(config: Config, loop: asyncio.AbstractEventLoop, new_database: Path) -> Iterator[Flask]:
    place_copy(new_database, config.database)
    app = create_app(config, loop=loop)
    lifecycle = app.extensions["lifecycle"]
    on(loop, lifecycle.start())
    yield app
    on(loop, lifecycle.close())


@pytest.fixture(params=["relayed", "stored"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs a test twice: a program receives the same where what it asks is stored."""
    if request.param == "stored":
        monkeypatch.setattr("server.compat.answer.relayed", stored)
    return str(request.param)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def anna(app: Flask) -> FlaskClient:
    """The browser of an administrator who has come in, where there are accounts."""
    return come_in(app, "Anna", "admin")


@pytest.fixture
def ben(app: Flask, anna: FlaskClient) -> FlaskClient:
    """The browser of somebody else who has."""
    return come_in(app, "Ben")


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The address of a schema with tables; skips where there is no PostgreSQL."""
    with fresh_schema() as url:
        store = Store(url)
        store.open()
        store.close()
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path, new_database: Path) -> str:
    """The address of a database without conversations, on each kind of database."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path}/data/chat.db"
        place_copy(new_database, address)
        return address
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(store_url: str, clock: Clock) -> Iterator[Store]:
    """An open store without conversations, on each kind of database."""
    store = Store(store_url, now=clock)
    store.open()
    yield store
    empty(store.database)
    store.close()


@pytest.fixture
def server(app: Flask, config: Config, loop: asyncio.AbstractEventLoop) -> Iterator[str]:
    """The app behind its front: the address, without a slash at its end."""

    async def start() -> Front:
        rules = BodyRules(partial(largest_body, url_prefix=config.url_prefix), sender_check(app))
        front = Front(app, adapt_error=partial(adapt_error, url_prefix=config.url_prefix), body_rules=rules)
        app.config["PORT"] = await front.start("127.0.0.1", 0)
        return front

    front = on(loop, start())
    yield f"http://127.0.0.1:{app.config['PORT']}"
    on(loop, app.extensions["lifecycle"].drain(0))
    on(loop, front.stop())
