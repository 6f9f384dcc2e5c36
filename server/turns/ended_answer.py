"""Replays an ended answer. Its texts are in memory once for all who read it, and leave in slices as they are read."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

from server.render import blocks
from server.store import Store
from server.store.records import Batch, StoredMessage
from server.turns import events, replay

SLICE = 64 * 1024
"""Characters of a text that a slow reader keeps for itself."""


class EndedAnswer:
    """An ended answer with its events, as far as the store still has them. May be used from any thread."""

    def __init__(self, message: StoredMessage, batches: Sequence[Batch]) -> None:
        """batches: those the store still has, in order."""
        self._message = message
        self._batches = list[Batch]()
        self._first_seq = message.last_seq + 1
        for batch in reversed(batches):
            if batch.last_seq == self._first_seq - 1:
                self._first_seq = batch.first_seq
                self._batches.insert(0, batch)

    def lines(self, after: int, html: bool) -> Iterator[str]:
        """Return the lines after event `after` in slices; the whole answer if its events are gone.

        They are deleted after a while, and lost if a process dies before it has saved what a reader received. A reader
        that has them all gets the last one again. Of an interrupted answer it gets everything, because the interruption
        may have the number of a lost event.
        """
        if html:  # the answer is rendered now, in the caller's thread
            self._other_events, self._blocks  # noqa: B018
        return self._lines(after, html)

    def _lines(self, after: int, html: bool) -> Iterator[str]:
        last_seq = self._message.last_seq
        if after == last_seq and self._message.status != "interrupted":
            yield events.event(last_seq, *replay.events_of(self._message)[-1])
        elif not self._first_seq - 1 <= after < last_seq:
            yield from self._whole(html)
        elif html:
            yield from self._with_blocks(after)
        else:
            for batch in self._batches:
                if batch.last_seq > after:
                    yield from _slices(batch.lines, events.offset(batch.lines, after + 1 - batch.first_seq))

    @cached_property
    def _blocks(self) -> list[str]:
        return blocks(self._message.content)

    @cached_property
    def _other_events(self) -> tuple[list[tuple[int, str]], int]:
        """The numbers and lines of the events that are no content, and the number of the last content, or 0."""
        others, last = list[tuple[int, str]](), 0
        for batch in self._batches:
            for seq, line in enumerate(events.split(batch.lines), batch.first_seq):
                if events.is_content(line):
                    last = seq
                else:
                    others.append((seq, line))
        return others, last

    def _with_blocks(self, after: int) -> Iterator[str]:
        """Yield the lines with the blocks of the answer instead of its last content, and without its other contents."""
        others, last = self._other_events
        sent = last
        for seq, line in others:
            if after < seq < last:
                sent = seq
                yield from _slices(line)
        if last > after:
            yield from self._block_lines(sent, last)
        for seq, line in others:
            if seq > max(after, last):
                yield line

    def _whole(self, html: bool) -> Iterator[str]:
        sent = replay.events_of(self._message)
        for seq, (type_, members) in enumerate(sent, self._message.last_seq - len(sent) + 1):
            if html and type_ == "content":
                yield from self._block_lines(seq - 1, seq)
            else:
                yield from _event(seq, type_, members)

    def _block_lines(self, sent: int, seq: int) -> Iterator[str]:
        """Yield a line for each block; the last has the number `seq`, the others the number that was sent before."""
        for block, html in enumerate(self._blocks):
            number = seq if block == len(self._blocks) - 1 else sent
            yield from _event(number, "html", {"block": block, "html": html})


_read_now: WeakValueDictionary[tuple[str, str, int], EndedAnswer] = WeakValueDictionary()
_sharing = Lock()


def ended_answer(store: Store, user_id: str, message: StoredMessage) -> EndedAnswer:
    """Return an ended answer, the one that others are reading already if there is one. Raises: Problem."""
    key = user_id, message.id, message.last_seq
    with _sharing:
        found = _read_now.get(key)
    if found:
        return found
    made = EndedAnswer(message, store.batches(user_id, message.id, 0))
    with _sharing:
        return _read_now.setdefault(key, made)


def _event(seq: int, type_: str, members: dict[str, Any]) -> Iterator[str]:
    """Yield the line of an event, in slices if its last member is a long text."""
    name, text = list(members.items())[-1]
    if not isinstance(text, str) or len(text) <= SLICE:
        yield events.event(seq, type_, members)
        return
    before, quote, after = events.event(seq, type_, {**members, name: ""}).rpartition('""')
    yield before + quote[0]
    for part in _slices(text):
        yield events.quoted(part)[1:-1]
    yield quote[1] + after


def _slices(text: str, start: int = 0) -> Iterator[str]:
    for begin in range(start, len(text), SLICE):
        yield text[begin : begin + SLICE]
