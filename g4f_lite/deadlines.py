"""How long a reply may keep a person waiting."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from g4f_lite.errors import UpstreamTimeoutError
from g4f_lite.pieces import Piece
from g4f_lite.settings import Timeout


async def within(limits: Timeout, provider: str, pieces: AsyncGenerator[Piece, None]) -> AsyncGenerator[Piece, None]:
    """Yield the pieces as they come, and close their source when the next one takes too long.

    The time the reader takes between two pieces does not count against the silence, only against the whole.
    Raises: UpstreamTimeoutError, with the limit that was met in its sentence.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + limits.total
    begun = False
    async with aclosing(pieces):
        while True:
            deadline = min(clock() + (limits.idle if begun else limits.first), end)
            try:
                async with asyncio.timeout_at(deadline):
                    piece = await anext(pieces)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise UpstreamTimeoutError(_sentence(limits, provider, begun, clock() >= end)) from error
            yield piece
            begun = True


def _sentence(limits: Timeout, provider: str, begun: bool, was_total: bool) -> str:
    if was_total:
        return f"{provider} did not finish within {limits.total:g} seconds (timeout.total); ask for less at a time."
    if not begun:
        return f"{provider} did not begin to answer within {limits.first:g} seconds; try again or pick another model."
    return f"{provider} fell silent for {limits.idle:g} seconds in the middle of its answer; continue or try again."
