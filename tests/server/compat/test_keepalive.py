import asyncio

import pytest

from server.compat import keepalive
from server.compat.keepalive import MAX_QUEUED, with_keepalive
from tests.support.wire import until


class Scripted:
    """A source that yields each item as soon as it is given."""

    def __init__(self):
        self.given = asyncio.Queue()
        self.closed = False
        self.taken = 0

    async def blocks(self):
        try:
            while (item := await self.given.get()) is not None:
                if isinstance(item, Exception):
                    raise item
                self.taken += 1
                yield item
        finally:
            self.closed = True


@pytest.fixture
def source():
    return Scripted()


def give(source, *items):
    for item in items:
        source.given.put_nowait(item)


async def test_blocks_arrive_in_order_until_the_end(source):
    give(source, b"a", b"b", b"c", None)

    assert b"".join([block async for block in with_keepalive(source.blocks(), b".")]) == b"abc"
    assert source.closed


async def test_pings_fill_a_silence_after_the_first_block(source, monkeypatch):
    monkeypatch.setattr(keepalive, "TICK_S", 0.001)
    stream = with_keepalive(source.blocks(), b".")
    first = asyncio.ensure_future(anext(stream))
    await asyncio.wait({first}, timeout=0.02)
    assert not first.done()

    give(source, b"a")
    assert await first == b"a"
    assert [await anext(stream) for _ in range(3)] == [b"."] * 3
    give(source, b"b")
    while (block := await anext(stream)) == b".":
        pass
    assert block.strip(b".") == b"b"
    await stream.aclose()
    assert source.closed


async def test_an_error_comes_after_the_blocks_before_it(source):
    give(source, b"a", ValueError("broken"))
    stream = with_keepalive(source.blocks(), b".")

    assert await anext(stream) == b"a"
    with pytest.raises(ValueError, match="broken"):
        await anext(stream)


async def test_an_error_before_the_first_block_is_raised(source):
    give(source, ValueError("broken"))

    with pytest.raises(ValueError, match="broken"):
        await anext(with_keepalive(source.blocks(), b"."))


async def test_a_reader_that_leaves_closes_the_source(source):
    stream = with_keepalive(source.blocks(), b".")
    reading = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await stream.aclose()

    assert source.closed


async def test_a_slow_reader_slows_the_source_down(source):
    give(source, *[b"x"] * 3 * MAX_QUEUED, None)
    stream = with_keepalive(source.blocks(), b".")

    first = await anext(stream)
    await until(lambda: source.taken >= MAX_QUEUED)
    for _ in range(10):
        await asyncio.sleep(0)
    assert source.taken <= 2 * MAX_QUEUED

    assert len(first) + len(b"".join([block async for block in stream])) == 3 * MAX_QUEUED
