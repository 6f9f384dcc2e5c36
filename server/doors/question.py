"""What a program asks, whatever the API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from g4f_lite.catalog import Model, Route
from g4f_lite.functions import named
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


@dataclass(frozen=True, slots=True)
class Wish:
    """A field that only some providers carry. name: what the client calls it. field, value: as they are asked."""

    name: str
    field: str
    value: Any

    def is_heard(self, route: Route) -> bool:
        return route.member.provider.carries(self.field, self.value)


def check_choice(extra: Mapping[str, Any]) -> None:
    """Refuse to have a tool called that is not offered. Raises: Problem."""
    name = named(extra.get("tool_choice"))
    if name and not any(named(tool) == name for tool in extra.get("tools", ())):
        raise Problem("invalid_request", f"tool_choice: there is no tool called {name[:100]} among the tools.")


def carrying(model: Model, wishes: Sequence[Wish]) -> Model:
    """Return the model with those routes alone that carry all wishes. Raises: Problem, which names one nobody does."""
    routes = tuple(route for route in model.routes if all(wish.is_heard(route) for wish in wishes))
    if routes:
        return replace(model, routes=routes)
    unheard = [wish.name for wish in wishes if not any(map(wish.is_heard, model.routes))]
    names = unheard[0] if unheard else " and ".join(wish.name for wish in wishes)
    sentence = "nobody who answers for this model can be told; leave it out, or pick another model."
    raise Problem("invalid_request", f"{names}: {sentence}")


def refuse_uncarried(parsed: Mapping[str, Any], uncarried: Harmless) -> None:
    """Refuse what would be ignored otherwise, and missed in the answer. Raises: Problem, which names the field."""
    for name, harmless in uncarried.items():
        if parsed.get(name) not in (None, *harmless):
            raise Problem("invalid_request", f"{name}: this server cannot pass it on to a model; leave it out.")
