"""Replies that are passed on as they come and not stored."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from time import monotonic

from g4f_lite.catalog import Model
from g4f_lite.messages import Message, Params
from g4f_lite.pieces import Content, Piece, Reasoning, ToolCalls, Usage
from g4f_lite.router import Answering, answer
from g4f_lite.tokens import estimate
from g4f_lite.tool_calls import said_in
from server.identity import Person
from server.services import Services

Pieces = AsyncGenerator[Piece | Answering, None]


async def relayed(
    here: Services, person: Person, model: Model, messages: Sequence[Message], params: Params | None = None
) -> Pieces:
    """Yield the pieces of a reply, and as the last one what it took, estimated where nobody counted.

    A stop of the server waits for it. Raises: G4FLiteError, Problem.
    """
    outcome, usage, said = "failed", Usage(0, 0), [""]
    figures, began = here.engine.figures, monotonic()
    with here.relayed.one(), here.allowance.take_place(here.config.limits, person) as place:
        try:
            async with aclosing(answer(model, messages, params or Params())) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Usage):
                        usage, said = piece, []
                        continue
                    if isinstance(piece, Content | Reasoning):
                        said.append(piece.text)
                    elif isinstance(piece, ToolCalls):
                        said.append(said_in(piece.parts))
                    elif isinstance(piece, Answering):
                        figures.first_tokens.add(monotonic() - began)
                        usage = Usage(asked(messages, params), 0)
                    yield piece
            outcome = "complete"
        except (GeneratorExit, asyncio.CancelledError):  # who asked has left
            outcome = "stopped"
            raise
        finally:
            usage = Usage(usage.input_tokens, usage.output_tokens + estimate("".join(said)))
            figures.ended("relayed", outcome, usage.input_tokens, usage.output_tokens)
            place.leave(usage.input_tokens + usage.output_tokens)
        yield usage


def asked(messages: Sequence[Message], params: Params | None = None) -> int:
    """Return how many tokens a question may have, with the tools and the calls that go with it."""
    extras = [*(message.extra for message in messages), params.extra if params else {}]
    written = (json.dumps(extra, ensure_ascii=False) for extra in extras if extra)
    return sum(estimate(text) for text in (*(message.content for message in messages), *written))
