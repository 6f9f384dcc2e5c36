"""Replies that are passed on as they come and not stored: nothing but text, as freegpt-webui wants it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from time import monotonic

from g4f_lite.catalog import Model
from g4f_lite.messages import Message, Params
from g4f_lite.pieces import Content, Usage
from g4f_lite.router import Answering, answer
from server.services import Services


async def relayed(here: Services, model: Model, messages: list[Message]) -> AsyncGenerator[bytes, None]:
    """Yield the text of a reply piece by piece; a stop of the server waits for it. Raises: G4FLiteError."""
    outcome, usage = "failed", Usage(0, 0)
    figures, began = here.engine.figures, monotonic()
    with here.relayed.one():
        try:
            async with aclosing(answer(model, messages, Params())) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Content):
                        yield piece.text.encode()
                    elif isinstance(piece, Answering):
                        figures.first_tokens.add(monotonic() - began)
                    elif isinstance(piece, Usage):
                        usage = piece
            outcome = "complete"
        except (GeneratorExit, asyncio.CancelledError):  # who asked has left
            outcome = "stopped"
            raise
        finally:
            figures.ended("relayed", outcome, usage.input_tokens, usage.output_tokens)
