"""Builds the body of a chat request of Ollama's API. Pure.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-chat-completion
"""

from collections.abc import Mapping, Sequence
from typing import Any

from g4f_lite.errors import ImageNotSupportedError
from g4f_lite.messages import Image, Message, Params
from g4f_lite.protocols.functions import (
    REASONING_MEMBER,
    FunctionCall,
    are_functions,
    calls_of,
    input_of,
    names_of,
    result_of,
)

HINTS = ("seed", "frequency_penalty", "presence_penalty")
"""Fields of OpenAI's protocol that are options of Ollama's, under the same names."""


def chat_request(
    provider: str, model: str, messages: Sequence[Message], params: Params, context: int | None
) -> dict[str, Any]:
    """Return the body that asks for a reply.

    provider: the name in config.json, for error messages. context: in tokens; None is the server's own.
    Raises: ImageNotSupportedError for an image that is only an address.
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
    """Return whether the API can express a field, see `Provider.supports`. It cannot force a call."""
    match field:
        case "tools":
            return are_functions(value)
        case "tool_choice":
            return value in ("auto", "none")
        case "response_format":
            return bool(_format(value))
    return False


def _options(params: Params, context: int | None) -> dict[str, Any]:
    given = params.given() | {name: value for name, value in params.extra.items() if name in HINTS}
    if "max_tokens" in given:
        given["num_predict"] = given.pop("max_tokens")
    return given | ({"num_ctx": context} if context else {})


def _format(response_format: Any) -> Any:
    """Return the format of the answer: `json` or a schema; None if there is none, or the API cannot express it."""
    match response_format:
        case {"type": "json_object"}:
            return "json"
        case {"type": "json_schema", "json_schema": {"schema": dict(schema)}}:
            return schema
    return None


def _message(provider: str, message: Message, names: Mapping[str, str]) -> dict[str, Any]:
    """Return a message. Older servers match a result by its tool's name, newer ones also by the call's id."""
    written: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.images:
        written["images"] = [_data(provider, image) for image in message.images]
    if (id_ := result_of(message)) is not None:
        return {**written, "role": "tool", "tool_name": names.get(id_, ""), "tool_call_id": id_}
    if calls := calls_of(message):
        written["tool_calls"] = [_call(call) for call in calls]
        written |= {"thinking": reasoning} if (reasoning := message.extra.get(REASONING_MEMBER)) else {}
    return written


def _call(call: FunctionCall) -> dict[str, Any]:
    return {"id": call.id, "function": {"name": call.name, "arguments": input_of(call.arguments)}}


def _data(provider: str, image: Image) -> str:
    """Return an image in base64, without a media type: the server detects it."""
    if not image.inline:
        raise ImageNotSupportedError(f"{provider} cannot fetch images from an address. Attach the image itself.")
    return image.inline.data
