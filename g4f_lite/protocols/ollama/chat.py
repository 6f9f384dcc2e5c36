"""A chat in Ollama's own protocol: the body that asks, and the reply, bytes as they arrive in, pieces out. Pure.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-chat-completion
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from g4f_lite.decoding.json_lines import JsonLinesDecoder
from g4f_lite.decoding.reply_decoder import ReplyDecoder, is_count
from g4f_lite.decoding.tool_calls import Calls
from g4f_lite.errors import ImageNotSupportedError
from g4f_lite.messages import Image, Message, Params
from g4f_lite.pieces import Finish, Piece, Usage
from g4f_lite.protocols.functions import THOUGHTS, Call, are_functions, calls_of, input_of, names_of, result_of

HINTS = ("seed", "frequency_penalty", "presence_penalty")
"""Fields of OpenAI's protocol that are options here, under the same names."""


def chat_request(
    provider: str, model: str, messages: Sequence[Message], params: Params, context: int | None
) -> dict[str, Any]:
    """Return the body that asks for a reply.

    provider: the name in config.json, for the sentence of an error. context: in tokens; None is the server's own.
    Raises: ImageNotSupportedError for an image of which there is only the address.
    """
    names, extra = names_of(messages), params.extra
    body = {
        "model": model,
        "messages": [_message(provider, message, names) for message in messages],
        "stream": True,
        "options": _options(params, context),
        "tools": extra.get("tools") if extra.get("tool_choice") != "none" else None,
        "format": _format(extra.get("response_format")),
    }
    return {name: value for name, value in body.items() if value not in (None, {}, "")}


def supports(field: str, value: Any) -> bool:
    """Tell whether the protocol has words for a field, as for `Provider.supports`; it has none to force a call."""
    match field:
        case "tools":
            return are_functions(value)
        case "tool_choice":
            return value in ("auto", "none")
        case "response_format":
            return bool(_format(value))
    return False


class ChatReply(ReplyDecoder):
    """One reply. It has finished with the record that is `done`, which may hold text, too."""

    def __init__(self, provider: str, secrets: Collection[str] = (), *, offers_tools: bool = False) -> None:
        super().__init__(provider, secrets)
        self._offers_tools = offers_tools
        self._calls = Calls(self.texts)
        self._lines = JsonLinesDecoder(provider)
        self._last: Mapping[str, Any] = {}
        self._has_answered = False
        self._calls_tool = False

    @property
    def has_finished(self) -> bool:
        return self.is_over

    def take(self, block: bytes, pieces: list[Piece]) -> None:
        for record in self._lines.feed(block):
            self._record(record, pieces)
            if self.is_over:
                return

    def take_rest(self, pieces: list[Piece]) -> None:
        if self.is_over:
            return
        for record in self._lines.end():
            self._record(record, pieces)

    def conclusion(self) -> Iterator[Piece]:
        if not self.is_over:
            raise self.cut()
        if not self._has_answered:
            self._judge_silence()
        is_cut = self._last.get("done_reason") == "length"
        yield from self._calls.end(is_cut=is_cut)
        if usage := _usage(self._last):
            yield usage
        yield Finish("length" if is_cut else "tool_calls" if self._calls else "stop")

    def _record(self, record: Any, pieces: list[Piece]) -> None:
        if not isinstance(record, dict):
            raise self.malformed("JSON that is no part of an answer")
        if isinstance(message := record.get("message"), dict):
            self._message(message, pieces)
        if record.get("error"):
            raise self.interruption(record)
        if record.get("done"):
            self._last, self.is_over = record, True

    def _message(self, message: Mapping[str, Any], pieces: list[Piece]) -> None:
        if isinstance(thinking := message.get("thinking"), str):
            self.texts.think(thinking, pieces)
        if isinstance(content := message.get("content"), str) and content:
            self._has_answered = True
            self.texts.say(content, pieces)
        if calls := message.get("tool_calls"):
            self._calls_tool = True
            if self._offers_tools:
                self._calls.feed(calls, pieces)

    def _judge_silence(self) -> None:
        """Raise what it means that there is no answer, unless the model just had nothing to say."""
        if self._calls_tool and not self._offers_tools:
            raise self.malformed("the call of a tool that nobody offered, in the place of an answer")
        if self._last.get("done_reason") in ("load", "unload"):
            raise self.malformed("word that the model was loaded or unloaded, in the place of an answer")


def _options(params: Params, context: int | None) -> dict[str, Any]:
    given = params.given() | {name: value for name, value in params.extra.items() if name in HINTS}
    if "max_tokens" in given:
        given["num_predict"] = given.pop("max_tokens")
    return given | ({"num_ctx": context} if context else {})


def _format(response_format: Any) -> Any:
    """Return what the answer is held to: `json`, or a schema; None: nothing, or what the protocol has no words for."""
    match response_format:
        case {"type": "json_object"}:
            return "json"
        case {"type": "json_schema", "json_schema": {"schema": dict(schema)}}:
            return schema
    return None


def _message(provider: str, message: Message, names: Mapping[str, str]) -> dict[str, Any]:
    """Return a message; older servers know a result by the name of its tool, newer ones by the call's id, too."""
    written: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.images:
        written["images"] = [_data(provider, image) for image in message.images]
    if (id_ := result_of(message)) is not None:
        return {**written, "role": "tool", "tool_name": names.get(id_, ""), "tool_call_id": id_}
    if calls := calls_of(message):
        written["tool_calls"] = [_call(call) for call in calls]
        written |= {"thinking": thoughts} if (thoughts := message.extra.get(THOUGHTS)) else {}
    return written


def _call(call: Call) -> dict[str, Any]:
    return {"id": call.id, "function": {"name": call.name, "arguments": input_of(call.arguments)}}


def _data(provider: str, image: Image) -> str:
    """Return an image in base64, without a media type: the server looks for itself."""
    if not image.inline:
        raise ImageNotSupportedError(f"{provider} fetches no images: attach the image itself, not its address.")
    return image.inline.data


def _usage(record: Mapping[str, Any]) -> Usage | None:
    """Return what was counted, or None where one of the counts is missing: a prompt still in memory is not counted."""
    prompt, answer = record.get("prompt_eval_count"), record.get("eval_count")
    return Usage(prompt, answer) if is_count(prompt) and is_count(answer) and prompt + answer else None
