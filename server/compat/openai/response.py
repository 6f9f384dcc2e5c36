"""Writes replies as OpenAI's completions.

Source: https://platform.openai.com/docs/api-reference/chat-streaming
"""

import json
import secrets
import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from g4f_lite.pieces import FinishReason, Usage
from server.compat.api_errors import ApiError, openai_error
from server.compat.reply_writer import CollectedReply, ReplyWriter
from server.problems import Problem

DONE = b"data: [DONE]\n\n"


class CompletionWriter(ReplyWriter):
    """Writes what chat completions and completions share."""

    PREFIX: ClassVar[str]
    OBJECT: ClassVar[str]
    CHUNK: ClassVar[str]

    def __init__(self, model: str, *, with_usage: bool = False) -> None:
        """with_usage: whether a stream ends with the tokens used; `usage` is null in all its other chunks then."""
        self._head = {"id": f"{self.PREFIX}-{secrets.token_hex(12)}", "created": int(time.time()), "model": model}
        self._with_usage = with_usage
        members = json.dumps({**self._head, "object": self.CHUNK})[:-1]
        self._before = f'data: {members}, "choices": [{{"index": 0, '
        self._after = '}], "usage": null}\n\n' if with_usage else "}]}\n\n"

    @abstractmethod
    def finish(self, reason: FinishReason) -> bytes:
        """Return the chunk with the finish reason."""

    @abstractmethod
    def choice(self, reply: CollectedReply) -> dict[str, Any]:
        """Return the choice of a complete reply, without the finish reason."""

    def end(self, reason: FinishReason, usage: Usage) -> bytes:
        chunk = {**self._head, "object": self.CHUNK, "choices": [], "usage": tokens(usage)}
        return self.finish(reason) + (record(chunk) if self._with_usage else b"") + DONE

    def error(self, problem: ApiError) -> bytes:
        return record(problem.json)

    def complete(self, reply: CollectedReply) -> bytes:
        choice = {"index": 0, **self.choice(reply), "logprobs": None, "finish_reason": reply.reason}
        members = {"object": self.OBJECT, "choices": [choice], "usage": tokens(reply.usage)}
        return json.dumps({**self._head, **members}).encode()

    def api_error(self, problem: Problem) -> ApiError:
        return openai_error(problem)

    def _chunk(self, members: str) -> bytes:
        return f"{self._before}{members}{self._after}".encode()


class ChatWriter(CompletionWriter):
    """Writes one chat completion."""

    PREFIX, OBJECT, CHUNK = "chatcmpl", "chat.completion", "chat.completion.chunk"

    def start(self) -> bytes:
        return self._delta('{"role": "assistant", "content": ""}')

    def reasoning(self, text: str) -> bytes:
        return self._delta(f'{{"reasoning_content": {json.dumps(text)}}}')

    def content(self, text: str) -> bytes:
        return self._delta(f'{{"content": {json.dumps(text)}}}')

    def tool_calls(self, parts: Sequence[Mapping[str, Any]]) -> bytes:
        return self._delta(json.dumps({"tool_calls": parts}))

    def finish(self, reason: FinishReason) -> bytes:
        return self._delta("{}", f'"{reason}"')

    def choice(self, reply: CollectedReply) -> dict[str, Any]:
        thoughts = {"reasoning_content": reply.reasoning} if reply.reasoning else {}
        calls = list(reply.calls.assembled())
        content = None if calls and not reply.content else reply.content
        message = {"role": "assistant", "content": content, "refusal": None, **thoughts}
        return {"message": {**message, "tool_calls": calls} if calls else message}

    def _delta(self, delta: str, reason: str = "null") -> bytes:
        return self._chunk(f'"delta": {delta}, "finish_reason": {reason}')


class TextWriter(CompletionWriter):
    """Writes one completion of the older API, which has no place for reasoning."""

    PREFIX, OBJECT, CHUNK = "cmpl", "text_completion", "text_completion"

    def start(self) -> bytes:
        return b""

    def reasoning(self, text: str) -> bytes:
        return b""

    def content(self, text: str) -> bytes:
        return self._text(json.dumps(text))

    def finish(self, reason: FinishReason) -> bytes:
        return self._text('""', f'"{reason}"')

    def choice(self, reply: CollectedReply) -> dict[str, Any]:
        return {"text": reply.content}

    def _text(self, text: str, reason: str = "null") -> bytes:
        return self._chunk(f'"text": {text}, "logprobs": null, "finish_reason": {reason}')


def record(value: Any) -> bytes:
    """Return a server-sent event that holds a JSON value."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def tokens(usage: Usage) -> dict[str, int]:
    """Return the tokens of a completion, in OpenAI's names."""
    prompt, completion = usage.input_tokens, usage.output_tokens
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
