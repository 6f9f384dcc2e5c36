"""The prompt: the messages a provider gets, from the path in a conversation's tree."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

from g4f_lite.messages import Message
from server.store.records import Action, StoredMessage

CONTINUE = "Your last answer was cut off. Continue exactly where it ends. Do not repeat anything or comment on it."


def prompt(path: Sequence[StoredMessage], action: Action) -> list[Message]:
    """Return the messages, oldest first; the last one is the user's."""
    messages = in_turns(Message(stored.role, stored.content) for stored in path)
    if action == "continue" and messages[-1].role == "assistant":
        messages.append(Message("user", CONTINUE))
    return messages


def in_turns(messages: Iterable[Message]) -> list[Message]:
    """Return the messages without empty ones, such as answers that failed.

    Consecutive messages of one role are joined, because many services require alternating roles.
    """
    with_text = (message for message in messages if message.content)
    turns = groupby(with_text, attrgetter("role"))
    return [Message(role, "\n\n".join(message.content for message in turn)) for role, turn in turns]
