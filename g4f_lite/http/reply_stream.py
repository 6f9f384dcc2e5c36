"""From the body of a response to the pieces of a reply, as the bytes arrive."""

import asyncio
from collections.abc import AsyncGenerator

import aiohttp

from g4f_lite.decoding.reply_decoder import ReplyDecoder
from g4f_lite.errors import StreamCutError
from g4f_lite.http.liveness import bytes_arrived
from g4f_lite.http.transport import reading
from g4f_lite.pieces import Piece

DRAIN_S = 0.1
"""How long the rest of a body may take after the end of its reply; a new connection with TLS takes about as long."""


async def decode_reply(response: aiohttp.ClientResponse, decoder: ReplyDecoder) -> AsyncGenerator[Piece, None]:
    """Yield the pieces of a reply as its bytes arrive, and leave the connection fit for the next request.

    Raises: UpstreamError, after the pieces that came before it.
    """
    try:
        with reading(decoder.provider):
            async for block in response.content.iter_any():
                bytes_arrived()
                for piece in decoder.feed(block):
                    yield piece
                if decoder.is_over:
                    break
    except StreamCutError:
        if not decoder.has_finished:
            for piece in decoder.rest():
                yield piece
            raise
    for piece in decoder.end():
        yield piece
    await _drain(response)


async def _drain(response: aiohttp.ClientResponse) -> None:
    """Read the rest of the body, so that its connection can be used again; give up after DRAIN_S."""
    try:
        async with asyncio.timeout(DRAIN_S):
            async for _ in response.content.iter_any():
                pass
    except (aiohttp.ClientError, OSError):
        pass  # the connection is closed instead
