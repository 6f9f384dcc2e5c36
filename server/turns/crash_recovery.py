"""End the answers of a process that died, with the text that its saved events hold."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from server.store import Batch, Outcome, Store, StoredMessage
from server.turns import events

SHORTEST_TURN = 2
"""Events of a turn that only began and failed. An answer without saved events counts as such a turn."""


def interrupt_running(store: Store, error: dict[str, Any]) -> int:
    """End all running answers with this error, and return how many there were.

    error: as in the event `error`. Raises: Problem.
    """
    return store.end_running(partial(_interrupted, error=error))


def _interrupted(message: StoredMessage, batches: Iterable[Batch], error: dict[str, Any]) -> tuple[Outcome, str]:
    """Return how an answer ended and the line of its last event; an answer without saved events gets none."""
    for batch in batches:
        message = _with(message, batch)
    line = events.event(message.last_seq + 1, "error", {"error": error}) if message.last_seq else ""
    return _outcome(message, error), line


def _with(message: StoredMessage, batch: Batch) -> StoredMessage:
    """Return the message with the events of its next batch."""
    parsed = [events.parse(line) for line in events.split(batch.lines)]
    answering = next((_members(event) for event in reversed(parsed) if event["type"] == "provider"), message.answering)
    return replace(
        message,
        content=message.content + _joined(parsed, "content", "content"),
        reasoning=message.reasoning + _joined(parsed, "reasoning", "token"),
        provider=answering["provider"] if answering else message.provider,
        answering=answering,
        attempts=message.attempts + [_members(event) for event in parsed if event["type"] == "attempt"],
        last_seq=batch.last_seq,
    )


def _joined(parsed: list[dict[str, Any]], type_: str, member: str) -> str:
    return "".join(event[member] for event in parsed if event["type"] == type_)


def _members(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in ("seq", "type")}


def _outcome(message: StoredMessage, error: dict[str, Any]) -> Outcome:
    return Outcome(
        status="interrupted",
        content=message.content,
        reasoning=message.reasoning,
        provider=message.provider,
        answering=message.answering,
        attempts=message.attempts,
        error=error,
        state=message.state,
        last_seq=max(message.last_seq + 1, SHORTEST_TURN),
    )
