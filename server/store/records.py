"""What goes into the store and comes out of it: frozen values. Times are aware, in UTC."""

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
"""What the API shows of a message as it is."""


class Absent(Enum):
    """Says that something was not given, where None has a meaning of its own."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTurn:
    """A question to be asked, asked again, or an answer to be continued."""

    action: Action
    model: str
    answer_id: str
    """What a new answer will be called. `continue` has no use for it."""
    conversation_id: str | None = None
    """None: `send` makes a new conversation."""
    parent_id: str | Absent | None = ABSENT
    """What the turn hangs on: for `send` the message before (None: the root), for `regenerate` the question, for
    `continue` the answer. Absent: what the conversation's current leaf says."""
    message_id: str = ""
    """The person's message; only for `send`, like `content`."""
    content: str = ""
    title: str = ""
    """What a new conversation will be called."""
    params: dict[str, Any] | None | Absent = ABSENT
    """What the conversation remembers from now on. Absent: what it remembers already."""


EVENTS_OF_WRITTEN_ANSWER = 3
"""Events that tell an answer that nobody gave here: start, content, finish."""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One message of a conversation's tree.

    content, reasoning: what the events up to `last_seq` say; while the message is running, its batches hold the rest.
    model: what the person picked; provider: who answered. None for a person's message, and for what a program said.
    answering: the members of the event `provider`. attempts: `{"provider", "error"}` each, in order. usage, error: as
    in the events of these names. Of a continued answer these are the last turn's.
    state: what the provider wants to hear on the turn that follows this message, while it is whole and its last word.
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
        """What the person was told of how the request was changed, in sentences."""
        return list(self.answering.get("notices", ())) if self.answering else []

    def as_dict(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        return {name: getattr(self, name) for name in PUBLIC_FIELDS} | {"created_at": time_text(self.created_at)}


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A conversation without its messages. `running` says that one of them is.

    model: what was picked last. params: what was set of `temperature`, `top_p`, `max_tokens` and `system`, or None.
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
        """Return how the next turn is asked, as the API and the WebSocket show it."""
        return {"model": self.model, "params": self.params or {}}


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that a search found; or, without one, a conversation found by its title.

    text: what the message says, or the title. at: when the message was made, or the conversation last changed.
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
    """Which of the messages with the same parent one is, in the order they were stored, from 1.

    previous, next: where the way through the neighbouring version ends; None where there is no neighbour.
    """

    number: int
    count: int
    previous: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class Branch:
    """A part of one way through a conversation, oldest message first.

    versions: by a message's id; of those alone that are one of several.
    earlier: the message before which there are more; None when the way begins here.
    """

    conversation: StoredConversation
    messages: list[StoredMessage]
    versions: dict[str, Versions]
    earlier: str | None


@dataclass(frozen=True, slots=True)
class Begun:
    """A turn that is durable, and all that is needed to ask a provider.

    path: from the root to the question; for `continue` to the answer itself.
    repeated: the person's message was there already: nothing was written, `answer` is the one it got.
    state: what the answer that the turn follows left, or the answer it continues.
    params: what the conversation remembers; empty where that is nothing.
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
    """Consecutive events of one message. `lines` is NDJSON: one event a line, each line ended."""

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
