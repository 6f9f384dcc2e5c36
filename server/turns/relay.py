"""Relays a provider's reply without storing it."""

import asyncio
from contextlib import aclosing
from time import monotonic

from g4f_lite.decoding.tool_calls import text_of_calls
from g4f_lite.messages import estimate_tokens
from g4f_lite.pieces import Answering, Content, Piece, Pieces, Reasoning, ToolCalls, Usage
from server.auth.person import Person
from server.config.limits import Limits
from server.limits.quota import Quota
from server.ops.turn_stats import TurnStats
from server.problems import Problem
from server.turns.in_flight import InFlight
from server.turns.question import Question

CUT_OFF = "The server stopped in the middle of this answer. Ask again."


class Tally:
    """Counts the tokens of a reply: as the service reports them, or else estimated."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._counted = Usage(0, 0)
        self._texts = [""]

    def take(self, piece: Piece | Answering) -> None:
        """Count a piece of the reply."""
        if type(piece) is Content or type(piece) is Reasoning:  # nearly all of them
            self._texts.append(piece.text)
        elif isinstance(piece, ToolCalls):
            self._texts.append(text_of_calls(piece.parts))
        elif isinstance(piece, Answering):
            self._counted = Usage(self._question.tokens, 0)
        elif isinstance(piece, Usage):
            self._counted, self._texts = piece, []

    @property
    def usage(self) -> Usage:
        """The tokens so far."""
        return Usage(self._counted.input_tokens, self._counted.output_tokens + estimate_tokens("".join(self._texts)))


class Relay:
    """Relays replies. `in_flight` counts them, so that a stop of the server can wait for them, and end them."""

    def __init__(self, quota: Quota, stats: TurnStats) -> None:
        self.in_flight = InFlight()
        self._quota = quota
        self._stats = stats

    async def reply(self, limits: Limits, person: Person, question: Question) -> Pieces:
        """Yield the pieces of a reply, and as the last one its usage, estimated if the service did not count.

        Raises: G4FLiteError, Problem.
        """
        outcome, tally, started = "failed", Tally(question), monotonic()
        with self.in_flight.track(), self._quota.take_slot(limits, person) as slot:
            try:
                async with self.in_flight.abortable(), aclosing(question.answer()) as pieces:
                    async for piece in pieces:
                        tally.take(piece)
                        if isinstance(piece, Answering):
                            self._stats.first_tokens.add(monotonic() - started)
                        if not isinstance(piece, Usage):
                            yield piece
                outcome = "complete"
            except TimeoutError:
                raise Problem("stream_cut", CUT_OFF) from None
            except (GeneratorExit, asyncio.CancelledError):  # the reader has left
                outcome = "stopped"
                raise
            finally:
                usage = tally.usage
                self._stats.count("relayed", outcome, usage.input_tokens, usage.output_tokens)
                slot.release(usage.input_tokens + usage.output_tokens)
            yield usage
