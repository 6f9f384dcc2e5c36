"""An answer's HTML while it arrives: rendered once for all readers, at most ten times a second."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from server.render.rendering import Rendering
from server.store.records import StoredMessage

SHORTEST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5
COST_FACTOR = 10
"""A rendering that took long is followed by a pause this many times as long."""
LAG_FACTOR = 5
"""Where the loop is so busy that the pause lasted longer than it should, the next one is longer by this."""
LONG_TAIL = 4_096
"""Characters of an open block from which on it is rendered in a thread, so that other streams go on meanwhile."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An answer as far as it has come: a page shows it and reads on behind event `seq`."""

    seq: int
    answer: StoredMessage
    blocks: list[str]


class GrowingAnswer(Protocol):
    """What is shown: its text so far, and the number of the last event that brought some."""

    @property
    def content(self) -> str: ...

    @property
    def content_seq(self) -> int: ...


class LiveRendering:
    """Renders an answer when somebody looks. Lives on the event loop."""

    def __init__(self, answer: GrowingAnswer) -> None:
        """Begin with the text that is there."""
        self._answer = answer
        self._rendered = len(answer.content)
        self._rendering = Rendering(answer.content, answer.content_seq)
        self._complete = self._finished = False
        self._due = self._lag_s = 0.0
        self._lock = asyncio.Lock()

    def complete(self) -> None:
        """Learn that there is no more to come: the next look brings the final rendering, as history shows it."""
        self._complete = True

    async def render(self, *, now: bool = False) -> Rendering:
        """Return the rendering, brought up to date unless it was a moment ago; `now` does not wait for its turn."""
        async with self._lock:
            clock = asyncio.get_running_loop().time
            if now or self._complete or clock() >= self._due:
                await self._catch_up()
                self._due = clock() + self._pause_s()
            if self._complete and not self._finished:
                self._finished = True
                await _in_thread(self._rendering.finish)
            return self._rendering

    async def wait(self) -> None:
        """Wait until the next rendering is due."""
        clock = asyncio.get_running_loop().time
        due = max(self._due, clock())
        await asyncio.sleep(due - clock())
        self._lag_s = clock() - due

    def _pause_s(self) -> float:
        busy_s = max(COST_FACTOR * self._rendering.cost_s, LAG_FACTOR * self._lag_s)
        return max(SHORTEST_PAUSE_S, min(busy_s, LONGEST_PAUSE_S))

    async def _catch_up(self) -> None:
        content = self._answer.content
        if len(content) == self._rendered:
            return
        self._rendering.feed(content[self._rendered :], self._answer.content_seq)
        self._rendered = len(content)
        if self._rendering.pending < LONG_TAIL:
            self._rendering.update()
        else:
            await _in_thread(self._rendering.update)


async def _in_thread(work: Callable[[], None]) -> None:
    await asyncio.get_running_loop().run_in_executor(None, work)
