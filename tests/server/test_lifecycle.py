import asyncio
import time

import pytest
import requests

from g4f_lite.errors import UnreachableError
from g4f_lite.providers.openai_compatible import OpenAICompatible
from server.current.services import Services
from server.lifecycle import Lifecycle
from server.problems import Problem
from tests.server.api.test_turns import CONVERSATION, a_turn, lines_of
from tests.server.compat.test_openai import CHAT, QUESTION
from tests.support.loops import on
from tests.support.services.openai_wire import delta, openai_stream
from tests.support.services.upstream import Gate, wait_until
from tests.support.waiting import wait_for


async def test_closing_saves_what_could_not_be_saved_before(config, monkeypatch, upstream):
    services = Services(config, asyncio.get_running_loop())
    lifecycle = Lifecycle(services)
    saved = []
    monkeypatch.setattr(services.engine, "checkpoint", lambda: remember(saved))

    await lifecycle.close()

    assert saved == ["tried"]


async def remember(saved):
    saved.append("tried")


async def test_a_bug_in_the_upkeep_is_logged_and_the_upkeep_goes_on(config, monkeypatch, caplog):
    monkeypatch.setattr("server.lifecycle.CHECKPOINT_EVERY_S", 0)
    services = Services(config, asyncio.get_running_loop())
    lifecycle = Lifecycle(services)
    twice, calls = asyncio.Event(), []

    async def broken():
        calls.append(1)
        if len(calls) == 2:
            twice.set()
        raise ZeroDivisionError

    monkeypatch.setattr(services.engine, "checkpoint", broken)
    await lifecycle.start()
    async with asyncio.timeout(10):
        await twice.wait()
    monkeypatch.undo()
    await lifecycle.close()

    assert "ZeroDivisionError" in caplog.text


async def test_open_pages_are_notified_once_when_a_provider_state_changes(config, monkeypatch):
    services = Services(config, asyncio.get_running_loop())
    lifecycle = Lifecycle(services)
    published = []
    monkeypatch.setattr(services.notifications, "publish_to_all", published.append)
    health = services.catalog.providers["guide"].health
    services.catalog.due(time.monotonic())  # nothing is left to list

    health.failed(UnreachableError("guide is down."))
    await lifecycle._list_models()
    await lifecycle._list_models()
    assert published == [{"type": "providers"}]

    health.reached()
    await lifecycle._list_models()
    assert len(published) == 2
    await lifecycle.close()


def test_an_answer_another_process_writes_is_a_conflict(app, client, upstream, monkeypatch):
    upstream.will_answer(openai_stream("Hi"))
    start = next(lines_of(client.post(CONVERSATION, json=a_turn())))
    services = app.extensions["chat"]
    running = services.store.message("local", start["message_id"])
    monkeypatch.setattr("server.api.turns.START_WAIT_S", 0)
    monkeypatch.setattr(services.engine, "find", lambda *key: None)
    monkeypatch.setattr(services.store, "message", lambda *key: running)
    object.__setattr__(running, "status", "running")

    response = client.get(f"/backend-api/v2/messages/{start['message_id']}/events")

    assert (response.status_code, response.json["error"]["code"]) == (409, "conflict")


def test_a_store_that_fails_is_a_503(app, client, monkeypatch):
    def gone(*arguments):
        raise Problem("storage_unavailable", "The disk is full.")

    monkeypatch.setattr(app.extensions["chat"].store, "begin_turn", gone)

    response = client.post(CONVERSATION, json=a_turn())

    assert (response.status_code, response.json["error"]["code"]) == (503, "storage_unavailable")


@pytest.mark.parametrize("store", [False, True])
def test_a_removed_provider_is_closed_after_its_last_answer(app, config, loop, server, upstream, monkeypatch, store):
    services, gate, closed_at = app.extensions["chat"], Gate(), []

    async def close(provider):
        closed_at.append(services.relay.in_flight.count + len(services.engine.running))

    monkeypatch.setattr(OpenAICompatible, "close", close)
    up = config.providers["up"].model_copy(update={"headers": {"X-Other": "1"}})
    other = config.model_copy(update={"providers": {**config.providers, "up": up}})
    upstream.will_answer([delta("One"), wait_until(gate), *openai_stream("end")])
    body = {"model": "m", "messages": QUESTION, "stream": True, "store": store}
    with requests.post(f"{server}{CHAT}", json=body, stream=True, timeout=10) as running:
        upstream.wait_request()
        on(loop, app.extensions["lifecycle"].apply_config(other))
        gate.open()
        assert running.content.endswith(b"[DONE]\n\n")

    wait_for(lambda: closed_at)
    assert closed_at == [0]
