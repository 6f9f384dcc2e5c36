"""Messages as Anthropic's clients read them. Source: https://docs.anthropic.com/en/docs/build-with-claude/streaming"""

import json
import secrets
from typing import Any, ClassVar, Literal

from g4f_lite.pieces import FinishReason, Usage
from server.doors.form import Form, Reply
from server.doors.wording import Worded, in_anthropic_words
from server.problems import Problem

STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal", "tool_calls": "tool_use"}

Block = Literal["thinking", "text"]
EMPTY: dict[Block, dict[str, str]] = {
    "thinking": {"type": "thinking", "thinking": "", "signature": ""},
    "text": {"type": "text", "text": ""},
}


class MessageForm(Form):
    """One message. Its blocks are opened as the kind of text changes."""

    ping: ClassVar[bytes] = b'event: ping\ndata: {"type": "ping"}\n\n'

    def __init__(self, model: str, input_tokens: int) -> None:
        """input_tokens: an estimate, for the beginning of a stream; its end has what was counted."""
        self._model = model
        self._input_tokens = input_tokens
        self._open: Block | None = None
        self._index = -1

    def opening(self) -> bytes:
        message = self._message([], None, Usage(self._input_tokens, 0))
        return event("message_start", message=message) + self.ping

    def reasoning(self, text: str) -> bytes:
        return self._delta("thinking", text)

    def content(self, text: str) -> bytes:
        return self._delta("text", text)

    def closing(self, reason: FinishReason, usage: Usage) -> bytes:
        delta = {"stop_reason": STOP_REASONS[reason], "stop_sequence": None}
        end = event("message_delta", delta=delta, usage=tokens(usage))
        return self._close() + end + event("message_stop")

    def failure(self, problem: Worded) -> bytes:
        return event(**problem.said)

    def whole(self, reply: Reply) -> bytes:
        blocks = [{**EMPTY["thinking"], "thinking": reply.reasoning}] if reply.reasoning else []
        blocks.append({**EMPTY["text"], "text": reply.content})
        return json.dumps(self._message(blocks, STOP_REASONS[reply.reason], reply.usage)).encode()

    def worded(self, problem: Problem) -> Worded:
        return in_anthropic_words(problem)

    def _message(self, blocks: list[dict[str, str]], reason: str | None, usage: Usage) -> dict[str, Any]:
        return {
            "id": f"msg_{secrets.token_hex(12)}",
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": blocks,
            "stop_reason": reason,
            "stop_sequence": None,
            "usage": tokens(usage),
        }

    def _delta(self, kind: Block, text: str) -> bytes:
        start = b"" if self._open == kind else self._close() + self._start(kind)
        return start + event("content_block_delta", index=self._index, delta={"type": f"{kind}_delta", kind: text})

    def _start(self, kind: Block) -> bytes:
        self._open = kind
        self._index += 1
        return event("content_block_start", index=self._index, content_block=EMPTY[kind])

    def _close(self) -> bytes:
        return event("content_block_stop", index=self._index) if self._open else b""


def event(type: str, **members: Any) -> bytes:
    """Return a server-sent event, whose data repeat its name."""
    return f"event: {type}\ndata: {json.dumps({'type': type, **members})}\n\n".encode()


def tokens(usage: Usage) -> dict[str, int]:
    """Return what a message took."""
    return {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
