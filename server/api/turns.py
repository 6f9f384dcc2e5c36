"""`POST /backend-api/v2/conversation`: one turn, answered in the form the client knows."""

import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from flask import Blueprint, Response, request

from g4f_lite.routing.model import Model
from server.api import freegpt
from server.api.bodies import ParamsBody, TurnBody, check_text
from server.api.operation import described
from server.current import rate_limits
from server.current.allowed_models import allowed_model, model_or_default
from server.current.person import user_id
from server.current.services import Services, services
from server.limits.quota import Slot
from server.problems import Problem
from server.store import Begun, NewTurn
from server.turns import events, replay
from server.turns.events import MIMETYPES, Form
from server.turns.prompt import prompt
from server.turns.question import Question
from server.turns.title import title_of
from server.turns.turn import Turn
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
    begun, turn = begin(body)
    if not turn:
        return _read(begun.answer.id, 0, html=body.render == "html")
    lines = replay.live(turn, turn.journal.base_seq, body.render == "html")
    return _stream(services(), lines)


def begin(body: TurnBody) -> tuple[Begun, Turn | None]:
    """Store what a turn begins with, and let it run. Returns: no turn where this message came before."""
    app, user = services(), user_id()
    model = allowed_model(body.model) if body.model else _remembered_model(app, user, body)
    new, slot = _new_turn(body, model), _slot(app, user, body)
    with slot:
        begun = app.store.begin_turn(user, new)
        if begun.repeated:
            return begun, None
        params = replace(ParamsBody(**begun.params).params(), stop=body.params.params().stop)
        messages, system = prompt(begun.path, body.action), begun.params.get("system", "")
        question = Question(model, messages, params, begun.state, system)
        turn = Turn(user, begun, question, question.answer())
        app.engine.start(turn, slot.detach())
    return begun, turn


def _slot(app: Services, user: str, body: TurnBody) -> Slot:
    """Return the right to run a turn; a message that came before needs none. Raises: Problem("rate_limited")."""
    try:
        return rate_limits.begin_turn()
    except Problem:
        if body.message and body.message.id and app.store.has_message(user, body.message.id):
            return Slot()
        raise


def _remembered_model(app: Services, user: str, body: TurnBody) -> Model:
    """Return what the conversation was asked last, where there is such a model still, or else the default one."""
    name = app.store.summary(user, body.conversation_id).model if body.conversation_id else None
    return model_or_default(name)


def _new_turn(body: TurnBody, model: Model) -> NewTurn:
    content, message_id = "", None
    if body.action == "send":
        if body.message is None:
            raise Problem("invalid_request", "message: field required.")
        content, message_id = body.message.content, body.message.id
        check_text(content)
    elif body.conversation_id is None:
        raise Problem("invalid_request", f"conversation_id: {body.action} needs one.")
    return NewTurn(
        action=body.action,
        model=model.name,
        conversation_id=body.conversation_id,
        parent_id=body.parent,
        message_id=message_id or str(uuid.uuid4()),
        content=content,
        answer_id=str(uuid.uuid4()),
        title=title_of(content),
        params=body.remembered,
    )


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
