"""Reads a request's JSON within limits, checks it against a shape, and reads flags of the query."""

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn, TypeVar

from flask import Request
from pydantic import BaseModel, ConfigDict, ValidationError

from g4f_lite.config.config_errors import mistakes_of
from server.problems import Problem
from server.store.databases.db_errors import storable

DEEPEST_NESTING = 64
MOST_KEYS = 25_000
"""A program that works with tools sends about fifteen for each tool call, and repeats all calls in every request."""
MOST_VALUES = 300_000
"""Members and items together. The largest lists that programs send are of tokens to embed: up to 300,000 at OpenAI."""
SLICE_BYTES = 1 << 20
"""How much of a body is searched at once: between two slices other threads may work."""
TOO_MUCH = (
    f"The body is nested more than {DEEPEST_NESTING} deep, or has more than {MOST_KEYS} keys or {MOST_VALUES} values. "
    "Send less."
)
UNPAIRED_SURROGATE = re.compile("[\ud800-\udfff]")

Shape = TypeVar("Shape", bound="Body")


class Body(BaseModel):
    """A JSON object with known fields. Types are not converted, and unknown fields are ignored."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)


def read_json(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request's body, checked by `check_json`. Raises: Problem."""
    parsed = parse_json(request)
    check_json(parsed)
    return parsed


def parse_json(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request's body. Raises: Problem, unless the body is one."""
    if request.mimetype != "application/json":
        raise Problem("unsupported_media_type", "Send the body as JSON, with Content-Type: application/json.")
    body = request.get_data(cache=False)
    if _has_too_many_values(body):  # parsing them would take seconds and a hundred times their size in memory
        raise Problem("invalid_request", TOO_MUCH)
    try:
        parsed = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Problem("invalid_request", "The body is not valid JSON in UTF-8.") from error
    if not isinstance(parsed, dict):
        raise Problem("invalid_request", "The body must be a JSON object.")
    return parsed


def validate(parsed: dict[str, Any], shape: type[Shape]) -> Shape:
    """Return the JSON object as a value of that shape. Raises: Problem, which names the field."""
    try:
        return shape.model_validate(parsed)
    except ValidationError as error:
        first, *_ = mistakes_of(error, shape, parsed)
        raise Problem("invalid_request", f"{first}.") from error


def query_flag(request: Request, name: str) -> bool | None:
    """Return a flag of the query, or None if it is absent. Raises: Problem."""
    value = request.args.get(name)
    if value not in (None, "true", "false"):
        raise Problem("invalid_request", f"{name}: must be true or false.")
    return None if value is None else value == "true"


def check_json(parsed: object) -> None:
    """Refuse JSON that is nested too deeply, has too many keys, or has invalid characters. Raises: Problem."""
    for value in _values(parsed):
        if isinstance(value, str):
            _check_characters(value)


def replace_invalid_characters(parsed: object) -> None:
    """Replace characters that can be neither stored nor sent on by U+FFFD, in place.

    Raises: Problem, if the JSON is nested too deeply or has too many keys.
    """
    for value in list(_values(parsed)):
        if isinstance(value, dict):
            value.update({name: storable(text) for name, text in value.items() if isinstance(text, str)})


def _has_too_many_values(body: bytes) -> bool:
    """Count the values of JSON without parsing it. Looks for strings only if they could change the result."""
    return _may_exceed(body) and _may_exceed(_without_strings(body))


def _without_strings(body: bytes) -> bytes:
    """Return JSON without its strings; what follows more strings than are allowed stays as it is."""
    without_escapes = body.replace(rb"\\", b"").replace(rb"\"", b"")
    return b"".join(without_escapes.split(b'"', 2 * (MOST_VALUES + MOST_KEYS))[::2])


def _may_exceed(body: bytes) -> bool:
    """Tell whether there may be too many values: one before each comma, and one for each list and object."""
    values = 1
    for start in range(0, len(body), SLICE_BYTES):
        values += sum(map(body[start : start + SLICE_BYTES].count, (b",", b"[", b"{")))
        if values > MOST_VALUES:
            return True
    return False


def _values(parsed: object) -> Iterator[object]:
    """Yield the value, and all keys and values inside it. Raises: Problem, if it is too deep or has too many keys."""
    keys, level, depth = 0, [parsed], 0
    while level:
        yield from level
        depth += 1
        keys += sum(len(value) for value in level if isinstance(value, dict))
        level = [member for value in level if isinstance(value, dict | list) for member in _members(value)]
        if depth > DEEPEST_NESTING or keys > MOST_KEYS:
            raise Problem("invalid_request", TOO_MUCH)


def _members(value: dict[str, Any] | list[Any]) -> list[Any]:
    return [*value, *value.values()] if isinstance(value, dict) else value


def _check_characters(text: str) -> None:
    """Refuse unpaired surrogates and U+0000, which can be neither stored nor sent on. Raises: Problem."""
    if "\0" in text or UNPAIRED_SURROGATE.search(text):
        raise Problem(
            "invalid_request", "The body has text with an invalid character (U+0000 or an unpaired surrogate)."
        )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not valid JSON")
