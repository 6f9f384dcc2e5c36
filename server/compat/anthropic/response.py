"""Writes replies as Anthropic's messages. Source: https://docs.anthropic.com/en/docs/build-with-claude/streaming"""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from g4f_lite.pieces import FinishReason, Usage
from g4f_lite.protocols.anthropic.tools import safe_id
from g4f_lite.protocols.functions import input_of
from server.compat.anthropic.response_blocks import EMPTY, ContentBlocks, event
from server.compat.api_errors import ApiError, anthropic_error
from server.compat.reply_writer import CollectedReply, ReplyWriter
from server.problems import Problem

STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal", "tool_calls": "tool_use"}


class MessageWriter(ReplyWriter):
    """Writes one message."""

    ping: ClassVar[bytes] = b'event: ping\ndata: {"type": "ping"}\n\n'

    def __init__(self, model: str, input_tokens: int) -> None:
        """input_tokens: an estimate, for the start of a stream. The end of the stream has the counted ones."""
        self._model = model
        self._input_tokens = input_tokens
        self._blocks = ContentBlocks()

    def start(self) -> bytes:
        message = self._message([], None, Usage(self._input_tokens, 0))
        return event("message_start", message=message) + self.ping

    def reasoning(self, text: str) -> bytes:
        return self._blocks.add_text("thinking", text)

    def content(self, text: str) -> bytes:
        return self._blocks.add_text("text", text)

    def tool_calls(self, parts: Sequence[Mapping[str, Any]]) -> bytes:
        return self._blocks.add_tool_calls(parts)

    def end(self, reason: FinishReason, usage: Usage) -> bytes:
        delta = {"stop_reason": STOP_REASONS[reason], "stop_sequence": None}
        end = event("message_delta", delta=delta, usage=tokens(usage))
        return self._blocks.end() + end + event("message_stop")

    def error(self, problem: ApiError) -> bytes:
        return event(**problem.json)

    def complete(self, reply: CollectedReply) -> bytes:
        message = self._message(list(_blocks(reply)), STOP_REASONS[reply.reason], reply.usage)
        return json.dumps(message).encode()

    def api_error(self, problem: Problem) -> ApiError:
        return anthropic_error(problem)

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
    """Return the tokens of a message, in Anthropic's names."""
    return {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}


def _blocks(reply: CollectedReply) -> Iterator[dict[str, Any]]:
    """Yield the content blocks of a complete reply. Next to tool calls, white space alone is left out."""
    calls = list(reply.calls.assembled())
    if reply.reasoning:
        yield {**EMPTY["thinking"], "thinking": reply.reasoning}
    if reply.content.strip() or not calls:
        yield {**EMPTY["text"], "text": reply.content}
    for call in calls:
        function = call["function"]
        input_ = input_of(function["arguments"])
        yield {"type": "tool_use", "id": safe_id(call["id"]), "name": function["name"], "input": input_}
