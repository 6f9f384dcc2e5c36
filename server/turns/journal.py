"""The journal of a running turn: its numbered events, for any number of readers."""

import asyncio

from server.store.records import Batch
from server.turns import events


class Journal:
    """Lines of events with consecutive numbers. Lives on the event loop; nothing here waits for a reader.

    The newest lines are a list. `seal` joins them into a batch, which the store saves and which takes less memory.
    """

    def __init__(self, user_id: str, message_id: str, last_seq: int = 0) -> None:
        """Start after `last_seq`, the number of the message's last event in earlier turns."""
        self.base_seq = last_seq
        self.last_seq = last_seq
        self.ended = False
        self.unsaved: list[Batch] = []
        self._key = (user_id, message_id)
        self._batches: list[Batch] = []
        self._tail: list[str] = []
        self._tail_seq = last_seq + 1
        self._waiting: set[asyncio.Future[None]] = set()

    def append(self, line: str, *, last: bool = False) -> None:
        """Add the line of event `last_seq + 1`, and wake the readers."""
        self.last_seq += 1
        self._tail.append(line)
        self.ended = last
        if self._waiting:
            self._wake()

    def after(self, seq: int) -> tuple[list[str], int]:
        """Return lines after `seq`, at least one if there is any, and the number of the last one returned."""
        if seq >= self._tail_seq - 1:
            return self._tail[seq - self._tail_seq + 1 :], self.last_seq
        batch = next(batch for batch in self._batches if batch.last_seq > seq)
        return events.split(batch.lines)[max(0, seq + 1 - batch.first_seq) :], batch.last_seq

    def seal(self) -> None:
        """Join the newest lines into a batch to save."""
        if self._tail:
            batch = Batch(*self._key, self._tail_seq, self.last_seq, "".join(self._tail))
            self._batches.append(batch)
            self.unsaved.append(batch)
            self._tail, self._tail_seq = [], self.last_seq + 1

    def last_batch(self, last_line: str) -> Batch:
        """Return all unsaved lines as one batch, with the line of the event that will end the turn."""
        lines = [*(batch.lines for batch in self.unsaved), *self._tail, last_line]
        first_seq = self.unsaved[0].first_seq if self.unsaved else self._tail_seq
        return Batch(*self._key, first_seq, self.last_seq + 1, "".join(lines))

    async def wait(self, timeout_s: float) -> bool:
        """Wait for the next line, at most `timeout_s` seconds. Returns: whether there is one."""
        loop = asyncio.get_running_loop()
        waiting = loop.create_future()
        timer = loop.call_later(timeout_s, _release, waiting)
        self._waiting.add(waiting)
        seen = self.last_seq
        try:
            await waiting
        finally:
            timer.cancel()
            self._waiting.discard(waiting)
        return self.last_seq > seen

    def _wake(self) -> None:
        for waiting in self._waiting:
            _release(waiting)


def _release(waiting: "asyncio.Future[None]") -> None:
    if not waiting.done():
        waiting.set_result(None)
