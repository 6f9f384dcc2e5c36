"""The frozen values that go into the store and come out of it. Times are aware, in UTC."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Final, Literal

Action = Literal["send", "regenerate", "continue"]
AuthorRole = Literal["user", "assistant"]
Status = Literal["complete", "running", "stopped", "failed", "interrupted"]

PUBLIC_FIELDS = (
    "id",
    "parent_id",
    "role",
    "content",
    "reasoning",
    "status",
    "model",
    "provider",
    "notices",
    "attempts",
    "usage",
    "error",
)
"""Fields of a message that the API shows unchanged."""


class Absent(Enum):
    """The value of a field that was not given, where None has a meaning of its own."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTurn:
    """A turn to begin: a new question, another answer to a question, or more of an answer."""

    action: Action
    model: str
    answer_id: str
    """The id of the new answer; `continue` ignores it."""
    conversation_id: str | None = None
    """None: `send` creates a conversation."""
    parent_id: str | Absent | None = ABSENT
    """For `send` the previous message (None: the root), for `regenerate` the question, for `continue` the answer.
    Absent: the conversation's current leaf decides."""
    message_id: str = ""
    """The id of the person's message; only for `send`, like `content`."""
    content: str = ""
    title: str = ""
    """The title of a new conversation."""
    params: dict[str, Any] | None | Absent = ABSENT
    """The conversation's parameters from now on. Absent: they stay."""


EVENTS_OF_WRITTEN_ANSWER = 3
"""Events of an answer that no provider gave here: start, content, finish."""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One message of a conversation's tree.

    content, reasoning: the texts of the events up to `last_seq`; while the message is running, its batches hold the
    rest.
    model: the person's choice; provider: the one that answered. Both are None for a person's message and for messages
    that a program sent.
    answering: the members of the event `provider`. attempts: `{"provider", "error"}` each, in order. usage, error: as
    in the events of these names. For a continued answer these are from the last turn.
    state: what the provider needs for a turn that follows this message, as long as the message is complete.
    """

    id: str
    conversation_id: str
    parent_id: str | None
    role: AuthorRole
    content: str
    created_at: datetime
    ended_at: datetime | None
    reasoning: str = ""
    status: Status = "complete"
    model: str | None = None
    provider: str | None = None
    answering: dict[str, Any] | None = None
    attempts: list[dict[str, Any]] = field(default_factory=list)
    usage: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    finish_reason: str | None = None
    state: dict[str, Any] | None = None
    last_seq: int = 0

    @property
    def notices(self) -> list[str]:
        """Sentences that told the person how the request was changed."""
        return list(self.answering.get("notices", ())) if self.answering else []

    def as_dict(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        return {name: getattr(self, name) for name in PUBLIC_FIELDS} | {"created_at": time_text(self.created_at)}


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A conversation without its messages. running: whether one of its answers is running.

    model: the last choice. params: the values set for `temperature`, `top_p`, `max_tokens` and `system`, or None.
    """

    id: str
    title: str
    leaf_id: str | None
    pinned: bool
    archived: bool
    running: bool
    created_at: datetime
    updated_at: datetime
    model: str | None = None
    params: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as the API and the WebSocket show it."""
        return {
            "id": self.id,
            "title": self.title,
            "updated_at": time_text(self.updated_at),
            "pinned": self.pinned,
            "archived": self.archived,
            "running": self.running,
        }

    def turn_settings(self) -> dict[str, Any]:
        """Return the model and parameters of the next turn, as the API and the WebSocket show them."""
        return {"model": self.model, "params": self.params or {}}


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that a search found, or a conversation found by its title, which has no message id.

    text: the text of the message, or the title. at: when the message was created, or the conversation last changed.
    """

    conversation_id: str
    title: str
    archived: bool
    message_id: str | None
    role: AuthorRole | None
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Versions:
    """The position of a message among those with the same parent, in the order they were stored, from 1.

    previous, next: the leaf of the branch through the neighbouring version; None without a neighbour.
    """

    number: int
    count: int
    previous: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class Branch:
    """A part of a branch of a conversation, oldest message first.

    versions: by message id, only for messages with several versions.
    earlier: the id to pass as `before` for earlier messages; None at the beginning of the branch.
    """

    conversation: StoredConversation
    messages: list[StoredMessage]
    versions: dict[str, Versions]
    earlier: str | None


@dataclass(frozen=True, slots=True)
class Begun:
    """A turn that has been stored, with everything needed to ask a provider.

    path: the messages from the root to the question; for `continue` to the answer itself.
    repeated: the message had been sent before: nothing was written, and `answer` is its first answer.
    state: from the answer before the question, or from the answer that is continued.
    params: the conversation's parameters; empty if none are set.
    """

    conversation_id: str
    user_message_id: str
    answer: StoredMessage
    path: list[StoredMessage]
    title: str
    is_new: bool
    repeated: bool
    state: dict[str, Any] | None
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Preset:
    """Parameters with a name; `params` as in StoredConversation."""

    id: str
    name: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive events of one message. `lines` is NDJSON: one event per line, every line with its line end."""

    user_id: str
    message_id: str
    first_seq: int
    last_seq: int
    lines: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a message ended. `content` and `reasoning` are whole, also when the answer was continued."""

    status: Status
    content: str
    reasoning: str = ""
    provider: str | None = None
    answering: dict[str, Any] | None = None
    attempts: list[dict[str, Any]]
    usage: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    finish_reason: str | None = None
    state: dict[str, Any] | None = None
    last_seq: int


def time_text(moment: datetime) -> str:
    """Return a time in ISO 8601, in UTC."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
