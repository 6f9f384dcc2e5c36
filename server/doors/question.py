"""What a program asks, whatever the API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from g4f_lite.catalog import Model
from g4f_lite.messages import Message, Params
from server.problems import Problem

Harmless = Mapping[str, tuple[Any, ...]]
"""Fields that would change what the answer is, each with the values that change nothing."""


@dataclass(frozen=True, slots=True)
class Question:
    """Who is asked what."""

    model: Model
    messages: list[Message]
    params: Params


def check_said(messages: Sequence[Message]) -> None:
    """Refuse messages that say nothing. Raises: Problem."""
    if not any(message.content.strip() or message.images for message in messages):
        raise Problem("invalid_request", "messages: write something; white space alone is no message.")


def carrying(model: Model, field: str) -> Model:
    """Return the model with those routes alone that can carry a field. Raises: Problem, which names it."""
    routes = tuple(route for route in model.routes if route.member.provider.carries_extras)
    if not routes:
        sentence = "nobody who answers for this model can be told; leave it out, or pick another model."
        raise Problem("invalid_request", f"{field}: {sentence}")
    return replace(model, routes=routes)


def refuse_uncarried(parsed: Mapping[str, Any], uncarried: Harmless) -> None:
    """Refuse what would be ignored otherwise, and missed in the answer. Raises: Problem, which names the field."""
    for name, harmless in uncarried.items():
        if parsed.get(name) not in (None, *harmless):
            raise Problem("invalid_request", f"{name}: this server cannot pass it on to a model; leave it out.")
