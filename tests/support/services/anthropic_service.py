"""A fake of Anthropic's Messages API: events for scripts, and a service with the real rules."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from g4f_lite.providers.anthropic import Anthropic
from tests.support.services import anthropic_tools
from tests.support.services.kinds import CALLED, INPUT, KEY, PAGE, Kind
from tests.support.services.upstream import EVENT_STREAM, Answer, Request, json_answer, not_found

MEDIA_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
FIELDS = {
    *("model", "max_tokens", "messages", "system", "temperature", "top_p", "top_k", "stop_sequences", "metadata"),
    *("tools", "tool_choice", "thinking", "stream", "service_tier", "output_config"),
}
PING = b'event: ping\ndata: {"type": "ping"}\n\n'


def event(type_: str, **members: Any) -> bytes:
    """Return one event, whose data repeat its name."""
    data = json.dumps({"type": type_, **members}, ensure_ascii=False)
    return f"event: {type_}\ndata: {data}\n\n".encode()


def start(usage: Mapping[str, Any] | None = None) -> bytes:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": "m", "stop_reason": None}
    return event("message_start", message={**message, "usage": usage or {"input_tokens": 9, "output_tokens": 1}})


def block(index: int = 0, **members: Any) -> bytes:
    """Return the beginning of a block: of text, unless the members say otherwise."""
    return event("content_block_start", index=index, content_block=members or {"type": "text", "text": ""})


def delta(type_: str, index: int = 0, **members: Any) -> bytes:
    return event("content_block_delta", index=index, delta={"type": type_, **members})


def text(words: str) -> bytes:
    return delta("text_delta", text=words)


def thought(words: str) -> bytes:
    return delta("thinking_delta", thinking=words)


def end_of_block(index: int = 0) -> bytes:
    return event("content_block_stop", index=index)


def stop(reason: str | None = "end_turn", **usage: Any) -> bytes:
    return event("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage=usage)


STOP = event("message_stop")


def error(type_: str, message: str) -> dict[str, Any]:
    """Return the JSON value of an error."""
    return {"type": "error", "error": {"type": type_, "message": message}, "request_id": "req_1"}


def failure(type_: str, message: str) -> bytes:
    """Return the event of an error in mid-stream."""
    return b"event: error\ndata: " + json.dumps(error(type_, message)).encode() + b"\n\n"


@dataclass(frozen=True)
class Model:
    """thinking: the kinds of thinking it knows. prefill: whether the last message may be the assistant's.

    sampling: how many of `temperature` and `top_p` it takes at once. structured: whether it can be held to schemas.
    listed: what the list says of it besides its id.
    """

    thinking: Sequence[str] = ()
    prefill: bool = True
    sampling: int = 2
    structured: bool = True
    listed: Mapping[str, Any] | None = None


SEES = {"capabilities": {"image_input": {"supported": True}}, "max_input_tokens": 200_000}
MODELS = {
    "claude-newest": Model(["adaptive"], prefill=False, sampling=0, listed=SEES),
    "claude-new": Model(["enabled", "adaptive"], sampling=1, listed=SEES),
    "claude-old": Model(structured=False),
}


class Refused(Exception):
    """The request breaks a rule."""

    def __init__(self, message: str, type_: str = "invalid_request_error", status: int = 400) -> None:
        super().__init__(message)
        self.answer = json_answer(error(type_, message), status)


def service(page_size: int = 2) -> Callable[[Request], Answer]:
    """Return a service that knows `MODELS`, asks for `KEY`, and puts no more models on a page than that."""

    def answer(request: Request) -> Answer:
        try:
            _check_headers(request.headers)
            match request.method, urlsplit(request.path).path:
                case "POST", "/v1/messages":
                    return _answer(_checked(request.json))
                case "GET", "/v1/models":
                    return _page(request, page_size)
        except Refused as refused:
            return refused.answer
        return not_found(request)

    return answer


def _check_headers(headers: Mapping[str, str]) -> None:
    if KEY not in (headers.get("x-api-key"), headers.get("authorization", "").removeprefix("Bearer ")):
        raise Refused("invalid x-api-key", "authentication_error", 401)
    if headers.get("anthropic-version") != "2023-06-01":
        raise Refused("anthropic-version: header is required")


def _checked(asked: dict[str, Any]) -> dict[str, Any]:
    for field in ("model", "max_tokens", "messages"):
        if field not in asked:
            raise Refused(f"{field}: Field required")
    for field in asked.keys() - FIELDS:
        raise Refused(f"{field}: Extra inputs are not permitted")
    if asked["model"] not in MODELS:
        raise Refused(f"model: {asked['model']}", "not_found_error", 404)
    if type(asked["max_tokens"]) is not int or asked["max_tokens"] < 1:
        raise Refused("max_tokens: Input should be greater than or equal to 1")
    model = MODELS[asked["model"]]
    _check_messages(asked["messages"], model)
    _check_system(asked.get("system", []))
    _check_sampling(asked, model)
    _check_thinking(asked, model)
    for complaint in anthropic_tools.complaints(asked, model.structured):
        raise Refused(complaint)
    if not all(stop.strip() for stop in asked.get("stop_sequences", ())):
        raise Refused("stop_sequences: each stop sequence must contain non-whitespace")
    return asked


def _check_messages(messages: Sequence[Mapping[str, Any]], model: Model) -> None:
    if not messages:
        raise Refused("messages: at least one message is required")
    for index, message in enumerate(messages):
        if message["role"] not in ("user", "assistant"):
            raise Refused(f'messages: Unexpected role "{message["role"]}". The API accepts a top-level `system`.')
        if not message["content"]:
            raise Refused(f"messages.{index}: all messages must have non-empty content")
        for block in anthropic_tools.blocks(message["content"]):
            _check_block(block, message["role"])
    if messages[0]["role"] != "user":
        raise Refused('messages: first message must use the "user" role')
    if messages[-1]["role"] == "assistant":
        _check_prefill(_words(messages[-1]["content"]), model)


def _check_block(block: Mapping[str, Any], role: str) -> None:
    match block:
        case {"type": "tool_use", "id": str(), "name": str(), "input": dict()} if role == "assistant":
            pass
        case {"type": "tool_result", "tool_use_id": str()} if role == "user":
            for part in anthropic_tools.blocks(block.get("content", ())):
                _check_block(part, role)
        case {"type": "text", "text": str(words)}:
            if not words.strip():
                raise Refused("messages: text content blocks must contain non-whitespace text")
        case {"type": "image", "source": {"type": "url", "url": str()}}:
            pass
        case {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": str(data)}}:
            if media_type not in MEDIA_TYPES:
                raise Refused("messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg', …")
            try:
                base64.b64decode(data, validate=True)
            except binascii.Error as error:
                raise Refused("messages.0.content.0.image.source.base64: invalid base64 data") from error
        case _:
            raise Refused("messages.0.content.0: Input should be a valid block")


def _check_prefill(words: str, model: Model) -> None:
    if not model.prefill:
        raise Refused("This model does not support assistant message prefill. The conversation must end with a user's.")
    if words != words.rstrip():
        raise Refused("messages: final assistant content cannot end with trailing whitespace")


def _check_system(system: Any) -> None:
    for block in anthropic_tools.blocks(system):
        if not block["text"].strip():
            raise Refused("system: text content blocks must contain non-whitespace text")


def _check_sampling(asked: Mapping[str, Any], model: Model) -> None:
    given = [name for name in ("temperature", "top_p") if name in asked]
    for name in given:
        if not 0 <= asked[name] <= 1:
            raise Refused(f"{name}: range: 0..1")
    if given and not model.sampling:
        raise Refused(f"`{given[0]}` is deprecated for this model.")
    if len(given) > model.sampling:
        raise Refused("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")


def _check_thinking(asked: Mapping[str, Any], model: Model) -> None:
    thinking = asked.get("thinking")
    if not thinking:
        return
    if not model.thinking:
        raise Refused(f"'{asked['model']}' does not support thinking.")
    if thinking["type"] not in model.thinking:
        raise Refused(
            f'"thinking.type.{thinking["type"]}" is not supported for this model. Use "thinking.type.adaptive" and '
            '"output_config.effort" to control thinking behavior.'
        )
    if thinking["type"] == "enabled" and not 1024 <= thinking["budget_tokens"] < asked["max_tokens"]:
        raise Refused("`max_tokens` must be greater than `thinking.budget_tokens`, and that at least 1024.")
    if asked.get("temperature", 1) != 1 or asked.get("top_p", 1) < 0.95:
        raise Refused("`temperature` may only be set to 1 when thinking is enabled, `top_p` to 0.95 or more.")
    if asked["messages"][-1]["role"] == "assistant":
        raise Refused("messages: a final `assistant` message must start with a thinking block.")


def _answer(asked: Mapping[str, Any]) -> Answer:
    """Return an echo of the system and of the last message; as many words as tokens are allowed."""
    system = "".join(f"[{block['text']}] " for block in anthropic_tools.blocks(asked.get("system", [])))
    images = [
        block
        for message in asked["messages"]
        for block in anthropic_tools.blocks(message["content"])
        if "source" in block
    ]
    heard = anthropic_tools.results(asked) or _words(asked["messages"][-1]["content"])
    words = f"{system}You said: {heard}" + " [image]" * len(images)
    if asked.get("output_config"):
        words = json.dumps({"said": heard})
    calls = anthropic_tools.calls(asked, heard)
    said, reason = re.findall(r"\S+\s*", words)[: asked["max_tokens"]], "end_turn"
    if len(said) == asked["max_tokens"]:
        reason = "max_tokens"
    for sequence in asked.get("stop_sequences", ()):
        if sequence in words:
            said, reason = [words.partition(sequence)[0]], "stop_sequence"
    reason = "tool_use" if calls else reason
    usage = {"input_tokens": len(asked["messages"]), "cache_read_input_tokens": 0, "output_tokens": len(said)}
    if not asked.get("stream"):
        content = [{"type": "text", "text": "".join(said)}, *calls]
        return json_answer({"type": "message", "content": content, "stop_reason": reason, "usage": usage})
    records = [start({**usage, "output_tokens": 1}), *_streamed(asked, said, calls), stop(reason, **usage), STOP]
    return Answer(records)


def _streamed(asked: Mapping[str, Any], said: Sequence[str], calls: Sequence[Mapping[str, Any]]) -> Iterator[bytes]:
    index = 0
    if thinking := asked.get("thinking"):
        yield block(type="thinking", thinking="", signature="")
        if thinking["type"] == "enabled" or thinking.get("display") == "summarized":
            yield thought("Let me see.")
        yield delta("signature_delta", signature="EqQBCgIYAhIM")
        yield end_of_block()
        index = 1
    yield block(index)
    yield PING
    for word in said:
        yield delta("text_delta", index, text=word)
    yield end_of_block(index)
    for at, call in enumerate(calls, index + 1):
        yield block(at, **{**call, "input": {}})
        for part in anthropic_tools.parts(call["input"]):
            yield delta("input_json_delta", at, partial_json=part)
        yield end_of_block(at)


def _page(request: Request, page_size: int) -> Answer:
    query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
    ids = list(MODELS)
    first = ids.index(query["after_id"]) + 1 if "after_id" in query else 0
    shown = ids[first : first + min(int(query.get("limit", 20)), page_size)]
    data = [{"type": "model", "id": id_, "display_name": id_.title(), **(MODELS[id_].listed or {})} for id_ in shown]
    more = first + len(shown) < len(ids)
    return json_answer({"data": data, "has_more": more, "first_id": shown[0], "last_id": shown[-1]})


def _words(content: Any) -> str:
    return " ".join(block["text"] for block in anthropic_tools.blocks(content) if block["type"] == "text")


KIND = Kind(
    Anthropic,
    base_url=lambda address: address,
    paths=["/v1/messages"],
    text=text,
    start=[start(), block(type="thinking", thinking="", signature=""), end_of_block(), PING, block(1)],
    end=[end_of_block(1), stop(output_tokens=7), STOP],
    errors=[
        failure("overloaded_error", f"No {KEY}"),
        failure("overloaded_error", f"No {KEY}").partition(b"\n")[2],  # without the name of the event
        b'event: error\ndata: "No %b"\n\n' % KEY.encode(),
        json.dumps(error("api_error", f"No {KEY}")).encode() + b"\n\n",
        PAGE + b"\n\n",
    ],
    headers=EVENT_STREAM,
    line_ends=[b"\n", b"\r", b"\r\n"],
    comment=PING,
    call=[
        block(2, type="tool_use", id="toolu_1", name=CALLED, input={}),
        *(delta("input_json_delta", 2, partial_json=sign) for sign in json.dumps(INPUT)),
        end_of_block(2),
        stop("tool_use"),
        STOP,
    ],
)
"""The row of Anthropic in the contract."""
