"""Writes the content blocks of a streamed message one after another, even when tool calls arrive interleaved.

Source: https://docs.anthropic.com/en/docs/build-with-claude/streaming
"""

import json
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from g4f_lite.decoding.json_boundary import JsonBoundary
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
    """Return a server-sent event. Its data repeat its name."""
    return f"event: {type}\ndata: {json.dumps({'type': type, **members})}\n\n".encode()


class ContentBlock:
    """One block. A tool call is complete when its input is; any other block may end at any time."""

    def __init__(self, start: dict[str, Any]) -> None:
        self.start = start
        self.kind: str = start["type"]
        self.index: int | None = None
        self._unsent: list[str] = []
        self._has_text = False
        self._end = JsonBoundary() if self.kind == "tool_use" else None

    @property
    def is_complete(self) -> bool:
        return self._end is None or self._end.reached

    @property
    def is_blank(self) -> bool:
        """Whether it is text and only white space so far. The API accepts no such block in a later request."""
        return self.kind == "text" and not self._has_text

    def add(self, text: str) -> None:
        self._unsent.append(text)
        self._has_text = self._has_text or bool(text.strip())
        if self._end:
            self._end.feed(text)

    def write(self, index: int) -> bytes:
        """Return the text that was not sent yet. index: the block's own, if it begins now."""
        text, begins = "".join(self._unsent), self.index is None
        self._unsent.clear()
        if begins:
            self.index = index
        type_, member = DELTAS[self.kind]
        start = event("content_block_start", index=self.index, content_block=self.start) if begins else b""
        delta = event("content_block_delta", index=self.index, delta={"type": type_, member: text}) if text else b""
        return start + delta

    def stop(self) -> bytes:
        return event("content_block_stop", index=self.index)


class ContentBlocks:
    """Writes one block at a time. Parts of other blocks wait until it is complete, or until the message ends."""

    def __init__(self) -> None:
        self._waiting: deque[ContentBlock] = deque()
        """The first one is being written."""
        self._calls: dict[int, ContentBlock] = {}
        self._begun = 0

    def add_text(self, kind: Kind, text: str) -> bytes:
        """Return the events that can be sent now, which may be none."""
        if not self._waiting or self._waiting[-1].kind != kind:
            self._waiting.append(ContentBlock(EMPTY[kind]))
        self._waiting[-1].add(text)
        return self._ready()

    def add_tool_calls(self, parts: Sequence[Mapping[str, Any]]) -> bytes:
        """Return the events that can be sent now, which may be none. parts: as in `pieces.ToolCalls`."""
        for part in parts:
            function = part["function"]
            if part["index"] not in self._calls:
                start = {"type": "tool_use", "id": safe_id(part["id"]), "name": function["name"], "input": {}}
                block = self._calls[part["index"]] = ContentBlock(start)
                self._waiting.append(block)
            self._calls[part["index"]].add(function["arguments"])
        return self._ready()

    def end(self) -> bytes:
        """Return the events of everything that waits, up to the end of the last block."""
        sent = self._ready()
        while self._waiting:
            block = self._waiting.popleft()
            if not block.is_blank or not self._begun:
                sent += self._write(block) + block.stop()
        return sent

    def _ready(self) -> bytes:
        sent = b""
        while self._waiting:
            block = self._waiting[0]
            if not block.is_blank:
                sent += self._write(block)
            if len(self._waiting) == 1 or not block.is_complete:
                break
            sent += b"" if block.is_blank else block.stop()
            self._waiting.popleft()
        return sent

    def _write(self, block: ContentBlock) -> bytes:
        self._begun += block.index is None
        return block.write(self._begun - 1)
