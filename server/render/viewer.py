"""What one reader has seen of a growing answer, and what has changed since."""

from dataclasses import dataclass
from itertools import zip_longest

from server.render.rendering import Block, Rendering


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one block: replace it by `html` (empty: it is gone), or append `text` to its code."""

    block: int
    html: str | None = None
    text: str | None = None


class Viewer:
    """One reader of one rendering. It renders nothing itself."""

    def __init__(self, after: int = 0) -> None:
        """Start with a reader that has the blocks as of event `after`."""
        self._after = after
        self._seen: tuple[Block, ...] | None = None

    def changes(self, rendering: Rendering) -> list[Change]:
        """Return the changes since the last call, in the order of the blocks."""
        now = tuple(rendering.blocks)
        seen = self._seen if self._seen is not None else [b if b.seq <= self._after else None for b in now]
        self._seen = now
        pairs = zip_longest(now, seen)
        return [_change(block, before) for block, before in pairs if block is not before and block is not None]


def _change(block: Block, before: Block | None) -> Change:
    if before and before.code is not None and block.code is not None and block.code.startswith(before.code):
        return Change(block.number, text=block.code[len(before.code) :])
    return Change(block.number, html=block.html)
