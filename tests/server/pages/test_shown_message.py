from datetime import UTC, datetime, timedelta

import pytest

from server.pages.shown_message import shown_message
from server.store import StoredMessage
from server.turns.live_html import Snapshot

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def a_message(id_="m", parent_id=None, role="assistant", content="", **members):
    values = {"model": "gpt", "finish_reason": "stop", "last_seq": 9, "created_at": NOON, "ended_at": NOON}
    return StoredMessage(id_, "c", parent_id, role, content, **values | members)


def shown(message, snapshot=None, now=NOON):
    return shown_message(message, snapshot, lambda name: {"gpt": "GPT"}.get(name, name), now)


def test_an_ended_answer_is_rendered():
    message = shown(a_message(content="One\n\n**Two**"))

    assert message.blocks == ["<p>One</p>\n", "<p><strong>Two</strong></p>\n"]
    assert message.seq == 9


def test_a_question_is_text():
    message = shown(a_message(role="user", content="<b>*a*</b>", model=None))

    assert (message.text, message.blocks) == ("<b>*a*</b>", [])


ANSWERING = {"provider": "third", "label": "Third", "model": "x", "notices": ["The oldest was left out."]}
ATTEMPTS = [{"provider": "first", "error": {"code": "provider_timeout", "message": "first is slow."}}]


def test_a_running_answer_is_as_far_as_its_snapshot():
    so_far = a_message(content="Hal", reasoning="Hm.", answering=ANSWERING, attempts=ATTEMPTS)

    message = shown(a_message(status="running", last_seq=0), Snapshot(7, so_far, ["<p>Hal</p>"]))

    assert (message.seq, message.blocks, message.reasoning) == (7, ["<p>Hal</p>"], "Hm.")
    assert (message.provider_label, message.notices) == ("Third", ["The oldest was left out."])
    assert message.attempts == ATTEMPTS
    assert message.status == "running", "its page reads the end, even if that is there already"


def test_failed_providers_the_answering_one_and_notices_are_shown():
    message = shown(a_message(answering=ANSWERING, attempts=ATTEMPTS))

    assert (message.attempts, message.provider_label) == (ATTEMPTS, "Third")
    assert message.notices == ["The oldest was left out."]
    assert (shown(a_message()).provider_label, shown(a_message()).notices) == ("", [])


@pytest.mark.parametrize(("later_s", "left_s"), [(0, 7), (2.5, 5), (60, 0)])
def test_the_remaining_retry_time_is_shown(later_s, left_s):
    message = a_message(error={"code": "provider_rate_limited", "message": "Slow down.", "retry_after": 7})

    assert shown(message, now=NOON + timedelta(seconds=later_s)).error["retry_after"] == left_s


def test_a_model_has_its_label_while_it_is_known():
    assert shown(a_message()).model_label == "GPT"
    assert shown(a_message(model="gone")).model_label == "gone"


def test_an_answer_at_its_length_limit_is_truncated():
    assert shown(a_message(finish_reason="length")).is_truncated
    assert not shown(a_message()).is_truncated
