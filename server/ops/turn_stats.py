"""What became of all turns since the start, in numbers. Counted once a turn, on the event loop."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal

BOUNDS_S = (0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60)
"""Upper bounds of the times to a first token: from a local model that is loaded to the longest that is waited."""

Form = Literal["stored", "relayed"]


@dataclass(slots=True)
class Times:
    """How many times there were up to each of BOUNDS_S, and longer ones; and all seconds together."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    sum_s: float = 0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS_S, seconds)] += 1
        self.sum_s += seconds

    def cumulative(self) -> list[tuple[str, float]]:
        """Return how many there were up to each bound, as Prometheus wants them."""
        bounds = [*(f"{bound:g}" for bound in BOUNDS_S), "+Inf"]
        return list(zip(bounds, accumulate(self.counts), strict=True))


@dataclass(slots=True)
class Figures:
    """Turns by form and outcome, tokens by direction, and how long first tokens took."""

    turns: Counter[tuple[Form, str]] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)
    first_tokens: Times = field(default_factory=Times)

    def ended(self, form: Form, outcome: str, input_tokens: int, output_tokens: int) -> None:
        """Count a turn that ended."""
        self.turns[form, outcome] += 1
        self.tokens["input"] += input_tokens
        self.tokens["output"] += output_tokens
