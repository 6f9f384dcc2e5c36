"""A turn as a person asks for it."""

from dataclasses import dataclass
from typing import Any

from server.store import ABSENT, Absent, Action


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """What a person asks for. `parent_id` and `params` are as in `NewTurn`."""

    action: Action = "send"
    content: str = ""
    message_id: str | None = None
    """The id that the client chose; None makes one."""
    conversation_id: str | None = None
    parent_id: str | Absent | None = ABSENT
    params: dict[str, Any] | None | Absent = ABSENT
    stop: tuple[str, ...] = ()
    """Stop sequences, which the conversation does not remember."""
    title_text: str = ""
    """The text from which a new conversation gets its title; by default the content."""
