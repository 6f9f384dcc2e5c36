"""The calls of a turn, without a client that makes them."""

import json

import pytest

from g4f_lite.errors import UpstreamError
from g4f_lite.protocols.chat_ui.request_flow import RequestFlow
from tests.support.services.chat_ui_service import ID, SUCCESS

TURN = RequestFlow("h2o", "https://h2o.test", "a/b", {"inputs": "Hello"})
ANSWERS = {"/settings": SUCCESS, "/conversation": {"conversationId": ID}}
OPENING = ["POST /settings", "POST /conversation", f"DELETE /conversation/{ID} later"]
QUESTION = f"POST /conversation/{ID}"


def line(call):
    later = " later" * (call.purpose == "cleanup")
    return f"{call.method} {call.path}{' anew' * call.new_session}{later}"


def driven(turn, failures):
    """Return the calls up to the question, as lines. failures: the status of each call that fails, by its number."""
    calls, lines = turn.calls(), []
    call = next(calls)
    while True:
        lines.append(line(call))
        if status := failures.get(len(lines)):
            call = calls.throw(UpstreamError("No.", status=status))
        elif call.purpose == "answer":
            return lines
        else:
            call = calls.send(json.dumps(ANSWERS.get(call.path, "")).encode())


def test_a_turn_leads_to_its_question():
    assert driven(TURN, {}) == [*OPENING, QUESTION]


def test_a_disclaimer_is_accepted_again_before_the_same_call():
    assert driven(TURN, {2: 405}) == ["POST /settings", "POST /conversation", *OPENING, QUESTION]
    assert driven(TURN, {4: 405}) == [*OPENING, QUESTION, "POST /settings", QUESTION]


def test_a_lost_conversation_is_started_again():
    assert driven(TURN, {4: 404}) == [*OPENING, QUESTION, "POST /settings anew", *OPENING[1:], QUESTION]


def test_a_greeting_begins_the_session_and_may_fail():
    greeting = RequestFlow("h2o", "https://h2o.test", "a/b", {}, opens_page=True)

    again = ["GET / anew", *OPENING, QUESTION]
    assert driven(greeting, {1: 404, 5: 404}) == ["GET /", *OPENING, QUESTION, *again]


@pytest.mark.parametrize(
    ("failures", "status"),
    [({1: 405}, 405), ({2: 405, 4: 405}, 405), ({2: 404}, 404), ({4: 500}, 500), ({4: 404, 8: 404}, 404)],
)
def test_other_failures_end_the_turn(failures, status):
    with pytest.raises(UpstreamError) as caught:
        driven(TURN, failures)
    assert caught.value.status == status


def test_a_conversation_is_deleted_by_a_call_kept_from_the_opening():
    calls = TURN.calls()
    next(calls)
    calls.send(b"")
    cleanup = calls.send(json.dumps(ANSWERS["/conversation"]).encode())

    leaving = TURN.cleanup(cleanup)
    assert line(next(leaving)) == f"DELETE /conversation/{ID}"
    assert line(leaving.throw(UpstreamError("No.", status=405))) == "POST /settings"
    assert line(leaving.send(b"")) == f"DELETE /conversation/{ID}"
