"""Messages as Anthropic's clients read them. Source: https://docs.anthropic.com/en/docs/build-with-claude/streaming"""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from g4f_lite.pieces import FinishReason, Usage
from g4f_lite.protocols.anthropic.tools import safe_id
from g4f_lite.protocols.functions import input_of
from server.compat.anthropic.blocks import EMPTY, Blocks, event
from server.compat.errors import Worded, in_anthropic_words
from server.compat.reply import Form, Reply
from server.problems import Problem

STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal", "tool_calls": "tool_use"}


class MessageForm(Form):
    """One message."""

    ping: ClassVar[bytes] = b'event: ping\ndata: {"type": "ping"}\n\n'

    def __init__(self, model: str, input_tokens: int) -> None:
        """input_tokens: an estimate, for the beginning of a stream; its end has what was counted."""
        self._model = model
        self._input_tokens = input_tokens
        self._blocks = Blocks()

    def opening(self) -> bytes:
        message = self._message([], None, Usage(self._input_tokens, 0))
        return event("message_start", message=message) + self.ping

    def reasoning(self, text: str) -> bytes:
        return self._blocks.say("thinking", text)

    def content(self, text: str) -> bytes:
        return self._blocks.say("text", text)

    def calling(self, parts: Sequence[Mapping[str, Any]]) -> bytes:
        return self._blocks.call(parts)

    def closing(self, reason: FinishReason, usage: Usage) -> bytes:
        delta = {"stop_reason": STOP_REASONS[reason], "stop_sequence": None}
        end = event("message_delta", delta=delta, usage=tokens(usage))
        return self._blocks.end() + end + event("message_stop")

    def failure(self, problem: Worded) -> bytes:
        return event(**problem.said)

    def whole(self, reply: Reply) -> bytes:
        message = self._message(list(_blocks(reply)), STOP_REASONS[reply.reason], reply.usage)
        return json.dumps(message).encode()

    def worded(self, problem: Problem) -> Worded:
        return in_anthropic_words(problem)

    def _message(self, blocks: list[dict[str, Any]], reason: str | None, usage: Usage) -> dict[str, Any]:
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


def tokens(usage: Usage) -> dict[str, int]:
    """Return what a message took."""
    return {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}


def _blocks(reply: Reply) -> Iterator[dict[str, Any]]:
    """Yield the blocks of a whole reply; beside calls, white space alone is no text."""
    calls = list(reply.calls.whole())
    if reply.reasoning:
        yield {**EMPTY["thinking"], "thinking": reply.reasoning}
    if reply.content.strip() or not calls:
        yield {**EMPTY["text"], "text": reply.content}
    for call in calls:
        function = call["function"]
        input_ = input_of(function["arguments"])
        yield {"type": "tool_use", "id": safe_id(call["id"]), "name": function["name"], "input": input_}
