"""`POST /backend-api/v2/conversation`: one turn, answered in the form the client knows."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from flask import Blueprint, Response, request

from server.api import freegpt
from server.api.bodies import TurnBody
from server.api.operation import described
from server.current.begin_turn import begin_turn, requested_model
from server.current.identity import user_id
from server.current.services import Services, services
from server.problems import Problem
from server.turns import events, replay
from server.turns.events import MIMETYPES, Form
from server.web.request_json import check_json, parse_json, validate
from server.web.streaming import Stream

conversation = Blueprint("conversation", __name__, url_prefix="/backend-api/v2")

EVENT_TYPES = tuple(MIMETYPES.values())
EVENTS_QUERY = {"after": {"type": "integer", "minimum": 0}, "render": {"type": "string", "enum": ["html"]}}
ELSEWHERE_S = 2
"""How long to wait for a turn that the store calls running and that is not here yet: it is just being started."""


@conversation.post("/conversation")
@described(TurnBody, freegpt.FreegptBody, content_types=(*EVENT_TYPES, "text/plain"))
def converse() -> Response:
    """Run one turn. Both bodies, native and freegpt-webui's, are told apart by `meta`."""
    body = parse_json(request)
    if "meta" in body:
        return freegpt.answer(body)
    check_json(body)
    return _answer_native(validate(body, TurnBody))


@conversation.get("/messages/<message_id>/events")
@described(
    query={"after": {"type": "integer", "minimum": 0}, "render": {"type": "string", "enum": ["html"]}},
    content_types=EVENT_TYPES,
)
def message_events(message_id: str) -> Response:
    """Read an answer's events behind `after`, live until its end."""
    try:
        after = int(request.args.get("after", "0"))
    except ValueError:
        after = -1
    if after < 0 or request.args.get("render", "html") != "html":
        raise Problem("invalid_request", "after must be the seq of an event, or 0; render can only be html.")
    if services().store.message(user_id(), message_id).role != "assistant":
        raise Problem("unknown_message", "There is no such answer.")
    return _read(message_id, after, html="render" in request.args)


@conversation.post("/messages/<message_id>/stop")
def stop(message_id: str) -> dict[str, str]:
    """End a turn and its upstream call; answer once it has ended."""
    app, user = services(), user_id()
    turn = app.engine.stop(user, message_id)
    return {"id": message_id, "status": turn.status if turn else app.store.message(user, message_id).status}


def _answer_native(body: TurnBody) -> Response:
    begun, turn = begin_turn(requested_model(body.model, body.conversation_id), body.request())
    if not turn:
        return _read(begun.answer.id, 0, html=body.render == "html")
    lines = replay.live(turn, turn.journal.base_seq, body.render == "html")
    return _stream(services(), lines)


def _read(message_id: str, after: int, *, html: bool) -> Response:
    """Stream an answer's events, wherever it is: running, just being started, or in the store."""
    app, user = services(), user_id()
    give_up = time.monotonic() + ELSEWHERE_S
    while True:
        if turn := app.engine.find(user, message_id):
            return _stream(app, replay.live(turn, after, html))
        message = app.store.message(user, message_id)
        if message.status != "running":
            lines = replay.ended(message, app.store.batches(user, message_id, after), after, html)
            return _stream(app, _all_at_once(lines))
        if time.monotonic() > give_up:
            raise Problem("conflict", "Another process of this server is writing this answer; reload once it is done.")
        time.sleep(ELSEWHERE_S / 40)


async def _all_at_once(lines: list[str]) -> AsyncGenerator[str, None]:
    yield "".join(lines)


def _stream(app: Services, lines: AsyncGenerator[str, None]) -> Response:
    wants_sse = any(kind.lower() == MIMETYPES["sse"] and wish > 0 for kind, wish in request.accept_mimetypes)
    form: Form = "sse" if wants_sse else "ndjson"
    return Stream(_encoded(app, lines, form), loop=app.loop, mimetype=MIMETYPES[form])


async def _encoded(app: Services, lines: AsyncGenerator[str, None], form: Form) -> AsyncGenerator[bytes, None]:
    with app.streams.track():
        async with aclosing(lines):
            async for some in lines:
                if some:
                    yield events.encode(some, form)
