"""Replies in the form of another API: streamed, or whole at their end."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flask import Response, request

from g4f_lite.decoding.call_assembler import JoinedCalls
from g4f_lite.errors import G4FLiteError
from g4f_lite.pieces import Answering, Content, Finish, FinishReason, Piece, Reasoning, ToolCalls, Usage
from server.compat.errors import Worded
from server.compat.keepalive import beating
from server.compat.stored import stored
from server.current import rate_limits
from server.current.person import someone
from server.current.services import services
from server.problems import Problem, note
from server.turns.events import MIMETYPES
from server.turns.question import Pieces, Question
from server.turns.relay import relayed
from server.web.streaming import Stream

JSON_OR_SSE = ("application/json", MIMETYPES["sse"])
"""How a reply is sent: whole, or streamed."""


@dataclass(slots=True)
class Reply:
    """What has come of a reply."""

    content: str = ""
    reasoning: str = ""
    reason: FinishReason = "stop"
    calls: JoinedCalls = field(default_factory=JoinedCalls)
    usage: Usage = field(default_factory=lambda: Usage(0, 0))


class Form(ABC):
    """How one reply is written. Each method returns the bytes to send, which may be none."""

    ping: ClassVar[bytes] = b": ping\n\n"

    @abstractmethod
    def opening(self) -> bytes: ...

    @abstractmethod
    def reasoning(self, text: str) -> bytes: ...

    @abstractmethod
    def content(self, text: str) -> bytes: ...

    def calling(self, parts: Sequence[Mapping[str, Any]]) -> bytes:
        """Return what tells of calls of tools; a form in which none can be offered has nothing to tell."""
        return b""

    @abstractmethod
    def closing(self, reason: FinishReason, usage: Usage) -> bytes: ...

    @abstractmethod
    def failure(self, problem: Worded) -> bytes:
        """Return what tells, behind the opening, that the rest of the reply will not come."""

    @abstractmethod
    def whole(self, reply: Reply) -> bytes:
        """Return a reply that is not streamed."""

    @abstractmethod
    def worded(self, problem: Problem) -> Worded:
        """Return a problem as the API's clients know it."""


def answer(question: Question, form: Form, *, stream: bool, store: bool) -> Response:
    """Answer. The headers wait for the first piece, so that a failure before it is a true status.

    store: whether it becomes part of the person's history.
    """
    rate_limits.count_turn()
    app = services()
    pieces = (stored if store else relayed)(app, someone(), question)
    if not stream:
        return Stream(_whole(pieces, form), loop=app.loop, waits=True, mimetype="application/json")
    source = beating(_streamed(pieces, form, f"{request.method} {request.path}"), form.ping)
    return Stream(source, loop=app.loop, waits=True, mimetype=MIMETYPES["sse"])


async def _streamed(pieces: Pieces, form: Form, asked: str) -> AsyncGenerator[bytes, None]:
    reply, begun = Reply(), False
    try:
        async with aclosing(pieces):
            async for piece in pieces:
                if block := _written(piece, form, reply):
                    begun = True
                    yield block
        last = form.closing(reply.reason, reply.usage)
    except (G4FLiteError, Problem) as error:
        problem = _worded(error, form)
        if not begun:
            raise problem from error
        note(problem, asked)
        last = form.failure(problem)
    yield last


def _written(piece: Piece | Answering, form: Form, reply: Reply) -> bytes:
    """Return what a piece is to the client now; what is for the end goes into the reply."""
    match piece:
        case Content(text):
            return form.content(text)
        case Reasoning(text):
            return form.reasoning(text)
        case ToolCalls(parts):
            return form.calling(parts)
        case Answering():
            return form.opening()
        case Finish(reason):
            reply.reason = reason
        case Usage():
            reply.usage = piece
    return b""


async def _whole(pieces: Pieces, form: Form) -> AsyncGenerator[bytes, None]:
    reply, contents, thoughts = Reply(), [""], [""]
    try:
        async with aclosing(pieces):
            async for piece in pieces:
                match piece:
                    case Content(text):
                        contents.append(text)
                    case Reasoning(text):
                        thoughts.append(text)
                    case ToolCalls(parts):
                        reply.calls.add(parts)
                    case Finish(reason):
                        reply.reason = reason
                    case Usage():
                        reply.usage = piece
    except (G4FLiteError, Problem) as error:
        raise _worded(error, form) from error
    reply.content, reply.reasoning = "".join(contents), "".join(thoughts)
    yield form.whole(reply)


def _worded(error: G4FLiteError | Problem, form: Form) -> Worded:
    return form.worded(error if isinstance(error, Problem) else Problem.of(error))
