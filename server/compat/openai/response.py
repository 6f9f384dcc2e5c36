"""Completions as OpenAI's clients read them.

Source: https://platform.openai.com/docs/api-reference/chat-streaming
"""

import json
import secrets
import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from g4f_lite.pieces import FinishReason, Usage
from server.compat.errors import Worded, in_openai_words
from server.compat.reply import Form, Reply
from server.problems import Problem

DONE = b"data: [DONE]\n\n"


class CompletionForm(Form):
    """What chat completions and completions have in common."""

    PREFIX: ClassVar[str]
    OBJECT: ClassVar[str]
    PART: ClassVar[str]

    def __init__(self, model: str, *, tells_usage: bool = False) -> None:
        """tells_usage: whether a stream ends with the tokens; all its other chunks have `usage` null then."""
        self._head = {"id": f"{self.PREFIX}-{secrets.token_hex(12)}", "created": int(time.time()), "model": model}
        self._tells_usage = tells_usage
        members = json.dumps({**self._head, "object": self.PART})[:-1]
        self._before = f'data: {members}, "choices": [{{"index": 0, '
        self._behind = '}], "usage": null}\n\n' if tells_usage else "}]}\n\n"

    @abstractmethod
    def end(self, reason: FinishReason) -> bytes:
        """Return the chunk that says why it ended."""

    @abstractmethod
    def choice(self, reply: Reply) -> dict[str, Any]:
        """Return what a whole reply is, without why it ended."""

    def closing(self, reason: FinishReason, usage: Usage) -> bytes:
        chunk = {**self._head, "object": self.PART, "choices": [], "usage": tokens(usage)}
        return self.end(reason) + (record(chunk) if self._tells_usage else b"") + DONE

    def failure(self, problem: Worded) -> bytes:
        return record(problem.said)

    def whole(self, reply: Reply) -> bytes:
        choice = {"index": 0, **self.choice(reply), "logprobs": None, "finish_reason": reply.reason}
        members = {"object": self.OBJECT, "choices": [choice], "usage": tokens(reply.usage)}
        return json.dumps({**self._head, **members}).encode()

    def worded(self, problem: Problem) -> Worded:
        return in_openai_words(problem)

    def _chunk(self, members: str) -> bytes:
        return f"{self._before}{members}{self._behind}".encode()


class ChatForm(CompletionForm):
    """One chat completion."""

    PREFIX, OBJECT, PART = "chatcmpl", "chat.completion", "chat.completion.chunk"

    def opening(self) -> bytes:
        return self._delta('{"role": "assistant", "content": ""}')

    def reasoning(self, text: str) -> bytes:
        return self._delta(f'{{"reasoning_content": {json.dumps(text)}}}')

    def content(self, text: str) -> bytes:
        return self._delta(f'{{"content": {json.dumps(text)}}}')

    def calling(self, parts: Sequence[Mapping[str, Any]]) -> bytes:
        return self._delta(json.dumps({"tool_calls": parts}))

    def end(self, reason: FinishReason) -> bytes:
        return self._delta("{}", f'"{reason}"')

    def choice(self, reply: Reply) -> dict[str, Any]:
        thoughts = {"reasoning_content": reply.reasoning} if reply.reasoning else {}
        calls = list(reply.calls.whole())
        content = None if calls and not reply.content else reply.content
        message = {"role": "assistant", "content": content, "refusal": None, **thoughts}
        return {"message": {**message, "tool_calls": calls} if calls else message}

    def _delta(self, delta: str, reason: str = "null") -> bytes:
        return self._chunk(f'"delta": {delta}, "finish_reason": {reason}')


class TextForm(CompletionForm):
    """One completion, as old programs know it; it has no place for reasoning."""

    PREFIX, OBJECT, PART = "cmpl", "text_completion", "text_completion"

    def opening(self) -> bytes:
        return b""

    def reasoning(self, text: str) -> bytes:
        return b""

    def content(self, text: str) -> bytes:
        return self._text(json.dumps(text))

    def end(self, reason: FinishReason) -> bytes:
        return self._text('""', f'"{reason}"')

    def choice(self, reply: Reply) -> dict[str, Any]:
        return {"text": reply.content}

    def _text(self, text: str, reason: str = "null") -> bytes:
        return self._chunk(f'"text": {text}, "logprobs": null, "finish_reason": {reason}')


def record(value: Any) -> bytes:
    """Return a server-sent event that holds a JSON value."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def tokens(usage: Usage) -> dict[str, int]:
    """Return what a completion took."""
    asked, said = usage.input_tokens, usage.output_tokens
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
