"""Repeated fragments, and whether time grows with the length of a text and no faster."""

import gc
import random
from collections.abc import Callable, Sequence
from time import thread_time

MOST_PER_DOUBLING = 2.5
"""Linear work takes twice as long for twice the text, quadratic work four times."""
TRIES = 6
"""A busy machine disturbs a measurement; it does not disturb six."""
NOISE_S = 0.002
"""CPU seconds below which a measurement says nothing."""


def fragments(pieces: Sequence[str], most: int) -> list[str]:
    """Return each piece, and combinations of two and three, the same in each run."""
    chosen = random.Random(13)
    mixed = {"".join(chosen.choices(pieces, k=2 + index % 2)) for index in range(most)}
    return [*pieces, *sorted(mixed - set(pieces))]


def repeated(fragment: str, characters: int) -> str:
    """Return a text of about this length."""
    return fragment * (characters // len(fragment))


def is_linear(work: Callable[[str], object], fragment: str, characters: int) -> bool:
    """Tell whether work on twice the text takes less than 2.5 times the CPU time."""
    small, large = repeated(fragment, characters), repeated(fragment, 2 * characters)
    return any(_cpu_s(work, large) < MOST_PER_DOUBLING * max(NOISE_S, _cpu_s(work, small)) for _ in range(TRIES))


def _cpu_s(work: Callable[[str], object], text: str) -> float:
    """Return CPU seconds, without those of the garbage collector, which looks at all that other tests left behind."""
    gc.disable()
    try:
        started = thread_time()
        work(text)
        return thread_time() - started
    finally:
        gc.enable()
