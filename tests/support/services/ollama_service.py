"""A fake of Ollama's API: records for scripts, and a server with the real rules."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from g4f_lite.providers.ollama import Ollama
from tests.support.services.kinds import CALLED, INPUT, KEY, PAGE, Kind
from tests.support.services.upstream import Answer, Request, json_answer, not_found

NDJSON = {"Content-Type": "application/x-ndjson"}
HEAD = {"model": "llama3.2:latest", "created_at": "2025-01-01T00:00:00.0Z"}
DURATION = r"-?(\d+(\.\d+)?(ms|h|m|s))+"
LEVELS = ("low", "medium", "high", "max")


def line(value: Any) -> bytes:
    """Return one record as Go writes it: characters as they are, but for those that HTML and JavaScript mind."""
    text = json.dumps(value, ensure_ascii=False)
    return re.sub("[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text).encode() + b"\n"


def text_record(content: str = "", **message: Any) -> bytes:
    """Return a record with text."""
    return line({**HEAD, "message": {"role": "assistant", "content": content, **message}, "done": False})


def done(reason: str = "stop", content: str = "", **members: Any) -> bytes:
    """Return the last record."""
    message = {"role": "assistant", "content": content}
    return line({**HEAD, "message": message, "done": True, "done_reason": reason, "total_duration": 1, **members})


def tagged(name: str, **members: Any) -> dict[str, Any]:
    """Return an entry of `/api/tags`."""
    details = {"format": "gguf", "family": "llama", "families": ["llama"], "parameter_size": "3.2B"}
    return {"name": name, "model": name, "size": 2_019_393_189, "digest": "a80c4f17acd5", "details": details, **members}


@dataclass
class Server:
    """A server with some models. `key`: what it asks for; empty: it asks for none.

    models: their capabilities by name, in the order in which they are listed. loaded: the sizes of their contexts.
    """

    models: Mapping[str, Sequence[str]] = field(
        default_factory=lambda: {
            "llama3.2:latest": ["completion", "tools"],
            "qwen3:4b": ["completion", "thinking"],
            "llava:7b": ["completion", "vision"],
            "nomic-embed-text:latest": ["embedding"],
        }
    )
    loaded: Mapping[str, int] = field(default_factory=lambda: {"qwen3:4b": 4096})
    key: str = ""

    def __call__(self, request: Request) -> Answer:
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            return json_answer({"error": "unauthorized", "signin_url": "https://ollama.com/connect?name=a&key=b"}, 401)
        match request.method, request.path:
            case "GET", "/api/tags":
                return json_answer({"models": [tagged(name, capabilities=can) for name, can in self.models.items()]})
            case "GET", "/api/ps":
                return json_answer({"models": [tagged(n, context_length=size) for n, size in self.loaded.items()]})
            case "POST", "/api/chat":
                return self._chat(request)
        return not_found(request)

    def _chat(self, request: Request) -> Answer:
        try:
            asked = request.json
            images = [image for message in asked["messages"] for image in _images(message)]
        except (ValueError, KeyError, TypeError) as error:
            return _refusal(400, f"{error}")
        name = asked.get("model") or ""
        can = self.models.get(name) or self.models.get(f"{name}:latest")
        if not name:
            return _refusal(400, "model is required")
        if not can:
            return _refusal(404, f"model '{name}' not found")
        if not _is_span(asked.get("keep_alive", "5m")):
            return _refusal(400, "time: missing unit in duration")
        thinks = asked.get("think", "thinking" in can)
        if not isinstance(thinks, bool) and thinks not in LEVELS:
            return _refusal(400, f'invalid think value: "{thinks}"')
        if thinks and "thinking" not in can:
            return _refusal(400, f'"{name}" does not support thinking')
        if asked.get("tools") and "tools" not in can:
            return _refusal(400, f"registry.ollama.ai/library/{name} does not support tools")
        if asked.get("format", "") not in ("", "json") and not isinstance(asked["format"], dict):
            return _refusal(400, f'invalid format: "{asked["format"]}"; expected "json" or a valid JSON Schema object')
        if "completion" not in can:
            return _refusal(400, f'"{name}" does not support chat')
        if not asked["messages"]:
            return json_answer({**HEAD, "message": {"role": "assistant"}, "done": True, "done_reason": "load"})
        return _answer(asked, bool(thinks), len(images))


def _answer(asked: Mapping[str, Any], thinks: bool, images: int) -> Answer:
    """Return an echo of the last message. What stands at the top under OpenAI's names has no effect."""
    options = asked.get("options", {})
    if asked.get("tools") and asked["messages"][-1]["role"] == "user":
        return Answer([*_calls(asked), done(prompt_eval_count=1, eval_count=1)], headers=NDJSON)
    words = re.findall(r"\S+\s*", f"You said: {asked['messages'][-1]['content']}" + " [image]" * images)
    reason = "stop"
    for stop in options.get("stop", ()):
        words = words[: next((at for at, word in enumerate(words) if stop in word), None)]
    if 0 < options.get("num_predict", -1) < len(words):
        words, reason = words[: options["num_predict"]], "length"
    thoughts = ["Let me ", "see."] if thinks else []
    counts = {"prompt_eval_count": len(asked["messages"]), "eval_count": len(words) + len(thoughts)}
    if not asked.get("stream", True):
        message = {"role": "assistant", "content": "".join(words), "thinking": "".join(thoughts)}
        return json_answer({**HEAD, "message": message, "done": True, "done_reason": reason, **counts})
    records = [*(text_record(thinking=thought) for thought in thoughts), *map(text_record, words[:-1])]
    return Answer([*records, done(reason, words[-1] if words else "", **counts)], headers=NDJSON)


