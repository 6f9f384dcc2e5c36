"""A fake of OpenAI's chat protocol: chunks for scripts, and a service that answers."""

import json
import re
from collections.abc import Iterable
from typing import Any

from g4f_lite.providers.openai_compatible import OpenAICompatible
from tests.support.services.kinds import CALLED, INPUT, KEY, PAGE, Kind
from tests.support.services.upstream import EVENT_STREAM, Answer, Request, json_answer, not_found

DONE = b"data: [DONE]\n\n"
MODELS = ("test-model", "other-model")
HEAD = {"id": "chatcmpl-1", "created": 1_700_000_000, "model": "test-model"}


def record(value: Any) -> bytes:
    """Return one server-sent event that holds a JSON value."""
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def chunk(delta: Any, finish: str | None = None, **members: Any) -> bytes:
    """Return one chunk of a streamed completion with one choice."""
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    return record({**HEAD, "object": "chat.completion.chunk", "choices": choices, **members})


def delta(text: str) -> bytes:
    return chunk({"content": text})


def usage_chunk(input_tokens: int, output_tokens: int) -> bytes:
    usage = _usage(input_tokens, output_tokens)
    return record({**HEAD, "object": "chat.completion.chunk", "choices": [], "usage": usage})


def openai_stream(
    text: str | Iterable[str], *, usage: tuple[int, int] | None = None, finish: str = "stop", reasoning: str = ""
) -> list[bytes]:
    """Return a whole streamed answer, one chunk a word, or one for each of several texts.

    usage: tokens in and out; without it there is no usage chunk.
    """
    texts = words(text) if isinstance(text, str) else text
    return [
        chunk({"role": "assistant", "content": ""}),
        *(chunk({"reasoning_content": word}) for word in words(reasoning)),
        *map(delta, texts),
        chunk({}, finish),
        *([usage_chunk(*usage)] if usage else []),
        DONE,
    ]


def openai_completion(text: str, *, usage: tuple[int, int] = (5, 2), finish: str = "stop", **message: Any) -> Any:
    """Return the JSON value of an answer that is not streamed."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
    return {**HEAD, "object": "chat.completion", "choices": [choice], "usage": _usage(*usage)}


def openai_error(message: str, type: str = "invalid_request_error", code: str | int | None = None) -> Any:
    """Return the JSON value of an error answer."""
    return {"error": {"message": message, "type": type, "param": None, "code": code}}


def openai_models(ids: Iterable[str] = MODELS) -> Any:
    return {"object": "list", "data": [{"id": id, "object": "model", "created": 0, "owned_by": "tests"} for id in ids]}


def words(text: str) -> list[str]:
    """Return pieces of a text, a word with the space behind it each, that joined are the text."""
    return re.findall(r"\S+\s*|\s+", text)


def honest(request: Request) -> Answer:
    """Answer as a real service would: the models, and an echo of the last message."""
    if request.path.endswith("/models"):
        return json_answer(openai_models())
    if request.path.endswith("/chat/completions"):
        return _complete(request.json)
    return not_found(request)


def _complete(asked: Any) -> Answer:
    if asked.get("model") not in MODELS:
        return json_answer(openai_error("The model does not exist.", code="model_not_found"), 404)
    text = f"You said: {asked['messages'][-1]['content']}"
    usage = (sum(len(words(str(message["content"] or ""))) for message in asked["messages"]), len(words(text)))
    if not asked.get("stream"):
        return json_answer(openai_completion(text, usage=usage))
    wants_usage = (asked.get("stream_options") or {}).get("include_usage")
    return Answer(openai_stream(text, usage=usage if wants_usage else None))


def _usage(input_tokens: int, output_tokens: int) -> dict[str, int]:
    total = input_tokens + output_tokens
    return {"prompt_tokens": input_tokens, "completion_tokens": output_tokens, "total_tokens": total}


KIND = Kind(
    OpenAICompatible,
    base_url=lambda address: f"{address}/v1",
    paths=["/v1/chat/completions"],
    text=delta,
    end=[chunk({}, "stop"), DONE],
    errors=[
        record(openai_error(f"No {KEY}", "server_error", 500)),
        b"event: error\n" + record(openai_error(f"No {KEY}")),
        record({"object": "error", "message": f"No {KEY}", "code": 400}),
        record({"error": f"No {KEY}", "error_type": "generation"}),
        chunk({"content": ""}, "error", error={"message": f"No {KEY}", "code": 502}),
        b'error: {"code":500,"message":"No %b"}\n\n' % KEY.encode(),
        record(openai_error(f"No {KEY}")) + DONE,
        PAGE + b"\n\n",
    ],
    headers=EVENT_STREAM,
    line_ends=[b"\n", b"\r", b"\r\n"],
    comment=b": keep-alive\n\n",
    call=[
        chunk(
            {"tool_calls": [{"index": 0, "id": "a", "type": "function", "function": {"name": CALLED, "arguments": ""}}]}
        ),
        *(chunk({"tool_calls": [{"index": 0, "function": {"arguments": sign}}]}) for sign in json.dumps(INPUT)),
        chunk({}, "tool_calls"),
        DONE,
    ],
)
"""The row of OpenAICompatible in the contract."""
