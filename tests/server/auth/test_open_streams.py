import asyncio

import pytest

from server.auth import open_streams as module
from server.auth.open_streams import OpenStreams
from server.problems import Problem


class Sessions:
    """Those that go on; raises what it is told to."""

    def __init__(self) -> None:
        self.alive = {"anna", "ben"}
        self.fails: Problem | None = None
        self.asked: list[list[str]] = []

    def __call__(self, hashes):
        self.asked.append(list(hashes))
        if self.fails:
            raise self.fails
        return self.alive & set(hashes)


@pytest.fixture
def sessions():
    return Sessions()


@pytest.fixture
def streams(sessions):
    return OpenStreams(sessions)


async def test_what_is_open_ends_with_its_session_alone(streams, sessions):
    with streams.track("anna") as hers, streams.track("ben") as his:
        await streams.close_ended()
        assert hers.is_open and his.is_open

        sessions.alive.remove("anna")
        await streams.close_ended()

        assert (hers.is_open, his.is_open) == (False, True)


async def test_a_stream_is_cut_even_while_it_is_silent(streams, sessions):
    closed = asyncio.Event()

    async def source():
        try:
            yield b"one"
            await asyncio.Event().wait()
        finally:
            closed.set()

    async def read():
        return [block async for block in streams.while_session_lasts(source(), "anna")]

    reader = asyncio.create_task(read())
    while not streams._open:
        await asyncio.sleep(0)
    sessions.alive.clear()

    await streams.close_ended()

    with pytest.raises(asyncio.CancelledError):
        await reader
    assert closed.is_set()
    assert not streams._open


async def test_a_store_that_does_not_answer_ends_nothing(streams, sessions):
    sessions.fails = Problem("storage_unavailable", "The database is away.")
    with streams.track("anna") as stream:
        await streams.close_ended()

        assert stream.is_open


async def test_nobody_is_asked_for_when_nothing_is_open(streams, sessions):
    with streams.track("anna"):
        pass

    await streams.close_ended()

    assert sessions.asked == []


async def test_many_are_asked_for_in_parts(streams, sessions, monkeypatch):
    monkeypatch.setattr(module, "SESSIONS_PER_QUERY", 1)
    with streams.track("anna"), streams.track("anna"), streams.track("ben"):
        await streams.close_ended()

    assert sessions.asked == [["anna"], ["ben"]]
