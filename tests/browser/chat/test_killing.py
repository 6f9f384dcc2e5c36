"""The server dies in the middle of an answer, and comes back."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from playwright.sync_api import expect

from bench.open_pages import kill_under_pages
from server.store import Store
from tests.browser.actions import Chat
from tests.support.services.openai_wire import delta, openai_stream
from tests.support.services.upstream import silence
from tests.support.waiting import wait_for

RUN = Path(__file__).parents[3] / "run.py"
RETURNS_WITHIN_MS = 30_000
"""A page that found no server pauses for up to 15 seconds before it asks again."""


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


@pytest.fixture
def start(settings, tmp_path, port):
    """Start the server as a process of its own; each call begins another one on the same data."""
    settings["site_config"]["port"] = port
    (tmp_path / "config.json").write_text(json.dumps(settings))
    started = []

    def start():
        command = [sys.executable, RUN, "--config", tmp_path / "config.json"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        started.append(process)
        assert process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def saved_text(folder, address):
    """Return what the store has of the only answer, without asking the server."""
    with requests.get(f"{address}/backend-api/v2/conversations") as listed:
        conversation_id = listed.json()["conversations"][0]["id"]
    store = Store(f"sqlite:///{folder}/data/chat.db")
    _, messages = store.conversation("local", conversation_id)
    lines = "".join(batch.lines for batch in store.batches("local", messages[-1].id, 0))
    store.close()
    return "".join(json.loads(line).get("content", "") for line in lines.splitlines())


@pytest.mark.parametrize("reloads", [False, True])
def test_the_text_is_there_after_a_kill_and_continue_works(start, page, upstream, tmp_path, address, reloads):
    server = start()
    page.goto("/chat/")
    chat = Chat(page)
    upstream.will_answer([delta("One half "), silence()])
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("One half")
    wait_for(lambda: saved_text(tmp_path, address) == "One half ")

    chat.field.fill("and then?")
    server.kill()
    server.wait()
    start()
    if reloads:
        page.reload()

    expect(chat.answers.last).to_have_attribute("data-status", "interrupted", timeout=RETURNS_WITHIN_MS)
    expect(chat.answer).to_have_text("One half")
    expect(chat.field).to_have_value("and then?")
    expect(chat.button("Retry")).to_be_visible()
    upstream.will_answer(openai_stream("and the other."))
    chat.button("Continue").click()
    expect(chat.answers.last).to_have_attribute("data-status", "complete")
    expect(chat.answer).to_have_text("One half and the other.")
    page.reload()
    expect(chat.answer).to_have_text("One half and the other.")


def test_every_open_page_ends_after_a_kill(browser):
    assert kill_under_pages(browser, rounds=1, seed=1) == []
