"""What a provider yields while a reply arrives: a closed set of small values."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from g4f_lite.errors import G4FLiteError

FinishReason = Literal["stop", "length", "content_filter", "tool_calls"]


@dataclass(frozen=True, slots=True)
class Content:
    """Text of the reply. All of them joined are the reply; `text` is never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Text the model wrote for itself before, or between, its reply; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCalls:
    """Parts of calls of tools that the request offered, as OpenAI's protocol streams them.

    parts: objects with an `index`, which counts the calls from 0. The first one of a call has its `id` and `type`, too,
    and the `name` in its `function`; each may have more of that one's `arguments`, a text of JSON when they are joined.
    Members that nobody here knows stay where they are.
    """

    parts: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Usage:
    """What the service counted, in tokens. A later one replaces an earlier one."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Finish:
    """Why the reply ended. At most one, behind the last text."""

    reason: FinishReason


@dataclass(frozen=True, slots=True)
class UpstreamState:
    """What the service wants to hear on the next turn of this branch: JSON values, kept with the message."""

    state: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody who failed before anything was said; the next one is asked.

    provider: the name in config.json; from a provider that asks others, the name of one of those.
    """

    provider: str
    error: G4FLiteError


@dataclass(frozen=True, slots=True)
class Via:
    """Who answers behind a service that passes requests on to others. model: what it is called there."""

    name: str
    model: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the person about what was done to the request, such as what had to be left out."""

    text: str


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers. `routing.router.answer` yields it once, right before the first piece; then no other route is tried.

    via: who answers behind a service that passes requests on; empty if it names nobody. notices: sentences for the
    person about what was changed in the request.
    """

    provider: str
    label: str
    model: str
    via: str = ""
    notices: tuple[str, ...] = ()


Preliminary = Attempt | Via | Notice
"""What comes before the first text, if at all; while there is nothing else, anything may still change."""

Piece = Content | Reasoning | ToolCalls | Usage | Finish | UpstreamState | Preliminary
Pieces = AsyncGenerator[Piece | Answering, None]
"""The pieces of one reply, as the router yields them."""
