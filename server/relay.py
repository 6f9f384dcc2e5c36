"""Replies that are passed on as they come and not stored: nothing but text, as freegpt-webui wants it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from time import monotonic

from g4f_lite.catalog import Model
from g4f_lite.messages import Message, Params
from g4f_lite.pieces import Content, Usage
from g4f_lite.router import Answering, answer
from g4f_lite.tokens import estimate
from server.services import Services


async def relayed(here: Services, user_id: str, model: Model, messages: list[Message]) -> AsyncGenerator[bytes, None]:
    """Yield the text of a reply piece by piece; a stop of the server waits for it. Raises: G4FLiteError, Problem."""
    outcome, usage, said = "failed", Usage(0, 0), [""]
    figures, began = here.engine.figures, monotonic()
    with here.relayed.one(), here.allowance.take_place(here.config.limits, user_id) as place:
        try:
            async with aclosing(answer(model, messages, Params())) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Content):
                        said.append(piece.text)
                        yield piece.text.encode()
                    elif isinstance(piece, Answering):
                        figures.first_tokens.add(monotonic() - began)
                        usage = Usage(sum(estimate(message.content) for message in messages), 0)
                    elif isinstance(piece, Usage):
                        usage, said = piece, []
            outcome = "complete"
        except (GeneratorExit, asyncio.CancelledError):  # who asked has left
            outcome = "stopped"
            raise
        finally:
            output_tokens = usage.output_tokens + estimate("".join(said))
            figures.ended("relayed", outcome, usage.input_tokens, output_tokens)
            place.leave(usage.input_tokens + output_tokens)
