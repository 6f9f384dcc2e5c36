"""Answers in the format of another API, streamed or complete."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flask import Response, request

from g4f_lite.decoding.call_assembler import JoinedCalls
from g4f_lite.errors import G4FLiteError
from g4f_lite.pieces import Answering, Content, Finish, FinishReason, Piece, Reasoning, ToolCalls, Usage
from server.compat.api_errors import ApiError
from server.compat.keepalive import with_keepalive
from server.compat.stored import relayed, stored
from server.current import rate_limits
from server.current.identity import current_person
from server.current.services import services
from server.problems import Problem, note
from server.turns.events import MIMETYPES
from server.turns.question import Pieces, Question
from server.web.streaming import Stream

JSON_OR_SSE = ("application/json", MIMETYPES["sse"])
"""The types of a reply: complete, or streamed."""


@dataclass(slots=True)
class CollectedReply:
    """The parts of a reply, put together."""

    content: str = ""
    reasoning: str = ""
    reason: FinishReason = "stop"
    calls: JoinedCalls = field(default_factory=JoinedCalls)
    usage: Usage = field(default_factory=lambda: Usage(0, 0))


class ReplyWriter(ABC):
    """Writes one reply in the format of an API. Each method returns the bytes to send, which may be none."""

    ping: ClassVar[bytes] = b": ping\n\n"

    @abstractmethod
    def start(self) -> bytes: ...

    @abstractmethod
    def reasoning(self, text: str) -> bytes: ...

    @abstractmethod
    def content(self, text: str) -> bytes: ...

    def tool_calls(self, parts: Sequence[Mapping[str, Any]]) -> bytes:
        """Return the parts of tool calls; nothing in an API without tools."""
        return b""

    @abstractmethod
    def end(self, reason: FinishReason, usage: Usage) -> bytes: ...

    @abstractmethod
    def error(self, problem: ApiError) -> bytes:
        """Return the error that ends a stream after its start."""

    @abstractmethod
    def complete(self, reply: CollectedReply) -> bytes:
        """Return a complete reply, which is not streamed."""

    @abstractmethod
    def api_error(self, problem: Problem) -> ApiError:
        """Return a problem in the shape of the API."""


def answer(question: Question, writer: ReplyWriter, *, stream: bool, store: bool) -> Response:
    """Answer a question. The headers wait for the first piece, so a failure before it gets a real status.

    store: whether the question and the answer become part of the person's history.
    """
    rate_limits.count_turn()
    app = services()
    pieces = (stored if store else relayed)(app, current_person(), question)
    if not stream:
        return Stream(_complete(pieces, writer), loop=app.loop, waits=True, mimetype="application/json")
    source = with_keepalive(_streamed(pieces, writer, f"{request.method} {request.path}"), writer.ping)
    return Stream(source, loop=app.loop, waits=True, mimetype=MIMETYPES["sse"])


async def _streamed(pieces: Pieces, writer: ReplyWriter, asked: str) -> AsyncGenerator[bytes, None]:
    reply, begun = CollectedReply(), False
    try:
        async with aclosing(pieces):
            async for piece in pieces:
                if block := _write(piece, writer, reply):
                    begun = True
                    yield block
        last = writer.end(reply.reason, reply.usage)
    except (G4FLiteError, Problem) as error:
        problem = _api_error(error, writer)
        if not begun:
            raise problem from error
        note(problem, asked)
        last = writer.error(problem)
    yield last


def _write(piece: Piece | Answering, writer: ReplyWriter, reply: CollectedReply) -> bytes:
    """Return the bytes of a piece. What belongs at the end is kept in `reply`."""
    match piece:
        case Content(text):
            return writer.content(text)
        case Reasoning(text):
            return writer.reasoning(text)
        case ToolCalls(parts):
            return writer.tool_calls(parts)
        case Answering():
            return writer.start()
        case Finish(reason):
            reply.reason = reason
        case Usage():
            reply.usage = piece
    return b""


async def _complete(pieces: Pieces, writer: ReplyWriter) -> AsyncGenerator[bytes, None]:
    reply, contents, thoughts = CollectedReply(), [""], [""]
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
        raise _api_error(error, writer) from error
    reply.content, reply.reasoning = "".join(contents), "".join(thoughts)
    yield writer.complete(reply)


def _api_error(error: G4FLiteError | Problem, writer: ReplyWriter) -> ApiError:
    return writer.api_error(error if isinstance(error, Problem) else Problem.of(error))
