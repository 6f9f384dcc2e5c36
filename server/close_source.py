"""Closes asynchronous sources, of which some have `aclose` and some do not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def closing(source: AsyncIterator[bytes]) -> AsyncIterator[AsyncIterator[bytes]]:
    """Close the source at the end of the block."""
    try:
        yield source
    finally:
        await close(source)


async def close(source: AsyncIterator[bytes]) -> None:
    """Close the source if it has `aclose`; iterators need not have it."""
    if aclose := getattr(source, "aclose", None):
        await aclose()
