"""`POST /backend-api/v2/conversation`: runs a turn and streams its events, as NDJSON or as server-sent events."""

import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any

from flask import Blueprint, Response, request

from server.api import freegpt
from server.api.bodies import TurnBody
from server.api.openapi_operation import described
from server.current.identity import user_id
from server.current.services import Services, services
from server.current.start_turn import requested_model, start_turn
from server.problems import Problem
from server.turns import events, replay
from server.turns.ended_answer import ended_answer
from server.turns.events import MIMETYPES, StreamFormat
from server.web.request_json import check_json, parse_json, validate
from server.web.streaming import Stream

turns = Blueprint("turns", __name__, url_prefix="/backend-api/v2")

EVENT_TYPES = tuple(MIMETYPES.values())
EVENTS_QUERY: dict[str, dict[str, Any]] = {
    "after": {"type": "integer", "minimum": 0},
    "render": {"type": "string", "enum": ["html"]},
}
START_WAIT_S = 2
"""How long to wait for a turn that is running in the store but not in memory: it is just being started."""


@turns.post("/conversation")
@described(TurnBody, freegpt.FreegptBody, content_types=(*EVENT_TYPES, "text/plain"))
def run_turn() -> Response:
    """Run one turn. A body with `meta` is one of freegpt-webui."""
    body = parse_json(request)
    if "meta" in body:
        return freegpt.answer(body)
    check_json(body)
    return _answer_native(validate(body, TurnBody))


@turns.get("/messages/<message_id>/events")
@described(query=EVENTS_QUERY, content_types=EVENT_TYPES)
def message_events(message_id: str) -> Response:
    """Stream the events of an answer after `after`, live until its end."""
    try:
        after = int(request.args.get("after", "0"))
    except ValueError:
        after = -1
    if after < 0 or request.args.get("render", "html") != "html":
        raise Problem("invalid_request", "after must be the seq of an event, or 0; render can only be html.")
    if services().store.message(user_id(), message_id).role != "assistant":
        raise Problem("unknown_message", "This answer does not exist.")
    return _read(message_id, after, html="render" in request.args)


@turns.post("/messages/<message_id>/stop")
def stop(message_id: str) -> dict[str, str]:
    """Stop a turn and its upstream request. The response waits until it has ended."""
    app, user = services(), user_id()
    turn = app.engine.stop(user, message_id)
    return {"id": message_id, "status": turn.status if turn else app.store.message(user, message_id).status}


def _answer_native(body: TurnBody) -> Response:
    begun, turn = start_turn(requested_model(body.model, body.conversation_id), body.request())
    if not turn:
        return _read(begun.answer.id, 0, html=body.render == "html")
    lines = replay.live(turn, turn.journal.base_seq, body.render == "html")
    return _stream(services(), lines)


def _read(message_id: str, after: int, *, html: bool) -> Response:
    """Stream the events of an answer that is running, just being started, or stored."""
    app, user = services(), user_id()
    give_up = time.monotonic() + START_WAIT_S
    while True:
        if turn := app.engine.find(user, message_id):
            return _stream(app, replay.live(turn, after, html))
        message = app.store.message(user, message_id)
        if message.status != "running":
            return _stream(app, _each(ended_answer(app.store, user, message).lines(after, html)))
        if time.monotonic() > give_up:
            raise Problem(
                "conflict", "Another process of this server is writing this answer. Reload once it is complete."
            )
        time.sleep(START_WAIT_S / 40)


async def _each(slices: Iterator[str]) -> AsyncGenerator[str, None]:
    for text in slices:
        yield text


def _stream(app: Services, lines: AsyncGenerator[str, None]) -> Response:
    """Stream the lines in the format that the Accept header asks for; NDJSON unless it names server-sent events."""
    wants_sse = any(type_.lower() == MIMETYPES["sse"] and quality > 0 for type_, quality in request.accept_mimetypes)
    format_: StreamFormat = "sse" if wants_sse else "ndjson"
    return Stream(_encoded(app, lines, format_), loop=app.loop, mimetype=MIMETYPES[format_])


async def _encoded(
    app: Services, lines: AsyncGenerator[str, None], format_: StreamFormat
) -> AsyncGenerator[bytes, None]:
    with app.streams.track():
        async with aclosing(lines):
            begins_line = True
            async for text in lines:
                if text:
                    yield events.encode(text, format_, begins_line=begins_line)
                    begins_line = text.endswith("\n")
