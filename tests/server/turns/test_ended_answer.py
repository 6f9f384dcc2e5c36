"""Ended answers in memory: once for all their readers, who take slices."""

import json
import tracemalloc
from datetime import UTC, datetime

import pytest

from server.store import Batch, Store, StoredMessage
from server.turns import events
from server.turns.ended_answer import SLICE, EndedAnswer, ended_answer
from tests.support.replayed import lines_of
from tests.support.stores import ME, an_outcome, answered

LONG = "Ein Wort größer 🙂. " * 20_000
NOW = datetime(2026, 2, 3, tzinfo=UTC)


def a_message(content: str, **members) -> StoredMessage:
    return StoredMessage("a", "c", "q", "assistant", content, NOW, NOW, finish_reason="stop", **members)


def batches_of(text: str, pieces: int) -> list[Batch]:
    """Return a turn of `pieces` pieces, each with a batch of its own, and its end."""
    lines = [events.event(1, "start", {}), *(events.content(seq + 2, text) for seq in range(pieces))]
    lines.append(events.event(pieces + 2, "finish", {"reason": "stop"}))
    return [Batch(ME, "a", seq, seq, line) for seq, line in enumerate(lines, 1)]


@pytest.mark.parametrize("html", [False, True])
@pytest.mark.parametrize("kept", [False, True])
def test_a_long_answer_leaves_whole_in_slices(html: bool, kept: bool) -> None:
    answer = EndedAnswer(a_message(LONG, last_seq=3), batches_of(LONG, 1) if kept else [])

    assert max(map(len, answer.lines(0, html))) < 13 * SLICE  # a character is at most 12 in JSON
    said = lines_of(answer, 0, html)
    assert [event["seq"] for event in said] == [1, 2, 3]
    assert said[1]["html" if html else "content"].strip().startswith("<p>Ein Wort" if html else LONG.strip())


@pytest.mark.parametrize("after", range(5))
def test_a_reader_gets_what_follows_its_number_from_any_batch(after: int) -> None:
    one = Batch(ME, "a", 1, 5, "".join(batch.lines for batch in batches_of("x", 3)))
    for batches in (batches_of("x", 3), [one]):
        answer = EndedAnswer(a_message("xxx", last_seq=5), batches)

        assert [event["seq"] for event in lines_of(answer, after, html=False)] == list(range(after + 1, 6))


def test_events_of_which_some_are_gone_are_replaced_by_the_whole_answer() -> None:
    batches = batches_of("x", 3)
    del batches[1]

    said = lines_of(EndedAnswer(a_message("xxx", last_seq=5), batches), 0, html=False)

    assert (said[0]["replay"], said[1]["content"], said[-1]["seq"]) == (True, "xxx", 5)


@pytest.mark.parametrize("slice_", [1, 7, 10_000])
def test_slices_are_server_sent_events_too(slice_: int) -> None:
    text, sent, begins_line = "".join(batch.lines for batch in batches_of("a b", 2)), b"", True
    for start in range(0, len(text), slice_):
        part = text[start : start + slice_]
        sent += events.encode(part, "sse", begins_line=begins_line)
        begins_line = part.endswith("\n")

    assert sent == events.encode(text, "sse")
    assert [json.loads(one[6:])["seq"] for one in sent.decode().split("\n\n")[:-1]] == [1, 2, 3, 4]


@pytest.mark.parametrize("html", [False, True])
def test_readers_that_stall_do_not_each_hold_the_answer(store: Store, html: bool) -> None:
    begun = answered(store, outcome=an_outcome(LONG, last_seq=3))
    message = store.message(ME, begun.answer.id)
    tracemalloc.start()
    first = ended_answer(store, ME, message).lines(0, html)
    next(first)
    before, _ = tracemalloc.get_traced_memory()

    stalled = [ended_answer(store, ME, store.message(ME, begun.answer.id)).lines(0, html) for _ in range(20)]
    for reader in stalled:
        next(reader), next(reader)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert after - before < 20 * len(LONG) / 2
