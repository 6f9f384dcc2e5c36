"""The measurements themselves are tried in small, so that they still run when somebody needs them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask, Response, abort
from werkzeug.serving import make_server

from bench import search
from bench.__main__ import first_page
from bench.chunked import Dechunker
from bench.measure import Level, at_level, leave, measure, running
from bench.opening import fill
from bench.page import weigh
from bench.processes import UpstreamProcess, running_upstream
from bench.reply import Order, Tally
from bench.report import report
from bench.targets import DIRECT, FLASK, NGINX, NGINX_TARGET
from bench.wheel import Wheel
from server.store import Store
from tests.support.stores import ME, on_sqlite

FEW = Level(streams=5, rounds=2, tokens=50, rate=500, ramp_s=0.01, limit_s=10)


@pytest.fixture(scope="module")
def fake_upstream() -> Iterator[UpstreamProcess]:
    with running_upstream() as upstream:
        yield upstream


def test_every_token_of_every_reply_arrives_in_order(fake_upstream: UpstreamProcess) -> None:
    with running(DIRECT, fake_upstream) as it:
        outcome = at_level(it, FEW)

    assert outcome["finished"] == 10
    assert outcome["tokens_received"] == fake_upstream.counts()["tokens"] == 500
    assert (outcome["lost"], outcome["disordered"], outcome["repeated"], outcome["failures"]) == (0, 0, 0, {})


async def test_a_stream_gets_its_turn_once_per_period_until_it_has_had_enough() -> None:
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    times = []

    def turn() -> bool:
        times.append(loop.time())
        if len(times) == 10:
            over.set()
        return len(times) < 10

    began = loop.time()
    wheel = Wheel(period_s=0.01)
    wheel.add(turn)
    await over.wait()

    assert times[-1] - began >= 10 * 0.01 - 0.001


def test_a_reply_that_is_not_over_in_time_is_not_finished(fake_upstream: UpstreamProcess) -> None:
    with running(DIRECT, fake_upstream) as it:
        fake_upstream.follow(tokens=10_000, rate=100)
        outcome = it.load(streams=3, tokens=10_000, limit_s=0.2)

    assert outcome["finished"] == 0
    assert outcome["failures"] == {"not over in time": 3}


def test_the_upstream_notes_when_callers_leave(fake_upstream: UpstreamProcess) -> None:
    with running(DIRECT, fake_upstream) as it:
        left = leave(it, rate=100)

    assert left["seen"] == left["of"]
    assert 0 <= left["p50"] <= left["max"] < 3000


def test_a_run_becomes_tables(fake_upstream: UpstreamProcess) -> None:
    targets = [DIRECT, FLASK, *([NGINX_TARGET] if NGINX else [])]
    measured = [measure(target, fake_upstream, (FEW,), leaving=False) for target in targets]

    text = report({"targets": measured, "page": None, "notes": ["a note"]})

    assert all(f"| {target.name} " in text for target in targets)
    assert text.count("10 of 10") == len(targets)
    assert text.endswith("a note")


def test_what_is_missing_disordered_or_repeated_is_counted() -> None:
    tally = Tally()
    order = Order(tally, repeats=False)

    for index in (0, 1, 1, 4, 3):
        order.take(index)

    assert (tally.repeated, tally.disordered, order.lost(tokens=6)) == (1, 1, 2)


def test_searches_find_what_was_put_there_for_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SEARCHES", 1)
    monkeypatch.setattr(search, "TURNS", 1)

    result = search.measure(200, f"sqlite:///{tmp_path}/chat.db")

    hits = {name: took["hits"] for name, took in result["searches"].items()}
    few = ("a rare word", "a part of a word", "a common and a rare word", "a phrase", "two letters, rare")
    assert {hits[name] for name in (*few, "two Chinese characters", "one Chinese character")} == {5}
    assert {hits[name] for name in ("a common word", "two common words", "two letters, common", "one letter")} == {30}
    assert {hits[name] for name in ("an absent word", "two letters, absent")} == {0}
    assert "| a rare word " in search.report(result)
    assert "| without " in search.report(result)


@on_sqlite
def test_a_conversation_to_open_is_as_long_as_it_should_be(store: Store) -> None:
    conversation, messages = store.conversation(ME, fill(store, 6))

    assert conversation.leaf_id == messages[-1].id
    assert len({message.content for message in messages}) == 3
    assert [message.status for message in messages] == ["complete"] * 6


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 100])
def test_chunks_cut_anywhere_are_put_together(piece: int) -> None:
    body = b"5\r\nHello\r\ne\r\n, chunked\r\nyou\r\n0\r\n\r\n"
    chunks = Dechunker()

    whole = b"".join(chunks.feed(body[at : at + piece]) for at in range(0, len(body), piece))

    assert whole == b"Hello, chunked\r\nyou"
    assert chunks.ended


def test_the_first_page_is_weighed_with_all_it_needs() -> None:
    app = Flask(__name__, static_folder=None)
    files = {
        "/chat/": ("text/html", '<link rel="stylesheet" href="a.css"><script src="a.js"></script><img src="gone.png">'),
        "/chat/a.css": ("text/css", 'a { background: url("b.svg") }'),
        "/chat/a.js": ("text/javascript", 'import { b } from "./b.js"; import("https://elsewhere.example/c.js")'),
        "/chat/b.svg": ("image/svg+xml", "<svg/>" * 1000),
        "/chat/b.js": ("text/javascript", 'import "./a.js"'),
    }

    @app.get("/<path:path>")
    def file(path: str) -> Response:
        kind, text = files.get(f"/{path}") or abort(404)
        return Response(text, mimetype=kind)

    with serving(app) as origin:
        weight = weigh(f"{origin}/chat/")

    assert weight["files"] == len(files)
    assert 0 < weight["gzip_bytes"] < 1000
    assert weight["other_hosts"] == ["elsewhere.example"]
    assert weight["missing"] == [f"{origin}/chat/gone.png"]


def test_what_is_weighed_is_our_page(fake_upstream: UpstreamProcess) -> None:
    page = first_page(fake_upstream, 1)

    assert page["files"] > 50
    assert page["missing"] == page["other_hosts"] == []
    assert page["after_s"] > 0


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an app on loopback; give its address."""
    server = make_server("127.0.0.1", 0, app)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
