"""Facts about a view for OpenAPI, stated next to it by a decorator."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

STRING, BOOLEAN = {"type": "string"}, {"type": "string", "enum": ["true", "false"]}
"""Types of query parameters."""

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Operation:
    """What the address and the docstring of a view do not say about it."""

    bodies: tuple[type[BaseModel], ...] = ()
    """The shapes that the JSON of a request may have."""
    query: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """JSON Schemas by the name of the parameter."""
    content_types: tuple[str, ...] = ("application/json",)
    """Of the response, where it has a body."""
    status: int = 200
    """Of a response that is not an error."""


def described(
    *bodies: type[BaseModel],
    query: Mapping[str, Mapping[str, Any]] | None = None,
    content_types: tuple[str, ...] = ("application/json",),
    status: int = 200,
) -> Callable[[View], View]:
    """State what OpenAPI says about a view, as `Operation` has it. A view without this has the defaults."""

    def describe(view: View) -> View:
        view.operation = Operation(bodies, query or {}, content_types, status)  # type: ignore[attr-defined]
        return view

    return describe
