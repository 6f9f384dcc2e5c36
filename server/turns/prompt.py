"""From the path of a conversation's tree to what a provider is asked."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

from g4f_lite.messages import Message
from server.store.records import Action, StoredMessage

CONTINUE = "Your last answer was cut off. Go on exactly where it ends, without repeating anything or commenting on it."


def prompt(path: Sequence[StoredMessage], action: Action) -> list[Message]:
    """Return the messages, oldest first, the last one the user's."""
    messages = in_turns(Message(stored.role, stored.content) for stored in path)
    if action == "continue" and messages[-1].role == "assistant":
        messages.append(Message("user", CONTINUE))
    return messages


def in_turns(said: Iterable[Message]) -> list[Message]:
    """Return the messages without those that have no text, as what becomes of an answer that failed.

    Several of one role in a row become one, since many services insist on taking turns.
    """
    with_text = (message for message in said if message.content)
    turns = groupby(with_text, attrgetter("role"))
    return [Message(role, "\n\n".join(message.content for message in turn)) for role, turn in turns]