def _calls(asked: Mapping[str, Any]) -> list[bytes]:
    """Return the calls of all tools with what was said, a record each, as the server does since it has ids."""
    names = [tool["function"]["name"] for tool in asked["tools"]]
    arguments = {"said": asked["messages"][-1]["content"]}
    functions = [{"index": at, "name": name, "arguments": arguments} for at, name in enumerate(names)]
    return [text_record(tool_calls=[{"id": f"call_{one['index']}", "function": one}]) for one in functions]


def _images(message: Mapping[str, Any]) -> Iterable[bytes]:
    calls = [call["function"] for call in message.get("tool_calls", ())]
    if (
        message["role"] not in ("system", "user", "assistant", "tool")
        or not isinstance(message["content"], str)
        or not all(isinstance(call["arguments"], dict) for call in calls)
    ):
        raise ValueError("json: cannot unmarshal into Go struct field ChatRequest.messages")
    for image in message.get("images", ()):
        try:
            yield base64.b64decode(image, validate=True)
        except binascii.Error as error:
            raise ValueError("illegal base64 data at input byte 4") from error


def _is_span(value: Any) -> bool:
    return type(value) in (int, float) or (isinstance(value, str) and bool(re.fullmatch(DURATION, value)))


def _refusal(status: int, error: str) -> Answer:
    return json_answer({"error": error}, status)


KIND = Kind(
    Ollama,
    base_url=lambda address: address,
    paths=["/api/chat"],
    text=text_record,
    start=[text_record(thinking="")],
    end=[done(prompt_eval_count=5, eval_count=2)],
    errors=[
        line({"error": f"No {KEY}"}),
        line({"error": {"message": f"No {KEY}", "code": 502}}),
        text_record(error=None)[:-2] + b', "error": "No %b"}\n' % KEY.encode(),
        PAGE + b"\n",
    ],
    headers=NDJSON,
    line_ends=[b"\n", b"\r\n"],
    comment=b"\n",
    call=[text_record(tool_calls=[{"function": {"name": CALLED, "arguments": INPUT}}]), done()],
)
"""The row of Ollama in the contract."""
