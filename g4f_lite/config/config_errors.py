"""Mistakes in the configuration file, a line each: the path, the sentence, and the nearest valid word."""

import difflib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Any, TypeGuard, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]
"""Keys, and positions in lists, from the top of the file."""

EXPECTED = {
    "bool_type": "true or false",
    "dict_type": "an object",
    "finite_number": "a number",
    "float_type": "a number",
    "greater_than": "greater than {gt:.15g}",
    "greater_than_equal": "at least {ge:.15g}",
    "int_type": "a whole number",
    "less_than": "less than {lt:.15g}",
    "less_than_equal": "at most {le:.15g}",
    "list_type": "a list",
    "literal_error": "{expected}",
    "model_type": "an object",
    "string_too_long": "text of at most {max_length} characters",
    "string_too_short": "text of at least {min_length} characters",
    "string_type": "text",
    "too_long": "a list of at most {max_length} items",
    "too_short": "a list of at least {min_length} items",
    "tuple_type": "a list",
}
"""The words after "must be", by pydantic's type of error. Source: https://docs.pydantic.dev/latest/errors/validation_errors/"""

FOUND = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake. `sentence` says what is wrong, without the value, which may be a secret."""

    path: Path
    sentence: str

    def __str__(self) -> str:
        where = ".".join(_printable(key) for key in self.path) or "the file"
        return f"{where}: {self.sentence}"


def parts(value: Any) -> dict[str | int, Any]:
    """Return the items of an object or a list, by key or position; other values have none."""
    if isinstance(value, list):
        return dict(enumerate(value))
    return value if isinstance(value, dict) else {}


def unknown(subject: str, word: str, known: Iterable[str]) -> str:
    """Return a sentence about an unknown word, with the nearest known one.

    subject: `key`, `provider` and the like.
    """
    known = sorted(map(_printable, known))
    nearest = [name for name in known if word and name.lower().startswith(word.lower())]
    nearest = nearest or difflib.get_close_matches(word, known, n=1)
    if nearest:
        return f'unknown {subject}; did you mean "{nearest[0]}"?'
    return f"unknown {subject}; valid choices: {', '.join(known) or 'none'}"


def mistakes_of(error: ValidationError, schema: type[BaseModel], document: Any, above: Path = ()) -> Iterator[Mistake]:
    """Yield the mistakes of a validation.

    document: the value that was validated. It is at the path `above` in the file.
    """
    for details in error.errors(include_url=False):
        path = *above, *_in_file(details["loc"], document)
        if details["type"] == "missing":
            yield Mistake((*path, details["loc"][-1]), "is missing")
        else:
            yield Mistake(path, _sentence(details, _model_at(schema, details["loc"][:-1])))


def _sentence(details: ErrorDetails, model: type[BaseModel] | None) -> str:
    fields = model.model_fields if model else {}
    key = str(details["loc"][-1]) if details["loc"] else ""
    match details["type"]:
        case "value_error":
            return str(details["ctx"]["error"])
        case "extra_forbidden":
            return unknown("key", key, (name for name, field in fields.items() if not field.exclude))
    expected = EXPECTED.get(details["type"], "").format(**details.get("ctx", {}))
    if not expected:
        return details["msg"]
    if details["type"].endswith("_type"):
        described = fields[key].description if key in fields else None
        return f"must be {described or expected}, not {FOUND.get(type(details['input']), 'null')}"
    return f"must be {expected}"


def _in_file(path: Path, document: Any) -> Iterator[str | int]:
    """Yield the keys of the path that exist in the file: a model's short forms lack some of them."""
    for key in path:
        inner = (
            document if isinstance(document, dict) else dict(enumerate(document if isinstance(document, list) else ()))
        )
        if key in inner:
            yield key
            document = inner[key]


def _model_at(schema: Any, path: Path) -> type[BaseModel] | None:
    for key in path:
        field = schema.model_fields.get(str(key)) if _is_model(schema) else None
        schema = field.annotation if field else (None, *get_args(schema), None)[-2]
        if get_origin(schema) is UnionType:
            schema = get_args(schema)[0]
    return schema if _is_model(schema) else None


def _is_model(shape: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(shape, type) and issubclass(shape, BaseModel)


def _printable(key: str | int) -> str:
    return str(key) if str(key).isprintable() and key != "" else json.dumps(key)
