"""What a program asks, whatever the API."""

from collections.abc import Mapping, Sequence
from typing import Any

from g4f_lite.messages import Message
from server.problems import Problem

Harmless = Mapping[str, tuple[Any, ...]]
"""Fields that would change what the answer is, each with the values that change nothing."""


def check_said(messages: Sequence[Message]) -> None:
    """Refuse messages that say nothing. Raises: Problem."""
    if not any(message.content.strip() or message.images or message.extra for message in messages):
        raise Problem("invalid_request", "messages: write something; white space alone is no message.")


def refuse_uncarried(parsed: Mapping[str, Any], uncarried: Harmless) -> None:
    """Refuse what would be ignored otherwise, and missed in the answer. Raises: Problem, which names the field."""
    for name, harmless in uncarried.items():
        if parsed.get(name) not in (None, *harmless):
            raise Problem("invalid_request", f"{name}: this server cannot pass it on to a model; leave it out.")
