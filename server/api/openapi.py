"""`/backend-api/v2/openapi.json`: the description of the API, made from its views."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from flask import Blueprint, current_app
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from server.api.openapi_operation import STRING, Operation
from server.current.services import services
from server.current.sign_in import APIS
from server.ops.version import version
from server.problems import ERROR_KINDS
from server.web.public_views import open_to_all

openapi = Blueprint("openapi", __name__, url_prefix="/backend-api/v2")

DESCRIBED = (*APIS, "/healthz", "/readyz")
"""How the paths of the API begin."""
PATH_PARAMETER = re.compile(r"<(?:path:)?(\w+)>")
REFERENCE = "#/components/schemas/{model}"
ERROR_STATUSES = sorted({kind.status for kind in ERROR_KINDS.values()} - {405, 408, 417, 431, 500})
KEYS = {
    "key": {"type": "http", "scheme": "bearer"},
    "anthropic_key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
}
"""The two headers that may hold an API key."""
ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "object"}}}


@openapi.get("/openapi.json")
@open_to_all
def document() -> dict[str, Any]:
    """Describe the API, as OpenAPI 3.1."""
    config = services().config
    prefix, paths, bodies = config.url_prefix, dict[str, dict[str, Any]](), set[type[BaseModel]]()
    for rule, method in _routes(prefix):
        path = PATH_PARAMETER.sub(r"{\1}", rule.rule.removeprefix(prefix))
        view = current_app.view_functions[rule.endpoint]
        operation: Operation = getattr(view, "operation", Operation())
        takes_key = path.startswith("/v1/")
        paths.setdefault(path, {})[method.lower()] = _operation(rule, view, operation, takes_key=takes_key)
        bodies.update(operation.bodies)
    return {
        "openapi": "3.1.0",
        "info": {"title": config.site_config.title, "version": version()},
        "servers": [{"url": prefix or "/"}],
        "paths": paths,
        "components": {
            "schemas": {**_schemas(bodies), "Error": ERROR},
            "securitySchemes": KEYS,
        },
    }


def _routes(prefix: str) -> Iterator[tuple[Rule, str]]:
    """Yield the routes of the API with each of their methods. OpenAPI cannot describe a WebSocket."""
    for rule in current_app.url_map.iter_rules():
        if rule.rule.startswith(tuple(f"{prefix}{api}" for api in DESCRIBED)) and not rule.websocket:
            yield from ((rule, method) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))


def _operation(rule: Rule, view: Callable[..., Any], operation: Operation, *, takes_key: bool) -> dict[str, Any]:
    names = PATH_PARAMETER.findall(rule.rule)
    path = [{"name": name, "in": "path", "required": True, "schema": STRING} for name in names]
    query = [{"name": name, "in": "query", "schema": schema} for name, schema in operation.query.items()]
    return {
        "summary": (view.__doc__ or "").strip().splitlines()[0],
        "operationId": rule.endpoint,
        **({"requestBody": _request_body(operation.bodies)} if operation.bodies else {}),
        **({"security": [*({name: []} for name in KEYS), {}]} if takes_key else {}),
        "parameters": [*path, *query],
        "responses": _responses(operation),
    }


def _request_body(bodies: tuple[type[BaseModel], ...]) -> dict[str, Any]:
    shapes = [{"$ref": REFERENCE.format(model=body.__name__)} for body in bodies]
    schema = shapes[0] if len(shapes) == 1 else {"anyOf": shapes}
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _responses(operation: Operation) -> dict[str, Any]:
    success = {"description": "Success."}
    content: dict[str, Any] = {type_: {} for type_ in operation.content_types}
    error = {
        "description": "An error.",
        "content": {"application/json": {"schema": {"$ref": REFERENCE.format(model="Error")}}},
    }
    return {
        str(operation.status): success if operation.status == 204 else {**success, "content": content},
        **{str(status): error for status in ERROR_STATUSES},
    }


def _schemas(bodies: set[type[BaseModel]]) -> dict[str, Any]:
    ordered = sorted(bodies, key=lambda body: body.__name__)
    _, found = models_json_schema([(body, "validation") for body in ordered], ref_template=REFERENCE)
    return dict(found["$defs"])
