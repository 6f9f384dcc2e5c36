"""The blocks of a streamed message, one after the other, as clients expect them, though calls may come in turns.

Source: https://docs.anthropic.com/en/docs/build-with-claude/streaming
"""

import json
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from g4f_lite.decoding.json_boundary import JsonEnd
from g4f_lite.protocols.anthropic.tools import safe_id

Kind = Literal["thinking", "text"]
EMPTY: dict[str, dict[str, Any]] = {
    "thinking": {"type": "thinking", "thinking": "", "signature": ""},
    "text": {"type": "text", "text": ""},
}
DELTAS = {
    "thinking": ("thinking_delta", "thinking"),
    "text": ("text_delta", "text"),
    "tool_use": ("input_json_delta", "partial_json"),
}


def event(type: str, **members: Any) -> bytes:
    """Return a server-sent event, whose data repeat its name."""
    return f"event: {type}\ndata: {json.dumps({'type': type, **members})}\n\n".encode()


class Block:
    """One block. It is over when nothing more belongs to it: a call when its input is whole, all others at any time."""

    def __init__(self, start: dict[str, Any]) -> None:
        self.start = start
        self.kind: str = start["type"]
        self.index: int | None = None
        self._unsaid: list[str] = []
        self._says_something = False
        self._end = JsonEnd() if self.kind == "tool_use" else None

    @property
    def is_over(self) -> bool:
        return self._end is None or self._end.reached

    @property
    def is_blank(self) -> bool:
        """Whether it is a text of nothing but white space, so far: the API has no such block, and takes none back."""
        return self.kind == "text" and not self._says_something

    def add(self, text: str) -> None:
        self._unsaid.append(text)
        self._says_something = self._says_something or bool(text.strip())
        if self._end:
            self._end.feed(text)

    def told(self, index: int) -> bytes:
        """Return what was not said yet. index: its own, if it begins now."""
        text, begins = "".join(self._unsaid), self.index is None
        self._unsaid.clear()
        if begins:
            self.index = index
        type_, member = DELTAS[self.kind]
        start = event("content_block_start", index=self.index, content_block=self.start) if begins else b""
        delta = event("content_block_delta", index=self.index, delta={"type": type_, member: text}) if text else b""
        return start + delta

    def stop(self) -> bytes:
        return event("content_block_stop", index=self.index)


class Blocks:
    """Writes a block while it lasts. What belongs to others waits for the end of it, or of the message."""

    def __init__(self) -> None:
        self._waiting: deque[Block] = deque()
        """The first of them is the one that is written."""
        self._calls: dict[int, Block] = {}
        self._begun = 0

    def say(self, kind: Kind, text: str) -> bytes:
        """Return what tells of text, which may be nothing yet."""
        if not self._waiting or self._waiting[-1].kind != kind:
            self._waiting.append(Block(EMPTY[kind]))
        self._waiting[-1].add(text)
        return self._told()

    def call(self, parts: Sequence[Mapping[str, Any]]) -> bytes:
        """Return what tells of parts of calls, as `pieces.ToolCalls` has them, which may be nothing yet."""
        for part in parts:
            function = part["function"]
            if part["index"] not in self._calls:
                start = {"type": "tool_use", "id": safe_id(part["id"]), "name": function["name"], "input": {}}
                block = self._calls[part["index"]] = Block(start)
                self._waiting.append(block)
            self._calls[part["index"]].add(function["arguments"])
        return self._told()

    def end(self) -> bytes:
        """Return all that waits, and the end of the last block."""
        told = self._told()
        while self._waiting:
            block = self._waiting.popleft()
            if not block.is_blank or not self._begun:
                told += self._of(block) + block.stop()
        return told

    def _told(self) -> bytes:
        told = b""
        while self._waiting:
            block = self._waiting[0]
            if not block.is_blank:
                told += self._of(block)
            if len(self._waiting) == 1 or not block.is_over:
                break
            told += b"" if block.is_blank else block.stop()
            self._waiting.popleft()
        return told

    def _of(self, block: Block) -> bytes:
        self._begun += block.index is None
        return block.told(self._begun - 1)
