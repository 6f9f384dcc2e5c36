"""Reading what clients send: JSON within limits, then an explicit list of fields with types."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, NoReturn, TypeVar

from flask import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from g4f_lite.config.config_errors import mistakes_of
from g4f_lite.messages import Message, Params
from server.problems import Problem
from server.store import ABSENT, Absent
from server.store.databases.db_errors import storable

LONGEST_TEXT = 1 << 20
"""Bytes of one message, in UTF-8."""
LONGEST_SYSTEM = 32 << 10
"""Bytes of what a person has every model of a conversation told, in UTF-8."""
LONGEST_NAME = 100
"""Characters of what a preset is called."""
DEEPEST_NESTING = 64
MOST_KEYS = 25_000
"""A program that works with tools sends about fifteen with each call, and all calls again each time."""
TOO_MUCH = f"The body is nested more than {DEEPEST_NESTING} deep, or has more than {MOST_KEYS} keys; send less."
HALF_OF_A_PAIR = re.compile("[\ud800-\udfff]")

Shape = TypeVar("Shape", bound="Body")


def _identifier(text: str) -> str:
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("must be letters, digits and signs of ASCII, without spaces")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must have something to read")
    return text


def _none_yet(attachments: list[Any]) -> list[Any]:
    if attachments:
        raise ValueError("must be empty: this version takes no files yet")
    return attachments


def _said(system: str) -> str:
    """Return what a model is to be told; white space alone is nothing."""
    if len(system.encode()) > LONGEST_SYSTEM:
        raise ValueError(f"must be {LONGEST_SYSTEM >> 10} KiB at most")
    return system if system.strip() else ""


Id = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_identifier)]
Name = Annotated[str, Field(max_length=LONGEST_NAME), AfterValidator(_not_blank), AfterValidator(str.strip)]
Title = Annotated[str, Field(max_length=200), AfterValidator(_not_blank)]


class Body(BaseModel):
    """Types must fit as they are; fields that nobody asked for are left alone."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)


class SamplingBody(Body):
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(gt=0, le=1_000_000)] | None = None
    stop: Annotated[list[str], Field(max_length=16)] | str | None = None

    def params(self) -> Params:
        """Return what a provider is asked for."""
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        return Params(self.temperature, self.top_p, self.max_tokens, stop)


class ParamsBody(SamplingBody):
    """`system` is a message to the model, and none of what a provider is asked for."""

    system: Annotated[str, AfterValidator(_said)] | None = None

    def remembered(self) -> dict[str, Any]:
        """Return what a conversation remembers of it: only what was set."""
        given = self.model_dump(exclude={"stop"}, exclude_none=True)
        return {name: value for name, value in given.items() if value != ""}


class MessageBody(Body):
    id: Id | None = None
    content: str
    attachments: Annotated[list[Any], AfterValidator(_none_yet)] = []


class TurnBody(Body):
    """The native body of the conversation endpoint."""

    conversation_id: Id | None = None
    parent_id: Id | None = None
    action: Literal["send", "regenerate", "continue"] = "send"
    model: str | None = None
    message: MessageBody | None = None
    params: ParamsBody = ParamsBody()
    render: Literal["html"] | None = None

    @property
    def parent(self) -> str | None | Absent:
        """The parent's id; None is the root of the conversation, ABSENT its last leaf."""
        return self.parent_id if "parent_id" in self.model_fields_set else ABSENT

    @property
    def remembered(self) -> dict[str, Any] | Absent:
        """What the conversation remembers of the parameters; ABSENT: what it remembers already."""
        return self.params.remembered() if "params" in self.model_fields_set else ABSENT


class ChangeBody(Body):
    """What PATCH changes of a conversation. `deleted` false takes a deletion back. What is not sent stays as it is."""

    title: Title = "-"
    pinned: bool = False
    archived: bool = False
    leaf_id: Id = "-"
    model: str = "-"
    params: ParamsBody | None = None
    deleted: Literal[False] = False

    def changes(self) -> dict[str, Any]:
        changes = self.model_dump(exclude_unset=True)
        return {**changes, "params": self.params.remembered() or None} if self.params else changes


class UndoBody(Body):
    """What PATCH changes of a message: it takes a deletion back."""

    deleted: Literal[False]


class VersionBody(Body):
    content: str


class PresetBody(Body):
    name: Name
    params: ParamsBody


class ForkBody(Body):
    """`message_id` is the last message that the new conversation begins with."""

    message_id: Id


def document(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request's body. Raises: Problem, for anything that is not one within the limits."""
    parsed = json_object(request)
    check_size(parsed)
    return parsed


def json_object(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request's body, whatever is in it. Raises: Problem, for anything else."""
    if request.mimetype != "application/json":
        raise Problem("unsupported_media_type", "Send the body as JSON, with Content-Type: application/json.")
    try:
        parsed = json.loads(request.get_data(cache=False).decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Problem("invalid_request", "The body is not valid JSON in UTF-8.") from error
    if not isinstance(parsed, dict):
        raise Problem("invalid_request", "The body must be a JSON object.")
    return parsed


def check(parsed: dict[str, Any], shape: type[Shape]) -> Shape:
    """Return the document as a value of that shape. Raises: Problem, which names the field."""
    try:
        return shape.model_validate(parsed)
    except ValidationError as error:
        first, *_ = mistakes_of(error, shape, parsed)
        raise Problem("invalid_request", f"{first}.") from error


def flag(request: Request, name: str) -> bool | None:
    """Return what the query says of something, or None where it says nothing. Raises: Problem."""
    said = request.args.get(name)
    if said not in (None, "true", "false"):
        raise Problem("invalid_request", f"{name}: must be true or false.")
    return None if said is None else said == "true"


def check_text(text: str, field: str = "message.content") -> None:
    """Refuse a message that is empty or too long. Raises: Problem, which names the field."""
    if not text.strip():
        raise Problem("invalid_request", f"{field}: write something; white space alone is no message.")
    check_length(text, field)


def check_length(text: str, field: str = "message.content") -> None:
    """Refuse a message that is too long. Raises: Problem, which names the field."""
    if len(text) > LONGEST_TEXT or len(text.encode()) > LONGEST_TEXT:
        raise Problem("too_large", "A message can be one mebibyte at most; send less at a time.", detail=field)


def check_messages(messages: Sequence[Message]) -> None:
    """Refuse messages that say nothing. Raises: Problem."""
    if not any(message.content.strip() or message.images or message.extra for message in messages):
        raise Problem("invalid_request", "messages: write something; white space alone is no message.")


def check_size(parsed: object) -> None:
    """Refuse what is nested too deeply, has too many keys, or holds text that is no text. Raises: Problem."""
    for value in _all_in(parsed):
        if isinstance(value, str):
            _check_characters(value)


def mend(parsed: object) -> None:
    """Put U+FFFD into each text of an object, where a character can neither be stored nor sent on.

    Raises: Problem, for what is nested too deeply, or has too many keys.
    """
    for value in list(_all_in(parsed)):
        if isinstance(value, dict):
            value.update({name: storable(text) for name, text in value.items() if isinstance(text, str)})


def _all_in(parsed: object) -> Iterator[object]:
    """Yield the value and all that is in it, keys too. Raises: Problem, when it is too deep or has too many keys."""
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
    """Refuse half of a surrogate pair and U+0000: neither can be stored or sent on."""
    if "\0" in text or HALF_OF_A_PAIR.search(text):
        raise Problem(
            "invalid_request", "The body has text with an invalid character (U+0000 or an unpaired surrogate)."
        )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
