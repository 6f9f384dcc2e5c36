"""Answers a question in the format of another API, streamed or complete."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from flask import Response, request

from g4f_lite.errors import G4FLiteError
from g4f_lite.pieces import Answering, Content, Finish, Piece, Pieces, Reasoning, ToolCalls, Usage
from server.compat.api_errors import ApiError
from server.compat.keepalive import with_keepalive
from server.compat.reply_writer import CollectedReply, ReplyWriter
from server.compat.stored import relayed, stored
from server.current import rate_limits
from server.current.identity import current_person
from server.current.services import services
from server.problems import Problem, log_problem
from server.turns.events import MIMETYPES
from server.turns.question import Question
from server.web.streaming import Stream

JSON_OR_SSE = ("application/json", MIMETYPES["sse"])
"""The types of a reply: complete, or streamed."""


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
        log_problem(problem, asked)
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
