import asyncio

import pytest

from server.auth import open_streams as attendance_module
from server.auth.open_streams import Attendance
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
def attendance(sessions):
    return Attendance(sessions)


async def test_what_is_open_ends_with_its_session_alone(attendance, sessions):
    with attendance.present("anna") as hers, attendance.present("ben") as his:
        await attendance.look()
        assert hers.here and his.here

        sessions.alive.remove("anna")
        await attendance.look()

        assert (hers.here, his.here) == (False, True)


async def test_a_stream_is_cut_even_while_it_is_silent(attendance, sessions):
    closed = asyncio.Event()

    async def source():
        try:
            yield b"one"
            await asyncio.Event().wait()
        finally:
            closed.set()

    async def read():
        return [block async for block in attendance.attended(source(), "anna")]

    reader = asyncio.create_task(read())
    while not attendance._present:
        await asyncio.sleep(0)
    sessions.alive.clear()

    await attendance.look()

    with pytest.raises(asyncio.CancelledError):
        await reader
    assert closed.is_set()
    assert not attendance._present


async def test_a_store_that_does_not_answer_ends_nothing(attendance, sessions):
    sessions.fails = Problem("storage_unavailable", "The database is away.")
    with attendance.present("anna") as presence:
        await attendance.look()

        assert presence.here


async def test_nobody_is_asked_for_when_nothing_is_open(attendance, sessions):
    with attendance.present("anna"):
        pass

    await attendance.look()

    assert sessions.asked == []


async def test_many_are_asked_for_in_parts(attendance, sessions, monkeypatch):
    monkeypatch.setattr(attendance_module, "AT_ONCE", 1)
    with attendance.present("anna"), attendance.present("anna"), attendance.present("ben"):
        await attendance.look()

    assert sessions.asked == [["anna"], ["ben"]]
