"""The blocks of a growing answer: finished ones are rendered once, the rest again with each update."""

import re
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import zip_longest
from time import perf_counter

from server.render.budget import UPDATE_CPU_S, Budget
from server.render.document import encodable, rendered
from server.render.incomplete_markdown import completed, decided, open_fence
from server.render.markdown import Lines, from_line, parse_live, render
from server.render.markup import figure

AT_THE_END = sys.maxsize
"""The `seq` of a block that the final rendering changed: later than anything a reader has seen."""

LONG_TAIL = 4_096
"""Characters; parsing fewer takes a few milliseconds at most."""

_LINE_END = re.compile(r"\r\n?")


@dataclass(frozen=True, slots=True)
class Block:
    """One block as shown. `html` is empty where a block has disappeared.

    seq: of the newest content it shows.
    code: the text inside while this is a block of code that is still open.
    """

    number: int
    html: str
    seq: int
    code: str | None = None


Shown = tuple[str, str | None]
"""A block's HTML, and its code while the fence is open."""
GONE: Shown = ("", None)


class Rendering:
    """One answer, rendered once for all readers. `feed` may be called while another thread is in `update`."""

    def __init__(self, text: str = "", seq: int = 0) -> None:
        """Start with the text of an answer that continues, shown as in history."""
        self.blocks: Sequence[Block] = ()
        self.seq = seq
        self.cost_s = 0.0
        self._fed: deque[tuple[str, int]] = deque()
        self._texts = [text]
        self._closed: list[Shown] = []
        self._tail = text
        self._lines: Lines = {}
        self._parsed: tuple[str, list[Shown]] = ("", [])
        self._in_code = self._is_slow = False
        self._show(((html, None) for html in rendered(text)), seq)

    def feed(self, text: str, seq: int) -> None:
        """Take the text of event `seq`, which increases from call to call. Nothing is rendered yet."""
        self._fed.append((text, seq))

    @property
    def is_quick(self) -> bool:
        """Tell whether the next update parses little text, and cannot close a block of code, which would colour it."""
        fed = "".join(text for text, _ in tuple(self._fed))
        if self._in_code or self._is_slow:
            return len(fed) < LONG_TAIL and "`" not in fed and "~" not in fed
        text = self._tail + fed
        return len(text) < LONG_TAIL and "```" not in text and "~~~" not in text

    @property
    def closed(self) -> int:
        """Return how many blocks are finished; only `finish` can still change them."""
        return len(self._closed)

    def update(self) -> None:
        """Render what was fed since the last update."""
        started = perf_counter()
        if self._fed:
            text, seq = self._take()
            self._tail = _normalised(self._tail + text)
            tail = self._advance()
            self._show([*self._closed, *tail], seq)
            self.seq = seq
            self.cost_s = perf_counter() - started

    def finish(self) -> None:
        """Render the whole as in history and change the blocks that differ. Takes about 0.7 ms per 1,000 characters."""
        _, seq = self._take()
        self._show(((html, None) for html in rendered("".join(self._texts))), AT_THE_END)
        self.seq = seq

    def _take(self) -> tuple[str, int]:
        """Return the text fed since the last update, and the newest seq."""
        texts, seq = [], self.seq
        while self._fed:
            text, seq = self._fed.popleft()
            texts.append(text)
        self._texts += texts
        return "".join(texts), seq

    def _advance(self) -> list[Shown]:
        """Finish the blocks that are certain, and return how the rest of the tail is shown.

        Where an update took too long, the rest is shown as it is until the end, like a block of code that grows.
        """
        if self._is_slow:
            return [(figure(escape(self._tail, quote=False), ""), self._tail)]
        code = self._open_code()
        if code:
            return [code]
        text = decided(self._tail)
        if text != self._parsed[0]:
            shown = self._parse(text)
            self._parsed = (decided(self._tail), shown)
        return self._parsed[1]

    def _parse(self, text: str) -> list[Shown]:
        budget = Budget(UPDATE_CPU_S)
        sources = parse_live(completed(text), self._lines, budget)
        # until its first line is complete, the start of a block may become something else
        lines = text.count("\n")
        sure = max((index for index, source in enumerate(sources) if source.line < lines), default=0)
        if sure:
            self._closed += _not_empty((render(source, budget), None) for source in sources[:sure])
            self._tail = from_line(self._tail, sources[sure].line)
            code = self._open_code()
            if code:
                return [code]
        shown = list(_not_empty((render(source, budget, live=True), None) for source in sources[sure:]))
        self._is_slow = budget.is_over
        return shown

    def _open_code(self) -> Shown | None:
        fence = open_fence(self._tail)
        self._in_code = fence is not None
        return (figure(escape(fence.code, quote=False), fence.language), fence.code) if fence else None

    def _show(self, shown: Iterable[Shown], seq: int) -> None:
        pairs = zip_longest(self.blocks, shown)
        self.blocks = tuple(_block(number, before, now or GONE, seq) for number, (before, now) in enumerate(pairs))


def _block(number: int, before: Block | None, now: Shown, seq: int) -> Block:
    """Return the previous block if it shows the same, or a new one."""
    html, code = now
    return before if before and (before.html, before.code) == now else Block(number, html, seq, code)


def _not_empty(shown: Iterable[Shown]) -> Iterator[Shown]:
    return (one for one in shown if one[0])


def _normalised(text: str) -> str:
    """Return the text with line ends as the parser sees them; a final \\r may be half of one."""
    body = text.removesuffix("\r")
    return encodable(_LINE_END.sub("\n", body).replace("\0", "\ufffd")) + text[len(body) :]
