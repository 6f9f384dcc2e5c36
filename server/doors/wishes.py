"""What only some providers can be told: tools, and the form of an answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from g4f_lite.catalog import Model, Route
from g4f_lite.functions import named
from g4f_lite.messages import Message, Params
from server.doors.question import Harmless
from server.problems import Problem
from server.question import Question

TELLING: Harmless = {
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "response_format": ({"type": "text"},),
}
"""Fields of OpenAI's protocol that only some providers can be told, each with the values that say nothing."""

NO_TOOLS = "tool_choice: there are no tools to choose from."


@dataclass(frozen=True, slots=True)
class Wish:
    """A field that has to be carried. name: what the client calls it. field, value: as `Provider.carries` has them."""

    name: str
    field: str
    value: Any

    def is_heard(self, route: Route) -> bool:
        return route.member.provider.carries(self.field, self.value)


def heard(model: Model, messages: list[Message], params: Params, names: Mapping[str, str] | None = None) -> Question:
    """Return the question, for those alone who can be told all of it.

    names: what the client calls fields that it does not call as OpenAI does. Raises: Problem, which names a field.
    """
    name = named(params.extra.get("tool_choice"))
    if name and not any(named(tool) == name for tool in params.extra["tools"]):
        raise Problem("invalid_request", f"tool_choice: there is no tool called {name[:100]} among the tools.")
    return Question(carrying(model, _wishes(messages, params.extra, names or {})), messages, params)


def carrying(model: Model, wishes: Sequence[Wish]) -> Model:
    """Return the model with those routes alone that carry all wishes. Raises: Problem, which names one nobody does."""
    routes = tuple(route for route in model.routes if all(wish.is_heard(route) for wish in wishes))
    if routes:
        return replace(model, routes=routes)
    unheard = [wish.name for wish in wishes if not any(map(wish.is_heard, model.routes))]
    names = unheard[0] if unheard else " and ".join(wish.name for wish in wishes)
    sentence = "nobody who answers for this model can be told; leave it out, or pick another model."
    raise Problem("invalid_request", f"{names}: {sentence}")


def _wishes(messages: Sequence[Message], extra: Mapping[str, Any], names: Mapping[str, str]) -> list[Wish]:
    given = {field: extra.get(field) for field in TELLING}
    wishes = [
        Wish(names.get(field, field), field, value)
        for field, value in given.items()
        if value not in (None, *TELLING[field])
    ]
    calls = [call for message in messages for call in message.extra.get("tool_calls", ())]
    if any(message.extra for message in messages):
        wishes.append(Wish("messages", "tools", calls))
    return wishes
