"""The pieces of a reply, which providers yield as it arrives: a closed set of small values."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from g4f_lite.errors import G4FLiteError

FinishReason = Literal["stop", "length", "content_filter", "tool_calls"]


@dataclass(frozen=True, slots=True)
class Content:
    """Text of the reply, never empty. All of them joined are the reply."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """The model's reasoning before its reply, or between parts of it; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCalls:
    """Parts of calls to the request's tools, as OpenAI's protocol streams them.

    parts: objects with an `index`, which counts the calls from 0. The first part of a call also has its `id`, its
    `type` and the `name` in its `function`. Each may have a part of the function's `arguments`, which joined are JSON
    text. Unknown members are kept.
    """

    parts: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Usage:
    """The service's counts, in tokens. A later Usage replaces an earlier one."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Finish:
    """The reason for the end of the reply. At most one, after the last text."""

    reason: FinishReason


@dataclass(frozen=True, slots=True)
class UpstreamState:
    """State that the service needs on the next turn of this branch: JSON values, stored with the message."""

    state: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that failed before the first text; another one follows.

    provider: the name in config.json, or that of an inference provider behind it.
    """

    provider: str
    error: G4FLiteError


@dataclass(frozen=True, slots=True)
class Via:
    """The provider that answers behind a service that forwards requests. model: its name there."""

    name: str
    model: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the person about a change of the request, such as messages left out."""

    text: str


@dataclass(frozen=True, slots=True)
class Answering:
    """The route that answers. `routing.router.answer` yields it once, right before the first piece.

    After that, no other route is tried. via: the name in `Via`, if any. notices: sentences for the person about changes
    of the request.
    """

    provider: str
    label: str
    model: str
    via: str = ""
    notices: tuple[str, ...] = ()


Preliminary = Attempt | Via | Notice
"""Pieces that may come before the first text. As long as only these came, another route may still be tried."""

Piece = Content | Reasoning | ToolCalls | Usage | Finish | UpstreamState | Preliminary
Pieces = AsyncGenerator[Piece | Answering, None]
"""The pieces of one reply, as the router yields them."""
