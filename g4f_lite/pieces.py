"""What a provider yields while a reply arrives: a closed set of small values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

FinishReason = Literal["stop", "length", "content_filter"]


@dataclass(frozen=True, slots=True)
class Content:
    """Text of the reply. All of them joined are the reply; `text` is never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Text the model wrote for itself before, or between, its reply; never empty."""

    text: str


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


Piece = Content | Reasoning | Usage | Finish | UpstreamState
