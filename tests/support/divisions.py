"""Dividing bytes and texts as networks and services do."""

from collections.abc import Iterable
from itertools import pairwise
from typing import TypeVar

Whole = TypeVar("Whole", bytes, str)


def divided(whole: Whole, cuts: Iterable[int]) -> list[Whole]:
    """Return the parts between the cuts, in order; some may be empty, and a cut behind the end is at the end."""
    marks = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    return [whole[start:end] for start, end in pairwise(marks)]
