"""The JSON bodies that the API takes: each field with its type and limits."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from g4f_lite.messages import Message, Params
from server.problems import Problem
from server.store import ABSENT, Absent
from server.turns.turn_request import TurnRequest
from server.web.request_json import Body

LONGEST_TEXT = 1 << 20
"""Bytes of one message, in UTF-8."""
LONGEST_SYSTEM = 32 << 10
"""Bytes of a conversation's system prompt, in UTF-8."""
LONGEST_NAME = 100
"""Characters of the name of a preset."""


def _identifier(text: str) -> str:
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("must be printable ASCII without spaces")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _empty(attachments: list[Any]) -> list[Any]:
    if attachments:
        raise ValueError("must be empty: this version does not support attachments")
    return attachments


def _system_prompt(system: str) -> str:
    """Return the system prompt; white space alone counts as none."""
    if len(system.encode()) > LONGEST_SYSTEM:
        raise ValueError(f"must be at most {LONGEST_SYSTEM >> 10} KiB")
    return system if system.strip() else ""


Id = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_identifier)]
Name = Annotated[str, Field(max_length=LONGEST_NAME), AfterValidator(_not_blank), AfterValidator(str.strip)]
Title = Annotated[str, Field(max_length=200), AfterValidator(_not_blank)]


class SamplingBody(Body):
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(gt=0, le=1_000_000)] | None = None
    stop: Annotated[list[str], Field(max_length=16)] | str | None = None

    def params(self) -> Params:
        """Return the parameters for the provider."""
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        return Params(self.temperature, self.top_p, self.max_tokens, stop)


class ParamsBody(SamplingBody):
    """`system` is the system prompt. It becomes a message, so `params` leaves it out."""

    system: Annotated[str, AfterValidator(_system_prompt)] | None = None

    def remembered(self) -> dict[str, Any]:
        """Return the parameters that the conversation keeps: those that were set, without `stop`."""
        given = self.model_dump(exclude={"stop"}, exclude_none=True)
        return {name: value for name, value in given.items() if value != ""}


class MessageBody(Body):
    id: Id | None = None
    content: str
    attachments: Annotated[list[Any], AfterValidator(_empty)] = Field(default_factory=list)


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
        """The id of the parent message. None is the root of the conversation, ABSENT its current leaf."""
        return self.parent_id if "parent_id" in self.model_fields_set else ABSENT

    @property
    def remembered(self) -> dict[str, Any] | Absent:
        """The parameters that the conversation keeps from now on; ABSENT leaves the stored ones."""
        return self.params.remembered() if "params" in self.model_fields_set else ABSENT

    def request(self) -> TurnRequest:
        """Return what the person asks for. Raises: Problem if a part is missing."""
        content, message_id = "", None
        if self.action == "send":
            if self.message is None:
                raise Problem("invalid_request", "message: field required.")
            content, message_id = self.message.content, self.message.id
            check_text(content)
        elif self.conversation_id is None:
            raise Problem("invalid_request", f"conversation_id: required for {self.action}.")
        return TurnRequest(
            action=self.action,
            content=content,
            message_id=message_id,
            conversation_id=self.conversation_id,
            parent_id=self.parent,
            params=self.remembered,
            stop=self.params.params().stop,
        )


class ChangeBody(Body):
    """Changes to a conversation. A field that is not sent stays as it is; `deleted: false` undoes a deletion."""

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
    """Undoes the deletion of a message."""

    deleted: Literal[False]


class VersionBody(Body):
    content: str


class PresetBody(Body):
    name: Name
    params: ParamsBody


class ForkBody(Body):
    """`message_id` is the last message that the new conversation copies."""

    message_id: Id


def check_text(text: str, field: str = "message.content") -> None:
    """Refuse a message that is empty or too long. Raises: Problem, which names the field."""
    if not text.strip():
        raise Problem("invalid_request", f"{field}: must not be blank; a message needs some text.")
    check_length(text, field)


def check_length(text: str, field: str = "message.content") -> None:
    """Refuse a message that is too long. Raises: Problem, which names the field."""
    if len(text) > LONGEST_TEXT or len(text.encode()) > LONGEST_TEXT:
        raise Problem("too_large", "A message can be at most 1 MiB. Send less at a time.", detail=field)


def check_messages(messages: Sequence[Message]) -> None:
    """Refuse messages that are all empty. Raises: Problem."""
    if not any(message.content.strip() or message.images or message.extra for message in messages):
        raise Problem("invalid_request", "messages: at least one message needs some text.")
