"""An answer's blocks while it arrives: closed ones are rendered once, what comes behind them again and again."""

import re
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import zip_longest
from time import perf_counter

from server.render.document import blocks, encodable
from server.render.incomplete_markdown import completed, decided, open_fence
from server.render.markdown import Lines, parse_live, render
from server.render.markup import figure

AT_THE_END = sys.maxsize
"""The `seq` of a block that the final rendering changed: later than anything a reader can have seen before."""

_LINE_END = re.compile(r"\r\n?")


@dataclass(frozen=True, slots=True)
class Block:
    """One block as it is shown. `html` is empty where a block was and is no more.

    seq: of the newest content it shows.
    code: the text inside while this is a block of code that is still open.
    """

    number: int
    html: str
    seq: int
    code: str | None = None


Shown = tuple[str, str | None]
"""A block's HTML, and its code while that is open."""
GONE: Shown = ("", None)


class Rendering:
    """One answer, rendered once for all its readers. `feed` may be called while another thread is in `update`."""

    def __init__(self, text: str = "", seq: int = 0) -> None:
        """Begin with the text of an answer that goes on, shown as history shows it."""
        self.blocks: Sequence[Block] = ()
        self.seq = seq
        self.cost_s = 0.0
        self._fed: deque[tuple[str, int]] = deque()
        self._texts = [text]
        self._closed: list[Shown] = []
        self._tail = text
        self._lines: Lines = {}
        self._parsed: tuple[str, list[Shown]] = ("", [])
        self._in_code = False
        self._show(((html, None) for html in blocks(text)), seq)

    def feed(self, text: str, seq: int) -> None:
        """Take the text of event `seq`; `seq` grows from call to call. Nothing is rendered."""
        self._fed.append((text, seq))

    @property
    def pending(self) -> int:
        """Return how many characters the next update parses."""
        return sum(len(text) for text, _ in tuple(self._fed)) + (0 if self._in_code else len(self._tail))

    @property
    def closed(self) -> int:
        """Return how many blocks are whole; nothing but `finish` can still change them."""
        return len(self._closed)

    def update(self) -> None:
        """Show what was fed since the last time."""
        started = perf_counter()
        if self._fed:
            text, seq = self._take()
            self._tail = _normalised(self._tail + text)
            tail = self._advance()
            self._show([*self._closed, *tail], seq)
            self.seq = seq
            self.cost_s = perf_counter() - started

    def finish(self) -> None:
        """Show the whole as history will; what differs then is changed. Takes some 0.7 ms per 1,000 characters."""
        _, seq = self._take()
        self._show(((html, None) for html in blocks("".join(self._texts))), AT_THE_END)
        self.seq = seq

    def _take(self) -> tuple[str, int]:
        """Return the text that was fed since, and the newest seq."""
        texts, seq = [], self.seq
        while self._fed:
            text, seq = self._fed.popleft()
            texts.append(text)
        self._texts += texts
        return "".join(texts), seq

    def _advance(self) -> list[Shown]:
        """Close what can be closed, and return what the rest of the tail shows."""
        code = self._open_code()
        if code:
            return [code]
        text = decided(self._tail)
        if text != self._parsed[0]:
            shown = self._parse(text)
            self._parsed = (decided(self._tail), shown)
        return self._parsed[1]

    def _parse(self, text: str) -> list[Shown]:
        sources = parse_live(completed(text), self._lines)
        # the start of a block may still turn out to be something else until its first line is whole
        lines = text.count("\n")
        sure = max((index for index, source in enumerate(sources) if source.line < lines), default=0)
        if sure:
            self._closed += _not_empty((render(source), None) for source in sources[:sure])
            self._tail = _from_line(self._tail, sources[sure].line)
            code = self._open_code()
            if code:
                return [code]
        return list(_not_empty((render(source, live=True), None) for source in sources[sure:]))

    def _open_code(self) -> Shown | None:
        fence = open_fence(self._tail)
        self._in_code = fence is not None
        return (figure(escape(fence.code, quote=False), fence.language), fence.code) if fence else None

    def _show(self, shown: Iterable[Shown], seq: int) -> None:
        pairs = zip_longest(self.blocks, shown)
        self.blocks = tuple(_block(number, before, now or GONE, seq) for number, (before, now) in enumerate(pairs))


def _block(number: int, before: Block | None, now: Shown, seq: int) -> Block:
    """Return the block there was if it shows the same, or a new one."""
    html, code = now
    return before if before and (before.html, before.code) == now else Block(number, html, seq, code)


def _not_empty(shown: Iterable[Shown]) -> Iterator[Shown]:
    return (one for one in shown if one[0])


def _normalised(text: str) -> str:
    """Return the text with line ends as the parser sees them; a last \\r may yet be half of one."""
    body = text.removesuffix("\r")
    return encodable(_LINE_END.sub("\n", body).replace("\0", "\ufffd")) + text[len(body) :]


def _from_line(text: str, line: int) -> str:
    start = 0
    for _ in range(line):
        start = text.index("\n", start) + 1
    return text[start:]
