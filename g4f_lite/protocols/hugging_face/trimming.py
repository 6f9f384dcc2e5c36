"""Trims a conversation to a limit by dropping its oldest messages. Lengths are in characters."""

from collections.abc import Mapping, Sequence
from typing import Any

from g4f_lite.messages import Message
from g4f_lite.protocols.functions import result_of

PER_MESSAGE = 16
"""Added to the text of each message, for the marks around it."""


def calculate_length(messages: Sequence[Message | Mapping[str, Any]]) -> int:
    """Return the sum of all texts and `PER_MESSAGE` each; images count nothing.

    messages: also dictionaries, whose `content` is a text, a list of parts (those with a `text` count), or null.
    """
    return sum(len(_text(message)) + PER_MESSAGE for message in messages)


calculate_lenght = calculate_length
"""The spelling of the provider's description, for programs that use it."""


def trimmed(messages: Sequence[Message], limit: int) -> list[Message]:
    """Return the messages without the oldest ones that do not fit.

    System messages stay, and so does everything from the last question on, whatever their length. The first message
    after those of the system is a question.
    """
    excess = calculate_length(messages) - limit
    left_out: set[int] = set()
    for index in range(_last_question(messages) if excess > 0 else 0):
        if messages[index].role == "system":
            continue
        if excess <= 0 and _is_question(messages[index]):
            break
        excess -= calculate_length([messages[index]])
        left_out.add(index)
    return [message for index, message in enumerate(messages) if index not in left_out]


def _last_question(messages: Sequence[Message]) -> int:
    return max((index for index, message in enumerate(messages) if _is_question(message)), default=0)


def _is_question(message: Message) -> bool:
    """Return whether a message is a person's. A tool's result makes no sense without the call before it."""
    return message.role == "user" and result_of(message) is None


def _text(message: Message | Mapping[str, Any]) -> str:
    content = message.content if isinstance(message, Message) else message.get("content")
    if not isinstance(content, list):
        return content or ""
    texts = [part.get("text") for part in content if isinstance(part, dict)]
    return "".join(text for text in texts if isinstance(text, str))
