"""What a client finds that comes back after the server's process died."""

import asyncio
import json

import pytest

from g4f_lite.messages import Params, conversation
from g4f_lite.pieces import Content, Finish
from server.ops.turn_stats import TurnStats
from server.store import Batch, NewTurn, Outcome, Store
from server.turns import events, replay
from server.turns.crash_recovery import interrupt_running
from server.turns.ended_answer import EndedAnswer
from server.turns.engine import Engine
from server.turns.question import Question
from server.turns.turn import Turn
from tests.support.replayed import lines_of
from tests.support.services.scripted import a_model, scripted

DIED = {"code": "stream_cut", "message": "The server was stopped.", "id": "e"}


@pytest.fixture
def store(tmp_path):
    store = Store(f"sqlite:///{tmp_path}/chat.db")
    store.open()
    yield store
    store.close()


@pytest.fixture
def died(store):
    """A turn of which three events were saved before its process died."""
    begun = store.begin_turn("local", NewTurn(action="send", model="m", answer_id="a", message_id="q", content="Hello"))
    lines = events.event(1, "start", {}) + events.event(2, "provider", {"provider": "up"}) + events.content(3, "Hel")
    store.append([Batch("local", "a", 1, 3, lines)])
    assert interrupt_running(store, DIED) == 1
    return begun


def read_again(store, after):
    message = store.message("local", "a")
    return lines_of(EndedAnswer(message, store.batches("local", "a", 0)), after, html=False)


def test_a_reader_within_what_was_saved_gets_the_rest_and_the_end(store, died):
    assert [(event["seq"], event["type"]) for event in read_again(store, 2)] == [(3, "content"), (4, "error")]


def test_a_reader_that_is_ahead_of_what_was_saved_gets_all_anew(store, died):
    said = read_again(store, 90)

    assert [event["type"] for event in said] == ["start", "content", "error"]
    assert said[0]["replay"] is True
    assert said[1]["content"] == "Hel"


def test_a_reader_at_the_number_of_the_interruption_may_have_lost_text_and_gets_all_anew(store, died):
    said = read_again(store, 4)

    assert [event["type"] for event in said] == ["start", "content", "error"]
    assert (said[0]["replay"], said[1]["content"], said[-1]["seq"]) == (True, "Hel", 4)


@pytest.mark.parametrize("html", [False, True])
def test_a_reader_that_has_all_of_a_complete_answer_gets_its_end_again(store, html):
    store.begin_turn("local", NewTurn(action="send", model="m", answer_id="a", message_id="q", content="Hello"))
    outcome = Outcome(status="complete", content="Hello", attempts=[], finish_reason="stop", last_seq=3)
    lines = events.event(1, "start", {}) + events.content(2, "Hello") + events.event(3, "finish", {"reason": "stop"})
    store.finish("local", "a", outcome, Batch("local", "a", 1, 3, lines))

    said = lines_of(EndedAnswer(store.message("local", "a"), store.batches("local", "a", 0)), 3, html)

    assert said == [{"seq": 3, "type": "finish", "reason": "stop"}]


def test_a_turn_of_which_nothing_was_saved_still_begins_and_ends(store):
    store.begin_turn("local", NewTurn(action="send", model="m", answer_id="a", message_id="q", content="Hello"))
    interrupt_running(store, DIED)

    assert [(event["seq"], event["type"]) for event in read_again(store, 0)] == [(1, "start"), (2, "error")]


async def test_a_reader_that_was_ahead_follows_the_continued_answer_from_its_beginning(store, died):
    up = scripted()
    up.instance.will(Content("lo"), Finish("stop"))
    begun = store.begin_turn(
        "local", NewTurn(action="continue", model="m", answer_id="", conversation_id=died.conversation_id)
    )
    engine = Engine(store, asyncio.get_running_loop(), TurnStats(), lambda user_id, message: None)
    question = Question(a_model(up), conversation("Hello"), Params())
    turn = Turn("local", begun, question, question.answer())
    engine.start(turn)

    said = [json.loads(line) for lines in [text async for text in replay.live(turn, 90, False)]
            for line in lines.splitlines()]  # fmt: skip

    assert said[0]["replay"] is True
    assert "".join(event.get("content", "") for event in said) == "Hello"
    assert [event["seq"] for event in said] == list(range(3, 3 + len(said)))
    await engine.drain(0)
    engine.close()
