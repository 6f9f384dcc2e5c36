"""Answers whose process died keep what was saved of them."""

import json

from server.store import Store
from server.turns.crash_recovery import interrupt_running
from tests.support.stores import ME, Clock, a_batch, a_turn, an_outcome, answered, content, reasoning

ENDED = {"code": "stream_cut", "message": "The server was stopped.", "id": "e"}


def test_a_dead_process_leaves_what_was_saved(store: Store, clock: Clock) -> None:
    begun, untouched = store.begin_turn(ME, a_turn()), answered(store)
    error = {"code": "provider_timeout", "message": "Too slow."}
    answering = {"provider": "ollama", "label": "O", "model": "m", "notices": ["The oldest was left out."]}
    store.append(
        [
            a_batch(begun, 1, {"type": "start"}, {"type": "attempt", "provider": "h2o", "error": error}),
            a_batch(begun, 3, {"type": "provider", **answering}, reasoning("Hm")),
            a_batch(begun, 5, reasoning("."), content("Hel"), content("lo")),
        ]
    )
    clock.pass_by(hours=1)

    assert interrupt_running(store, ENDED) == 1

    message = store.message(ME, begun.answer.id)
    assert (message.status, message.ended_at, message.last_seq) == ("interrupted", clock.time, 8)
    assert (message.content, message.reasoning, message.provider) == ("Hello", "Hm.", "ollama")
    assert message.attempts == [{"provider": "h2o", "error": error}]
    assert (message.answering, message.notices) == (answering, ["The oldest was left out."])
    assert message.error == ENDED
    assert json.loads(store.batches(ME, begun.answer.id, 7)[0].lines) == {"seq": 8, "type": "error", "error": ENDED}
    assert store.message(ME, untouched.answer.id).status == "complete"
    assert interrupt_running(store, ENDED) == 0


def test_a_dead_process_of_which_nothing_was_saved(store: Store) -> None:
    begun = store.begin_turn(ME, a_turn())

    assert interrupt_running(store, ENDED) == 1

    message = store.message(ME, begun.answer.id)
    assert (message.status, message.content, message.last_seq) == ("interrupted", "", 2)


def test_a_continued_answer_does_not_double_its_text(store: Store) -> None:
    begun = store.begin_turn(ME, a_turn())
    there = {"conversation_id": begun.conversation_id}
    store.append([a_batch(begun, 1, reasoning("R1"), content("one "))])
    interrupt_running(store, ENDED)

    store.begin_turn(ME, a_turn("continue", **there))
    store.append([a_batch(begun, 4, reasoning("R2"), content("two "))])
    ending = a_batch(begun, 6, {"type": "finish", "reason": "length"})
    store.finish(ME, begun.answer.id, an_outcome("one two ", reasoning="R1R2", last_seq=6), ending)

    store.begin_turn(ME, a_turn("continue", **there))
    store.append([a_batch(begun, 7, content("three"))])
    interrupt_running(store, ENDED)

    message = store.message(ME, begun.answer.id)
    assert (message.content, message.reasoning, message.last_seq) == ("one two three", "R1R2", 8)
    assert [batch.first_seq for batch in store.batches(ME, begun.answer.id, 0)] == [7, 8]


def test_a_continued_answer_forgets_who_failed_and_what_was_noticed_before(store: Store) -> None:
    attempts = [{"provider": "h2o", "error": {"code": "provider_timeout"}}]
    answering = {"provider": "ollama", "label": "O", "model": "m", "notices": ["The oldest was left out."]}
    first = answered(store, outcome=an_outcome(provider="ollama", answering=answering, attempts=attempts))

    more = store.begin_turn(ME, a_turn("continue", conversation_id=first.conversation_id))
    store.append([a_batch(more, 4, {"type": "start"}, content("more"))])
    interrupt_running(store, ENDED)

    message = store.message(ME, first.answer.id)
    assert (message.attempts, message.answering, message.notices) == ([], None, [])
    assert message.provider == "ollama", "the text that is there is still by whom it was"


def test_a_line_ends_at_its_line_feed_only(store: Store) -> None:
    begun = store.begin_turn(ME, a_turn())
    text = "one\u2028two\x85three\x0cfour\nfive\r"
    store.append([a_batch(begun, 1, content(text))])

    interrupt_running(store, ENDED)

    assert store.message(ME, begun.answer.id).content == text
