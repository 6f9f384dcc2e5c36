"""A generator that runs in a task of its own, for readers who may leave without a word."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _End:
    error: Exception | None = None


async def in_own_task(source: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """Yield what the source does, and fail as it does.

    A loop that ends waits for each task until it has cleaned up. Generators inside of each other it closes all at once,
    so that the outer ones find the inner ones busy, and what they hold stays open.
    """
    queue: asyncio.Queue[T | _End] = asyncio.Queue(1)
    task = asyncio.get_running_loop().create_task(_pour(source, queue))
    try:
        while not isinstance(one := await queue.get(), _End):
            yield one
        if one.error:
            raise one.error
    finally:
        if not task.cancelling():  # a second time would disturb it while it cleans up
            task.cancel()
        await asyncio.wait([task])


async def _pour(source: AsyncGenerator[T, None], queue: asyncio.Queue[T | _End]) -> None:
    async with aclosing(source):
        try:
            async for one in source:
                await queue.put(one)
        except Exception as error:
            await queue.put(_End(error))
        else:
            await queue.put(_End())
