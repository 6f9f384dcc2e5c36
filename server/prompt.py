"""From the path of a conversation's tree to what a provider is asked."""

from collections.abc import Sequence

from g4f_lite.messages import Message
from server.store import Action, StoredMessage

CONTINUE = "Your last answer was cut off. Go on exactly where it ends, without repeating anything or commenting on it."


def prompt(path: Sequence[StoredMessage], action: Action) -> list[Message]:
    """Return the messages, oldest first, the last one the user's, without the answers that have no text.

    Two messages of one role in a row become one, since many services insist on taking turns.
    """
    messages: list[Message] = []
    for stored in path:
        if stored.content:
            _add(messages, Message(stored.role, stored.content))
    if action == "continue" and messages[-1].role == "assistant":
        _add(messages, Message("user", CONTINUE))
    return messages


def _add(messages: list[Message], message: Message) -> None:
    if messages and messages[-1].role == message.role:
        message = Message(message.role, f"{messages.pop().content}\n\n{message.content}")
    messages.append(message)
