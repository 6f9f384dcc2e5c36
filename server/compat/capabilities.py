"""Refuses what no provider of a model supports, instead of leaving it out silently."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from g4f_lite.messages import Message, Params
from g4f_lite.protocols.functions import named
from g4f_lite.routing.model import Model, Route
from server.problems import Problem
from server.turns.question import Question

IgnorableValues = Mapping[str, tuple[Any, ...]]
"""Fields that would change the answer, each with the values that change nothing."""

PROVIDER_DEPENDENT: IgnorableValues = {
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "response_format": ({"type": "text"},),
}
"""Fields of OpenAI's API that only some providers support: tools, and the format of the answer."""

NO_TOOLS = "tool_choice: the request has no tools."


@dataclass(frozen=True, slots=True)
class Requirement:
    """A field that the provider must support.

    name: the client's name for it. field, value: as in `Provider.supports`.
    """

    name: str
    field: str
    value: Any

    def is_met_by(self, route: Route) -> bool:
        return route.provider.instance.supports(self.field, self.value)


def refuse_unsupported(parsed: Mapping[str, Any], unsupported: IgnorableValues) -> None:
    """Refuse fields that no provider supports. Raises: Problem, which names the field."""
    for name, ignorable in unsupported.items():
        if parsed.get(name) not in (None, *ignorable):
            raise Problem("invalid_request", f"{name}: this server does not support this field; leave it out.")


def question_of(
    model: Model, messages: list[Message], params: Params, names: Mapping[str, str] | None = None
) -> Question:
    """Return the question, with only those routes of the model that support all of it.

    names: the client's names for fields that differ from OpenAI's. Raises: Problem, which names a field.
    """
    name = named(params.extra.get("tool_choice"))
    if name and not any(named(tool) == name for tool in params.extra["tools"]):
        raise Problem("invalid_request", f"tool_choice: the request has no tool called {name[:100]}.")
    return Question(restrict_routes(model, _requirements(messages, params.extra, names or {})), messages, params)


def restrict_routes(model: Model, requirements: Sequence[Requirement]) -> Model:
    """Return the model with only those routes that meet all requirements.

    Raises: Problem, which names one that no route meets, or all of them if each is met by a different route.
    """
    routes = tuple(route for route in model.routes if all(required.is_met_by(route) for required in requirements))
    if routes:
        return replace(model, routes=routes)
    unmet = [required.name for required in requirements if not any(map(required.is_met_by, model.routes))]
    names = unmet[0] if unmet else " and ".join(required.name for required in requirements)
    sentence = "no provider of this model supports this field; leave it out, or choose another model."
    raise Problem("invalid_request", f"{names}: {sentence}")


def _requirements(messages: Sequence[Message], extra: Mapping[str, Any], names: Mapping[str, str]) -> list[Requirement]:
    given = {field: extra.get(field) for field in PROVIDER_DEPENDENT}
    requirements = [
        Requirement(names.get(field, field), field, value)
        for field, value in given.items()
        if value not in (None, *PROVIDER_DEPENDENT[field])
    ]
    calls = [call for message in messages for call in message.extra.get("tool_calls", ())]
    if any(message.extra for message in messages):
        requirements.append(Requirement("messages", "tools", calls))
    return requirements
