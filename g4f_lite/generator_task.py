"""Runs a generator in its own task, for readers that may stop without closing it."""

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
    """Yield the items of the source, and raise its errors.

    A loop that ends waits until each task has cleaned up. But it closes nested generators all at once, so that the
    outer ones find the inner ones busy, and leave connections open.
    """
    queue: asyncio.Queue[T | _End] = asyncio.Queue(1)
    task = asyncio.get_running_loop().create_task(_pour(source, queue))
    try:
        while not isinstance(item := await queue.get(), _End):
            yield item
        if item.error:
            raise item.error
    finally:
        if not task.cancelling():  # a second cancellation would interrupt its cleanup
            task.cancel()
        await asyncio.wait([task])


async def _pour(source: AsyncGenerator[T, None], queue: asyncio.Queue[T | _End]) -> None:
    async with aclosing(source):
        try:
            async for item in source:
                await queue.put(item)
        except Exception as error:
            await queue.put(_End(error))
        else:
            await queue.put(_End())
