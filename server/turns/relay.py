"""Replies that are passed on as they come and not stored."""

import asyncio
from contextlib import aclosing
from time import monotonic

from g4f_lite.decoding.tool_calls import said_in
from g4f_lite.pieces import Answering, Content, Piece, Reasoning, ToolCalls, Usage
from g4f_lite.tokens import estimate
from server.auth.person import Person
from server.current.services import Services
from server.problems import Problem
from server.turns.question import Pieces, Question

CUT_OFF = "The server was stopped in the middle of this answer. Ask again."


class Tally:
    """What a reply takes: as the service counts it, or estimated where it does not."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._counted = Usage(0, 0)
        self._said = [""]

    def take(self, piece: Piece | Answering) -> None:
        """Count a piece."""
        if type(piece) is Content or type(piece) is Reasoning:  # nearly all of them
            self._said.append(piece.text)
        elif isinstance(piece, ToolCalls):
            self._said.append(said_in(piece.parts))
        elif isinstance(piece, Answering):
            self._counted = Usage(self._question.tokens, 0)
        elif isinstance(piece, Usage):
            self._counted, self._said = piece, []

    @property
    def usage(self) -> Usage:
        """So far."""
        return Usage(self._counted.input_tokens, self._counted.output_tokens + estimate("".join(self._said)))


async def relayed(app: Services, person: Person, question: Question) -> Pieces:
    """Yield the pieces of a reply, and as the last one what it took, estimated where nobody counted.

    A stop of the server waits for it, a while. Raises: G4FLiteError, Problem.
    """
    outcome, tally = "failed", Tally(question)
    figures, began = app.engine.figures, monotonic()
    with app.relayed.one(), app.quota.take_slot(app.config.limits, person) as slot:
        try:
            async with app.relayed.until_cut_off(), aclosing(question.answer()) as pieces:
                async for piece in pieces:
                    tally.take(piece)
                    if isinstance(piece, Answering):
                        figures.first_tokens.add(monotonic() - began)
                    if not isinstance(piece, Usage):
                        yield piece
            outcome = "complete"
        except TimeoutError:
            raise Problem("stream_cut", CUT_OFF) from None
        except (GeneratorExit, asyncio.CancelledError):  # who asked has left
            outcome = "stopped"
            raise
        finally:
            usage = tally.usage
            figures.ended("relayed", outcome, usage.input_tokens, usage.output_tokens)
            slot.release(usage.input_tokens + usage.output_tokens)
        yield usage
