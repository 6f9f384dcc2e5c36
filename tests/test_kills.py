"""What the kill test would find, were it there."""

import asyncio
from typing import Any

import pytest

from bench import kills
from bench.asked import Asked, violations
from bench.kills import Findings, Victim, kill_again_and_again

START = {"type": "start", "conversation_id": "c", "message_id": "a"}


def asked_and_heard(*events: dict[str, Any]) -> Asked:
    asked = Asked(message_id="q")
    for event in (START, *events):
        asked.hear(event)
    return asked


def piece(text: str) -> dict[str, Any]:
    return {"type": "content", "content": text}


def stored(content: str, status: str) -> list[dict[str, Any]]:
    question = {"id": "q", "parent_id": None, "content": "Question q", "status": "complete"}
    return [question, {"id": "a", "parent_id": "q", "content": content, "status": status}]


def test_an_answer_that_was_heard_to_its_end_must_be_whole() -> None:
    asked = asked_and_heard(piece("Hel"), piece("lo"), {"type": "finish", "reason": "stop"})

    assert violations(asked, stored("Hello", "complete")) == []
    assert violations(asked, stored("Hel", "complete")) != []
    assert violations(asked, stored("Hello", "interrupted")) != []


def test_only_the_last_moments_of_a_cut_answer_may_be_missing() -> None:
    asked = asked_and_heard()
    asked.pieces = [(10.0, "Hel"), (12.0, "lo")]
    asked.killed = 12.5

    assert violations(asked, stored("Hel", "interrupted")) == []
    assert violations(asked, stored("He", "interrupted")) != []


@pytest.mark.parametrize("content", ["Hello, and more", "Hello"])
def test_more_may_be_stored_than_was_heard(content: str) -> None:
    assert violations(asked_and_heard(piece("Hello")), stored(content, "interrupted")) == []


def test_text_that_nobody_sent_is_found() -> None:
    asked = asked_and_heard(piece("Hello"))
    asked.killed = asked.pieces[0][0]

    assert violations(asked, stored("Help", "interrupted")) != []


@pytest.mark.parametrize("status", ["running", "failed"])
def test_a_cut_answer_must_be_marked_as_interrupted(status: str) -> None:
    assert violations(asked_and_heard(), stored("", status)) != []


def test_a_question_must_be_there_once_with_one_answer() -> None:
    asked = asked_and_heard()
    question, answer = stored("", "interrupted")

    assert violations(asked, [question, answer]) == []
    assert violations(asked, [answer]) != []
    assert violations(asked, [question, {**question, "id": "q2"}, answer]) != []
    assert violations(asked, [question, answer, {**answer, "id": "a2"}]) != []


async def test_a_round_without_an_end_is_given_up_and_says_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(victim: Victim) -> None:
        (victim._place.folder / "log.txt").write_text("The last words.")
        await asyncio.Event().wait()

    monkeypatch.setattr(Victim, "round", hang)
    monkeypatch.setattr(kills, "ROUND_LIMIT_S", 0.01)
    findings = await kill_again_and_again(2, seed=0)

    (what,) = findings.violations
    assert what.startswith("round 1 did not end: it was in _within_limit, line ")
    assert what.endswith("after 0.01 s; the server's log ends:\nThe last words.")
    assert what in findings.summary()


def test_there_is_a_summary_also_where_nothing_started() -> None:
    assert Findings(["round 1 did not end"]).summary().endswith("1 violations.\nround 1 did not end")
