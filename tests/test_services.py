import asyncio
import time

from g4f_lite.errors import UnreachableError
from server.problems import Problem
from server.services import Services
from tests.openai_wire import openai_stream
from tests.test_conversation import CONVERSATION, a_turn, lines_of


async def test_what_could_not_be_saved_is_tried_again_at_the_end(config, monkeypatch, upstream):
    services = Services(config, asyncio.get_running_loop())
    saved = []
    monkeypatch.setattr(services.engine, "checkpoint", lambda: remember(saved))

    await services.close()

    assert saved == ["tried"]


async def remember(saved):
    saved.append("tried")


async def test_a_bug_beside_the_requests_is_logged_and_the_work_goes_on(config, monkeypatch, caplog):
    monkeypatch.setattr("server.services.CHECKPOINT_EVERY_S", 0)
    services = Services(config, asyncio.get_running_loop())
    twice, calls = asyncio.Event(), []

    async def broken():
        calls.append(1)
        if len(calls) == 2:
            twice.set()
        raise ZeroDivisionError

    monkeypatch.setattr(services.engine, "checkpoint", broken)
    await services.start()
    async with asyncio.timeout(10):
        await twice.wait()
    monkeypatch.undo()
    await services.close()

    assert "ZeroDivisionError" in caplog.text


async def test_open_pages_hear_once_that_a_provider_fares_otherwise(config, monkeypatch):
    services = Services(config, asyncio.get_running_loop())
    news = []
    monkeypatch.setattr(services.hub, "publish_to_all", news.append)
    health = services.catalog.members["guide"].health
    services.catalog.due(time.monotonic())  # nothing is left to list

    health.failed(UnreachableError("guide is down."))
    await services._list()
    await services._list()
    assert news == [{"type": "providers"}]

    health.reached()
    await services._list()
    assert len(news) == 2
    await services.close()


def test_an_answer_another_process_writes_is_a_conflict(app, client, upstream, monkeypatch):
    upstream.will_answer(openai_stream("Hi"))
    start = next(lines_of(client.post(CONVERSATION, json=a_turn())))
    services = app.extensions["chat"]
    running = services.store.message("local", start["message_id"])
    monkeypatch.setattr("server.conversation.ELSEWHERE_S", 0)
    monkeypatch.setattr(services.engine, "find", lambda *key: None)
    monkeypatch.setattr(services.store, "message", lambda *key: running)
    object.__setattr__(running, "status", "running")

    response = client.get(f"/backend-api/v2/messages/{start['message_id']}/events")

    assert (response.status_code, response.json["error"]["code"]) == (409, "conflict")


def test_a_store_that_is_not_to_be_had_is_a_true_status(app, client, monkeypatch):
    def gone(*arguments):
        raise Problem("storage_unavailable", "The disk is full.")

    monkeypatch.setattr(app.extensions["chat"].store, "begin", gone)

    response = client.post(CONVERSATION, json=a_turn())

    assert (response.status_code, response.json["error"]["code"]) == (503, "storage_unavailable")
