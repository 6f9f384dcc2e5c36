"""What a request asks for that some providers cannot do, or none: it is refused, and never left out in silence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from g4f_lite.messages import Message, Params
from g4f_lite.protocols.functions import named
from g4f_lite.routing.model import Model, Route
from server.problems import Problem
from server.turns.question import Question

Harmless = Mapping[str, tuple[Any, ...]]
"""Fields that would change what the answer is, each with the values that change nothing."""

CARRIED_BY_SOME: Harmless = {
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "response_format": ({"type": "text"},),
}
"""Of OpenAI's protocol: tools, and the form of an answer."""

NO_TOOLS = "tool_choice: there are no tools to choose from."


@dataclass(frozen=True, slots=True)
class Requirement:
    """A field that has to be carried. name: what the client calls it. field, value: as `Provider.supports` has them."""

    name: str
    field: str
    value: Any

    def is_met_by(self, route: Route) -> bool:
        return route.provider.instance.supports(self.field, self.value)


def refuse_uncarried(parsed: Mapping[str, Any], uncarried: Harmless) -> None:
    """Refuse what no provider carries. Raises: Problem, which names the field."""
    for name, harmless in uncarried.items():
        if parsed.get(name) not in (None, *harmless):
            raise Problem("invalid_request", f"{name}: this server cannot pass it on to a model; leave it out.")


def question_of(
    model: Model, messages: list[Message], params: Params, names: Mapping[str, str] | None = None
) -> Question:
    """Return the question, for those alone who carry all of it.

    names: what the client calls fields that it does not call as OpenAI does. Raises: Problem, which names a field.
    """
    name = named(params.extra.get("tool_choice"))
    if name and not any(named(tool) == name for tool in params.extra["tools"]):
        raise Problem("invalid_request", f"tool_choice: there is no tool called {name[:100]} among the tools.")
    return Question(carrying(model, _requirements(messages, params.extra, names or {})), messages, params)


def carrying(model: Model, requirements: Sequence[Requirement]) -> Model:
    """Return the model with those routes alone that meet all requirements.

    Raises: Problem, which names one that no route meets, or all where each is met by another route.
    """
    routes = tuple(route for route in model.routes if all(one.is_met_by(route) for one in requirements))
    if routes:
        return replace(model, routes=routes)
    unmet = [one.name for one in requirements if not any(map(one.is_met_by, model.routes))]
    names = unmet[0] if unmet else " and ".join(one.name for one in requirements)
    sentence = "nobody who answers for this model can be told; leave it out, or pick another model."
    raise Problem("invalid_request", f"{names}: {sentence}")


def _requirements(messages: Sequence[Message], extra: Mapping[str, Any], names: Mapping[str, str]) -> list[Requirement]:
    given = {field: extra.get(field) for field in CARRIED_BY_SOME}
    requirements = [
        Requirement(names.get(field, field), field, value)
        for field, value in given.items()
        if value not in (None, *CARRIED_BY_SOME[field])
    ]
    calls = [call for message in messages for call in message.extra.get("tool_calls", ())]
    if any(message.extra for message in messages):
        requirements.append(Requirement("messages", "tools", calls))
    return requirements
