import asyncio

from server.turns import events
from server.turns.journal import Journal


def a_journal(*texts: str, last_seq: int = 0) -> Journal:
    journal = Journal("local", "answer", last_seq)
    for text in texts:
        journal.append(events.content(journal.last_seq + 1, text))
    return journal


def everything_after(journal: Journal, seq: int) -> list[str]:
    found = []
    while seq < journal.last_seq:
        lines, seq = journal.after(seq)
        found += [events.parse(line)["content"] for line in lines]
    return found


def test_a_reader_gets_what_is_behind_its_number():
    journal = a_journal("a", "b", "c")

    assert everything_after(journal, 0) == ["a", "b", "c"]
    assert everything_after(journal, 2) == ["c"]
    assert everything_after(journal, 3) == []


def test_sealing_changes_nothing_for_readers():
    journal = a_journal("a", "b\u2028\x85b", "c")
    journal.seal()
    journal.append(events.content(4, "d"))
    journal.seal()
    journal.append(events.content(5, "e"))

    for seq in range(6):
        assert everything_after(journal, seq) == ["a", "b\u2028\x85b", "c", "d", "e"][seq:]


def test_sealed_batches_are_unsaved_until_somebody_says_so():
    journal = a_journal("a", "b")
    journal.seal()
    journal.seal()

    assert [(batch.first_seq, batch.last_seq) for batch in journal.unsaved] == [(1, 2)]


def test_the_last_batch_holds_all_that_is_unsaved():
    journal = a_journal("a")
    journal.seal()
    journal.append(events.content(2, "b"))

    batch = journal.last_batch(events.event(3, "finish", {"reason": "stop"}))

    assert (batch.first_seq, batch.last_seq) == (1, 3)
    assert [events.parse(line)["seq"] for line in events.split(batch.lines)] == [1, 2, 3]


def test_a_continued_answer_goes_on_counting():
    journal = a_journal("more", last_seq=7)

    assert journal.base_seq == 7
    assert everything_after(journal, 7) == ["more"]


async def test_readers_are_woken_by_the_next_line():
    journal = a_journal()
    readers = [asyncio.create_task(journal.wait(timeout_s=10)) for _ in range(3)]
    await asyncio.sleep(0)

    journal.append(events.content(1, "a"))

    assert await asyncio.gather(*readers) == [True, True, True]


async def test_a_wait_without_a_new_line_ends_in_time():
    assert await a_journal().wait(timeout_s=0.001) is False


async def test_a_reader_that_leaves_does_not_disturb_the_others():
    journal = a_journal()
    leaving, staying = (asyncio.create_task(journal.wait(timeout_s=10)) for _ in range(2))
    await asyncio.sleep(0)

    leaving.cancel()
    await asyncio.sleep(0)
    journal.append(events.content(1, "a"))

    assert await staying is True
