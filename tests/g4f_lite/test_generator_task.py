"""A generator in its own task yields like its source, and releases everything however its reader stops."""

import asyncio
from contextlib import aclosing

import pytest

from g4f_lite.generator_task import in_own_task


class Source:
    """Counts, from inside of two generators that clean up slowly. `log`: what happened."""

    def __init__(self, size=3, error=None):
        self.log = []
        self._size = size
        self._error = error

    async def outer(self):
        try:
            async with aclosing(self._inner()) as numbers:
                async for number in numbers:
                    yield number
        finally:
            await asyncio.sleep(0)
            self.log.append("outer closed")

    async def _inner(self):
        try:
            for number in range(self._size):
                self.log.append(number)
                yield number
            if self._error:
                raise self._error
        finally:
            await asyncio.sleep(0)
            self.log.append("inner closed")


CLOSED = ["inner closed", "outer closed"]


async def test_everything_comes_in_order():
    source = Source()

    assert [number async for number in in_own_task(source.outer())] == [0, 1, 2]
    assert source.log == [0, 1, 2, *CLOSED]


async def test_a_failure_comes_after_what_came_before():
    error = ValueError("x")
    numbers = in_own_task(Source(2, error).outer())

    assert [await anext(numbers), await anext(numbers)] == [0, 1]
    with pytest.raises(ValueError) as caught:
        await anext(numbers)
    assert caught.value is error


async def test_nothing_is_asked_of_the_source_before_the_reader_asks():
    source = Source()
    numbers = in_own_task(source.outer())
    await asyncio.sleep(0)

    await numbers.aclose()
    assert source.log == []


async def test_the_source_does_not_run_far_ahead_of_a_slow_reader():
    source = Source(100)
    async with aclosing(in_own_task(source.outer())) as numbers:
        await anext(numbers)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(source.log) <= 3


async def test_closing_returns_when_the_source_is_closed():
    source = Source()
    numbers = in_own_task(source.outer())
    await anext(numbers)

    await numbers.aclose()

    assert source.log[-2:] == CLOSED


async def test_a_cancelled_reader_closes_the_source():
    source = Source()

    async def reading():
        async for _ in in_own_task(source.outer()):
            await asyncio.Event().wait()

    task = asyncio.create_task(reading())
    while not source.log:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    while "outer closed" not in source.log:
        await asyncio.sleep(0)

    assert source.log[-2:] == CLOSED


@pytest.mark.parametrize("steps", [0, 20])
def test_a_reader_that_leaves_without_a_word_lets_go_of_everything(steps):
    """steps: how long the loop goes on after that."""
    source = Source()

    async def leaving():
        async for _ in in_own_task(source.outer()):
            break
        for _ in range(steps):
            await asyncio.sleep(0)

    asyncio.run(leaving())

    assert source.log[-2:] == CLOSED
