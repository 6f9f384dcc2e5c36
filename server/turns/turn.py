"""One turn: a question and the answer as it arrives. The server owns it; browsers only read its journal."""

import asyncio
import logging
from contextlib import aclosing
from dataclasses import replace
from time import monotonic
from typing import Any, Literal, Protocol

from g4f_lite.errors import G4FLiteError
from g4f_lite.messages import estimate_tokens
from g4f_lite.pieces import Answering, Attempt, Content, Finish, Piece, Pieces, Reasoning, UpstreamState, Usage
from g4f_lite.routing.model import Model
from server.problems import BUG, ERROR_KINDS, INTERRUPTED, Problem
from server.store.records import Batch, Begun, Outcome, Status, StoredMessage
from server.turns import events
from server.turns.journal import Journal
from server.turns.live_html import LiveRendering

log = logging.getLogger(__name__)


class Asked(Protocol):
    """The question, as far as a turn needs it."""

    @property
    def model(self) -> Model: ...

    @property
    def tokens(self) -> int: ...


class Turn:
    """A running turn. Created in any thread; everything else happens on the event loop."""

    outcome: Outcome
    _last_line: str

    def __init__(self, user_id: str, begun: Begun, question: Asked, pieces: Pieces) -> None:
        """Write the `start` event. The question is already in the store. pieces: the reply."""
        self.user_id = user_id
        self.begun = begun
        self.message_id = begun.answer.id
        self.journal = Journal(user_id, self.message_id, begun.answer.last_seq)
        self.status: Status = "running"
        self.ended = asyncio.Event()
        self.problem: Problem | None = None
        """Why the turn failed or was interrupted; set at its end."""
        self.first_token_s: float | None = None
        """Seconds from the question to the start of the answer."""
        self._asked_at = self._attempted_at = monotonic()
        self._reasoning_until = 0.0
        self._question, self._pieces = question, pieces
        self._reply: asyncio.Task[None] | None = None
        self._ending: Literal["stopped", "interrupted"] | None = None
        self._last_batch: Batch | None = None
        self._content = [begun.answer.content]
        self._reasoning = [begun.answer.reasoning]
        self.content_seq = begun.answer.last_seq
        self.live_html = LiveRendering(self)
        self._attempts: list[dict[str, Any]] = []
        self._answering: dict[str, Any] | None = None
        self._usage: Usage | None = None
        self._state: dict[str, Any] | None = None
        self._finish_reason = "stop"
        self._write(
            "start",
            conversation_id=begun.conversation_id,
            user_message_id=begun.user_message_id,
            message_id=self.message_id,
            model=question.model.name,
        )

    @property
    def content(self) -> str:
        """The answer's text so far. From any thread, like `reasoning`."""
        return "".join(self._content)

    @property
    def reasoning(self) -> str:
        """The reasoning so far."""
        return "".join(self._reasoning)

    @property
    def so_far(self) -> StoredMessage:
        """The answer so far. From any thread."""
        return replace(
            self.begun.answer,
            content=self.content,
            reasoning=self.reasoning,
            status=self.status,
            provider=self._provider,
            answering=self._answering,
            attempts=list(self._attempts),
        )

    def seal(self) -> None:
        """Join the newest events into a batch, and the pieces of text into one, which takes less memory."""
        self.journal.seal()
        self._content = [self.content]
        self._reasoning = [self.reasoning]

    async def receive(self) -> None:
        """Receive the reply until it ends or `end` ends it; then `outcome` is set."""
        self._reply = asyncio.create_task(self._take_all())
        if self._ending:
            self._reply.cancel()
        await asyncio.wait((self._reply,))
        self._conclude(self._reply)

    def end(self, status: Literal["stopped", "interrupted"]) -> None:
        """Close the upstream call; `receive` then returns at once, with what has arrived."""
        self._ending = status
        if self._reply:
            self._reply.cancel()

    def last_batch(self) -> Batch:
        """Return all unsaved events with the last one. Every call returns the batch of the first."""
        self._last_batch = self._last_batch or self.journal.last_batch(self._last_line)
        return self._last_batch

    def publish_end(self, unsaved: Problem | None = None) -> None:
        """Publish the last event after the answer is saved; `unsaved` is why it could not be."""
        self.journal.append(self._error_line(unsaved) if unsaved else self._last_line, last=True)
        self.ended.set()

    def publish_loss(self) -> None:
        """Publish that the answer was cut off: another process has ended it in the store."""
        self.status = "interrupted"
        self.problem = Problem("stream_cut", ERROR_KINDS["stream_cut"].text)
        self.publish_end(self.problem)

    def _conclude(self, reply: "asyncio.Task[None]") -> None:
        self.problem = problem = self._judge(reply)
        self.live_html.complete()
        usage = self._usage_members() if self._answering else None
        if self.begun.is_new:
            self._write("title", title=self.begun.title)
        if usage:
            self._write("usage", **usage)
        reason = "stopped" if self.status == "stopped" else self._finish_reason
        self._last_line = self._error_line(problem) if problem else self._line("finish", reason=reason)
        self.outcome = Outcome(
            status=self.status,
            content=self.content,
            reasoning=self.reasoning,
            provider=self._provider,
            answering=self._answering,
            attempts=self._attempts,
            usage=usage,
            error=problem.as_dict() if problem else None,
            finish_reason=None if problem else reason,
            state=self._state if self.status == "complete" else None,
            last_seq=self.journal.last_seq + 1,
        )

    def _judge(self, reply: "asyncio.Task[None]") -> Problem | None:
        """Set the status from the reply's end, and return what went wrong."""
        if reply.cancelled():
            self.status = self._ending or "interrupted"
            return None if self.status == "stopped" else Problem("stream_cut", INTERRUPTED)
        if error := reply.exception():
            self.status = "failed"
            return _problem(error, self._question.model)
        self.status = "complete"
        return None

    async def _take_all(self) -> None:
        async with aclosing(self._pieces) as pieces:
            await self._take_each(pieces)

    async def _take_each(self, pieces: Pieces) -> None:
        journal = self.journal
        async for piece in pieces:
            if type(piece) is Content:  # nearly all of them
                text = _storable(piece.text)
                self._content.append(text)
                journal.append(events.content(journal.last_seq + 1, text))
                self.content_seq = journal.last_seq
            else:
                self._take(piece)

    def _take(self, piece: Piece | Answering) -> None:
        match piece:
            case Reasoning(text):
                text = _storable(text)
                self._reasoning_until = monotonic()
                self._reasoning.append(text)
                self.journal.append(events.reasoning(self.journal.last_seq + 1, text))
            case Answering():
                self.first_token_s = monotonic() - self._asked_at
                self._answering = _members(piece)
                self._write("provider", **self._answering)
            case Attempt(provider, error):
                self._attempted_at = monotonic()
                attempt = {"provider": provider, "error": Problem.of(error).as_dict()}
                self._attempts.append(attempt)
                self._write("attempt", **attempt)
            case Usage():
                self._usage = piece
            case UpstreamState(state):
                self._state = dict(state)
            case Finish(reason):
                self._finish_reason = reason

    @property
    def _provider(self) -> str | None:
        """The provider that answers, or that answered before the answer was continued."""
        return self._answering["provider"] if self._answering else self.begun.answer.provider

    def _write(self, type_: str, **members: Any) -> None:
        self.journal.append(self._line(type_, **members))

    def _line(self, type_: str, **members: Any) -> str:
        return events.event(self.journal.last_seq + 1, type_, members)

    def _error_line(self, problem: Problem) -> str:
        return self._line("error", error=problem.as_dict())

    def _usage_members(self) -> dict[str, Any]:
        usage, price = self._usage or self._estimate(), self._question.model.price
        cost = price and (usage.input_tokens * price.input + usage.output_tokens * price.output) / 1_000_000
        return {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cost": cost,
            "estimated": self._usage is None,
            **self._reasoning_members(),
        }

    def _reasoning_members(self) -> dict[str, Any]:
        """Return how long the model thought: from the request to the end of its reasoning."""
        if not self._reasoning_until:
            return {}
        return {"reasoning_s": max(1, round(self._reasoning_until - self._attempted_at))}

    def _estimate(self) -> Usage:
        before = self.begun.answer
        written = self.content[len(before.content) :] + self.reasoning[len(before.reasoning) :]
        return Usage(self._question.tokens, estimate_tokens(written))


def _members(answering: Answering) -> dict[str, Any]:
    """Return the members of the event `provider`."""
    members = {"provider": answering.provider, "label": answering.label, "model": answering.model}
    return {**members, "notices": list(answering.notices)} if answering.notices else members


def _storable(text: str) -> str:
    """Return the text without U+0000, which PostgreSQL cannot store."""
    return text.replace("\0", "\ufffd") if "\0" in text else text


def _problem(error: BaseException, model: Model) -> Problem:
    if isinstance(error, G4FLiteError):
        problem = Problem.of(error)
        log.warning("turn failed: %s, model %s, id %s: %s", problem.code, model.name, problem.id, problem.message)
        return problem
    problem = Problem("internal_error", BUG)
    log.error("turn failed by a bug, model %s, id %s", model.name, problem.id, exc_info=error)
    return problem
