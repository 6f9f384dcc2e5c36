"""The addresses that freegpt-webui's page uses: answers as raw text, and the language of the page.

Source: https://github.com/ramonvc/freegpt-webui, client/js/chat.js and client/js/change-language.js
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, Literal

from flask import Blueprint, Response, request, url_for
from pydantic import AfterValidator, Field

from g4f_lite.messages import Message, Params
from g4f_lite.pieces import Content, Pieces
from server.api.bodies import check_length, check_text
from server.api.openapi_operation import described
from server.current import rate_limits
from server.current.allowed_models import allowed_model
from server.current.identity import current_person
from server.current.services import services
from server.problems import Problem
from server.turns.prompt import in_turns
from server.turns.question import Question
from server.web.i18n import closest_language, language
from server.web.preferences import LANGUAGES, set_preferences
from server.web.request_json import Body, read_json, replace_invalid_characters, validate
from server.web.streaming import Stream

freegpt = Blueprint("freegpt", __name__)


def _known_language(tag: str) -> str:
    if found := closest_language(tag):
        return found
    raise ValueError(f"must be one of {', '.join(LANGUAGES)}")


class FreegptMessage(Body):
    role: Literal["system", "user", "assistant"]
    content: str | None = None


class FreegptContent(Body):
    conversation: list[FreegptMessage] = Field(default_factory=list)
    parts: Annotated[list[FreegptMessage], Field(min_length=1)]


class FreegptMeta(Body):
    content: FreegptContent


class FreegptBody(Body):
    """The history, and the question as the last part. Other fields that the page sends are ignored."""

    model: str
    meta: FreegptMeta

    def messages(self) -> list[Message]:
        sent = [*self.meta.content.conversation, *self.meta.content.parts]
        return [Message(message.role, message.content or "") for message in sent]


class LanguageBody(Body):
    language: Annotated[str, AfterValidator(_known_language)]


def answer(parsed: dict[str, Any]) -> Response:
    """Answer with raw text, and store nothing. The headers wait for the first piece."""
    # the page splits characters of an answer into `\u0000` and `\ud83d`, and sends them in every later request
    replace_invalid_characters(parsed)
    body = validate(parsed, FreegptBody)
    app, messages = services(), body.messages()
    for message in messages:
        check_length(message.content)
    if messages[-1].role != "user":
        raise Problem("invalid_request", "meta.content.parts: the last part must be the user's question.")
    check_text(messages[-1].content)
    model = allowed_model(body.model)
    rate_limits.count_turn()
    reply = app.relay.reply(app.config.limits, current_person(), Question(model, in_turns(messages), Params()))
    return Stream(_texts(reply), loop=app.loop, waits=True, mimetype="text/plain")


@freegpt.get("/get-languages")
def languages() -> list[str]:
    """List the languages of the page."""
    return list(LANGUAGES)


@freegpt.get("/get-locale")
@described(content_types=("text/plain",))
def locale() -> Response:
    """Return the language in use."""
    return Response(language(), mimetype="text/plain")


@freegpt.post("/change-language")
@described(LanguageBody, status=204)
def change_language() -> Response:
    """Set the language, as the settings do. `en_US` is accepted as `en`."""
    body = validate(read_json(request), LanguageBody)
    response = Response(status=204)
    set_preferences(response, {"language": body.language}, url_for("chat.root"))
    return response


async def _texts(pieces: Pieces) -> AsyncGenerator[bytes, None]:
    async with aclosing(pieces):
        async for piece in pieces:
            if isinstance(piece, Content):
                yield piece.text.encode()
