"""Live HTML of a growing answer: rendered once for all readers, at most ten times a second."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from server.render.rendering import Rendering
from server.store.records import StoredMessage

SHORTEST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5
COST_FACTOR = 10
"""The pause after a rendering lasts this many times as long as the rendering."""
LAG_FACTOR = 5
"""If a busy loop ends a pause late, the next pause is at least this many times the delay."""
RENDERERS = 2
"""Threads that render running answers; what pages show has others, so that answers do not wait for them."""

Result = TypeVar("Result")

_threads = ThreadPoolExecutor(RENDERERS, "live")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A running answer so far: a page shows it, and then streams the events after `seq`."""

    seq: int
    answer: StoredMessage
    blocks: list[str]


class GrowingAnswer(Protocol):
    """The text so far, and the number of the last event that added to it."""

    @property
    def content(self) -> str: ...

    @property
    def content_seq(self) -> int: ...


class LiveRendering:
    """Renders an answer when a reader asks. Lives on the event loop."""

    def __init__(self, answer: GrowingAnswer) -> None:
        """Start with the text that the answer has."""
        self._answer = answer
        self._rendered = len(answer.content)
        self._rendering = Rendering()
        self._earlier = answer.content
        self._earlier_seq = answer.content_seq
        self._complete = self._finished = False
        self._due = self._lag_s = 0.0
        self._lock = asyncio.Lock()

    def complete(self) -> None:
        """Mark the text as complete: the next rendering is the final one, as in the history."""
        self._complete = True

    async def render(self, *, now: bool = False) -> Rendering:
        """Return the rendering, updated if its pause is over; `now` updates it in any case."""
        async with self._lock:
            clock = asyncio.get_running_loop().time
            if self._earlier:
                self._rendering = await in_thread(partial(Rendering, self._earlier, self._earlier_seq))
                self._earlier = ""
            if now or self._complete or clock() >= self._due:
                await self._catch_up()
                self._due = clock() + self._pause_s()
            if self._complete and not self._finished:
                await in_thread(self._rendering.finish)
                self._finished = True
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
        if self._rendering.is_quick:
            self._rendering.update()
        else:  # other streams do not wait for it
            await in_thread(self._rendering.update)


async def in_thread(work: Callable[[], Result]) -> Result:
    """Return the result of rendering something in one of the threads for running answers."""
    return await asyncio.get_running_loop().run_in_executor(_threads, work)
