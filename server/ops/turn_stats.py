"""Statistics of all turns since the start, for `/metrics`. Counted once per turn, on the event loop."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal

BOUNDS_S = (0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60)
"""Upper bounds of the time to the first token: from a loaded local model to the longest that people wait."""

Form = Literal["stored", "relayed"]


@dataclass(slots=True)
class Histogram:
    """Durations: how many fall below each of BOUNDS_S, how many are longer, and the sum of all in seconds."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    sum_s: float = 0

    def add(self, seconds: float) -> None:
        """Count a duration."""
        self.counts[bisect_left(BOUNDS_S, seconds)] += 1
        self.sum_s += seconds

    def cumulative(self) -> list[tuple[str, float]]:
        """Return the count up to each bound, as Prometheus expects it."""
        bounds = [*(f"{bound:g}" for bound in BOUNDS_S), "+Inf"]
        return list(zip(bounds, accumulate(self.counts), strict=True))


@dataclass(slots=True)
class TurnStats:
    """Turns by form and outcome, tokens by direction, and the time to the first token."""

    turns: Counter[tuple[Form, str]] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)
    first_tokens: Histogram = field(default_factory=Histogram)

    def count(self, form: Form, outcome: str, input_tokens: int, output_tokens: int) -> None:
        """Count a turn that ended."""
        self.turns[form, outcome] += 1
        self.tokens["input"] += input_tokens
        self.tokens["output"] += output_tokens
