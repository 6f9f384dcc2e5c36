"""What a message had become when its process died, told from the events that were saved."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from server.store.records import Batch, StoredMessage
from server.turns import events


def folded(message: StoredMessage, batches: Iterable[Batch]) -> StoredMessage:
    """Return the message with its batches taken in: those behind its `last_seq`, in order."""
    for batch in batches:
        message = _with(message, batch)
    return message


def _with(message: StoredMessage, batch: Batch) -> StoredMessage:
    said = [events.parse(line) for line in events.split(batch.lines)]
    answering = next((_members(event) for event in reversed(said) if event["type"] == "provider"), message.answering)
    return replace(
        message,
        content=message.content + _joined(said, "content", "content"),
        reasoning=message.reasoning + _joined(said, "reasoning", "token"),
        provider=answering["provider"] if answering else message.provider,
        answering=answering,
        attempts=message.attempts + [_members(event) for event in said if event["type"] == "attempt"],
        last_seq=batch.last_seq,
    )


def _joined(said: list[dict[str, Any]], type_: str, member: str) -> str:
    return "".join(event[member] for event in said if event["type"] == type_)


def _members(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in ("seq", "type")}
