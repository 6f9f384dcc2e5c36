"""Chat completions as OpenAI's clients read them.

Source: https://platform.openai.com/docs/api-reference/chat-streaming
"""

import json
import secrets
import time
from typing import Any

from g4f_lite.pieces import FinishReason, Usage
from server.doors.form import Form, Reply
from server.doors.wording import Worded, in_openai_words
from server.problems import Problem

DONE = b"data: [DONE]\n\n"


class ChatForm(Form):
    """One chat completion."""

    def __init__(self, model: str, *, tells_usage: bool = False) -> None:
        """tells_usage: whether a stream ends with the tokens; all its other chunks have `usage` null then."""
        self._head = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time()), "model": model}
        self._tells_usage = tells_usage
        members = json.dumps({**self._head, "object": "chat.completion.chunk"})[:-1]
        self._before = f'data: {members}, "choices": [{{"index": 0, "delta": '
        self._behind = ', "usage": null}\n\n' if tells_usage else "}\n\n"

    def opening(self) -> bytes:
        return self._chunk('{"role": "assistant", "content": ""}')

    def reasoning(self, text: str) -> bytes:
        return self._chunk(f'{{"reasoning_content": {json.dumps(text)}}}')

    def content(self, text: str) -> bytes:
        return self._chunk(f'{{"content": {json.dumps(text)}}}')

    def closing(self, reason: FinishReason, usage: Usage) -> bytes:
        chunk = {**self._head, "object": "chat.completion.chunk", "choices": [], "usage": tokens(usage)}
        told = record(chunk) if self._tells_usage else b""
        return self._chunk("{}", f'"{reason}"') + told + DONE

    def failure(self, problem: Worded) -> bytes:
        return record(problem.said)

    def whole(self, reply: Reply) -> bytes:
        thoughts = {"reasoning_content": reply.reasoning} if reply.reasoning else {}
        message = {"role": "assistant", "content": reply.content, "refusal": None, **thoughts}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reply.reason}
        members = {"object": "chat.completion", "choices": [choice], "usage": tokens(reply.usage)}
        return json.dumps({**self._head, **members}).encode()

    def worded(self, problem: Problem) -> Worded:
        return in_openai_words(problem)

    def _chunk(self, delta: str, reason: str = "null") -> bytes:
        return f'{self._before}{delta}, "finish_reason": {reason}}}]{self._behind}'.encode()


def record(value: Any) -> bytes:
    """Return a server-sent event that holds a JSON value."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def tokens(usage: Usage) -> dict[str, int]:
    """Return what a completion took."""
    asked, said = usage.input_tokens, usage.output_tokens
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
