"""`/backend-api/v2/openapi.json`: what programs can ask, from the routes there are and the shapes of their bodies."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from flask import Blueprint, current_app
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from server.api.freegpt import FreegptBody, LanguageBody
from server.compat.anthropic.body import CountBody, MessagesBody
from server.compat.openai.body import ChatBody, TextBody
from server.current.person import open_to_all
from server.current.services import services
from server.current.sign_in import APIS
from server.ops.version import version
from server.problems import ERROR_KINDS
from server.turns.events import MIMETYPES
from server.web.bodies import Body, ChangeBody, ForkBody, PresetBody, TurnBody, UndoBody, VersionBody

openapi = Blueprint("openapi", __name__, url_prefix="/backend-api/v2")

DESCRIBED = (*APIS, "/healthz", "/readyz")
LEFT_OUT = {"live.live"}
"""A WebSocket, which such a description has no words for."""
PLACE = re.compile(r"<(?:path:)?(\w+)>")
REFERENCE = "#/components/schemas/{model}"

BODIES: dict[str, tuple[type[Body], ...]] = {
    "conversation.converse": (TurnBody, FreegptBody),
    "freegpt.change_language": (LanguageBody,),
    "api.change_conversation": (ChangeBody,),
    "messages.bring_back": (UndoBody,),
    "messages.add_version": (VersionBody,),
    "messages.fork": (ForkBody,),
    "presets.add": (PresetBody,),
    "presets.replace": (PresetBody,),
    "openai.complete_chat": (ChatBody,),
    "openai.complete": (TextBody,),
    "anthropic.create_message": (MessagesBody,),
    "anthropic.count_tokens": (CountBody,),
}
TEXT, MARK = {"type": "string"}, {"type": "string", "enum": ["true", "false"]}
QUERIES: dict[str, dict[str, dict[str, Any]]] = {
    "conversation.message_events": {
        "after": {"type": "integer", "minimum": 0},
        "render": {"type": "string", "enum": ["html"]},
    },
    "api.conversations": {"before": TEXT, "archived": MARK, "pinned": MARK},
    "search.found": {"q": TEXT, "before": TEXT},
}
STREAMS = (MIMETYPES["ndjson"], MIMETYPES["sse"])
TYPES: dict[str, tuple[str, ...]] = {
    "conversation.converse": (*STREAMS, "text/plain"),
    "conversation.message_events": STREAMS,
    "export.markdown": ("text/markdown",),
    "freegpt.locale": ("text/plain",),
    "openai.complete_chat": ("application/json", MIMETYPES["sse"]),
    "openai.complete": ("application/json", MIMETYPES["sse"]),
    "anthropic.create_message": ("application/json", MIMETYPES["sse"]),
}
"""What answers are, where they are not JSON."""
SUCCESS = {
    "api.delete_conversation": 204,
    "freegpt.change_language": 204,
    "messages.add_version": 201,
    "messages.fork": 201,
    "presets.add": 201,
    "presets.remove": 204,
}
"""The status of what went well, where it is not 200."""
REFUSALS = sorted({kind.status for kind in ERROR_KINDS.values()} - {405, 408, 417, 431, 500})
KEYS = {
    "key": {"type": "http", "scheme": "bearer"},
    "anthropic_key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
}
"""By what name a program may bring its key, as OpenAPI calls it."""
ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "object"}}}


@openapi.get("/openapi.json")
@open_to_all
def describe() -> dict[str, Any]:
    """Describe what programs can ask, as OpenAPI 3.1."""
    config = services().config
    prefix, paths = config.url_prefix, dict[str, dict[str, Any]]()
    for rule, method in _routes(prefix):
        path = PLACE.sub(r"{\1}", rule.rule.removeprefix(prefix))
        paths.setdefault(path, {})[method.lower()] = _operation(rule, current_app.view_functions[rule.endpoint])
    return {
        "openapi": "3.1.0",
        "info": {"title": config.site_config.title, "version": version()},
        "servers": [{"url": prefix or "/"}],
        "paths": paths,
        "components": {
            "schemas": {**_shapes(), "Error": ERROR},
            "securitySchemes": KEYS,
        },
    }


def _routes(prefix: str) -> Iterator[tuple[Rule, str]]:
    """Yield the routes for programs, each with its methods."""
    for rule in current_app.url_map.iter_rules():
        if rule.rule.startswith(tuple(f"{prefix}{api}" for api in DESCRIBED)) and rule.endpoint not in LEFT_OUT:
            yield from ((rule, method) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))


def _operation(rule: Rule, view: Callable[..., Any]) -> dict[str, Any]:
    places = [{"name": name, "in": "path", "required": True, "schema": TEXT} for name in PLACE.findall(rule.rule)]
    queries = QUERIES.get(rule.endpoint, {}).items()
    said: dict[str, Any] = {"summary": (view.__doc__ or "").strip().splitlines()[0], "operationId": rule.endpoint}
    shapes = [{"$ref": REFERENCE.format(model=shape.__name__)} for shape in BODIES.get(rule.endpoint, ())]
    if shapes:
        schema = shapes[0] if len(shapes) == 1 else {"anyOf": shapes}
        said |= {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
    if rule.rule.startswith(f"{services().config.url_prefix}/v1/"):
        said |= {"security": [*({name: []} for name in KEYS), {}]}
    parameters = [*places, *({"name": name, "in": "query", "schema": schema} for name, schema in queries)]
    return {**said, "parameters": parameters, "responses": _responses(rule.endpoint)}


def _responses(endpoint: str) -> dict[str, Any]:
    status = SUCCESS.get(endpoint, 200)
    content: dict[str, Any] = {kind: {} for kind in TYPES.get(endpoint, ("application/json",))}
    refused = {"application/json": {"schema": {"$ref": REFERENCE.format(model="Error")}}}
    well = {"description": "It was done."} | ({"content": content} if status != 204 else {})
    return {str(status): well, **{str(code): {"description": "An error.", "content": refused} for code in REFUSALS}}


def _shapes() -> dict[str, Any]:
    shapes = {shape for some in BODIES.values() for shape in some}
    ordered = sorted(shapes, key=lambda shape: shape.__name__)
    _, found = models_json_schema([(shape, "validation") for shape in ordered], ref_template=REFERENCE)
    return dict(found["$defs"])
