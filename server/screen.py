"""An answer's HTML while it arrives: rendered once for all readers, at most ten times a second."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from server.render import Rendering

SHORTEST_PAUSE_S = 0.1
COST_FACTOR = 10
"""A rendering that took long is followed by a pause this many times as long."""
LONG_TAIL = 4_096
"""Characters of an open block from which on it is rendered in a thread, so that other streams go on meanwhile."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An answer as far as it has come: a page shows it and reads on behind event `seq`."""

    seq: int
    blocks: list[str]
    content: str
    reasoning: str


class Screen:
    """Collects an answer's text, and renders it when somebody looks. Lives on the event loop."""

    def __init__(self, content: str, seq: int) -> None:
        """Begin with the text that is there, up to event `seq`."""
        self._texts: list[str] = []
        self._seq = seq
        self._rendering = Rendering(content, seq)
        self._complete = self._finished = False
        self._due = 0.0
        self._one_at_a_time = asyncio.Lock()

    def feed(self, text: str, seq: int) -> None:
        """Take the text of event `seq`; nothing is rendered."""
        self._texts.append(text)
        self._seq = seq

    def complete(self) -> None:
        """Learn that there is no more to come: the next look brings the final rendering, as history shows it."""
        self._complete = True

    async def show(self, *, now: bool = False) -> Rendering:
        """Return the rendering, brought up to date unless it was a moment ago; `now` does not wait for its turn."""
        async with self._one_at_a_time:
            clock = asyncio.get_running_loop().time
            if now or self._complete or clock() >= self._due:
                await self._catch_up()
                self._due = clock() + max(SHORTEST_PAUSE_S, COST_FACTOR * self._rendering.cost_s)
            if self._complete and not self._finished:
                self._finished = True
                await _in_thread(self._rendering.finish)
            return self._rendering

    def pause_s(self) -> float:
        """Return how long it is until the next rendering, in seconds."""
        return max(0.0, self._due - asyncio.get_running_loop().time())

    async def _catch_up(self) -> None:
        if not self._texts:
            return
        self._rendering.feed("".join(self._texts), self._seq)
        self._texts.clear()
        if self._rendering.pending < LONG_TAIL:
            self._rendering.update()
        else:
            await _in_thread(self._rendering.update)


async def _in_thread(work: Callable[[], None]) -> None:
    await asyncio.get_running_loop().run_in_executor(None, work)
