"""What a service of OpenAI's protocol is asked: the body of a chat completion. Pure.

Source: https://platform.openai.com/docs/api-reference/chat/create
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from g4f_lite.errors import RejectedError
from g4f_lite.http.unsupported_fields import refused_field as refused_parameter
from g4f_lite.http.unsupported_fields import without
from g4f_lite.messages import Image, Message, Params
from g4f_lite.protocols.functions import REASONING_MEMBER, result_of

SHOWN = "(The image follows.)"
"""What a tool has answered that answered with images alone; its message holds none."""


def chat_request(
    model: str, messages: Sequence[Message], params: Params, left_out: Collection[str] = ()
) -> dict[str, Any]:
    """Return the body that asks for a reply.

    left_out: what the model does not take: fields of the body, or `reasoning_content` of its messages.
    """
    body = {
        "model": model,
        "messages": [_without_thoughts(one) if REASONING_MEMBER in left_out else one for one in _written(messages)],
        "stream": True,
        "stream_options": {"include_usage": True},
        **params.given(),
        **params.extra,
    }
    return without(body, left_out)


def refused_field(body: Mapping[str, Any], error: RejectedError) -> str:
    """Return what to ask again without; empty when the service complains about something else."""
    if (
        type(error) is RejectedError
        and REASONING_MEMBER in error.detail
        and any(REASONING_MEMBER in one for one in body["messages"])
    ):
        return REASONING_MEMBER
    return refused_parameter(body, error)


def _written(messages: Sequence[Message]) -> Iterator[dict[str, Any]]:
    """Yield the messages; what tools showed is the user's, behind all results, which hold text alone."""
    shown: tuple[Image, ...] = ()
    for message in messages:
        if result_of(message) is not None:
            shown += message.images
            yield _message(replace(message, content=message.content or (SHOWN if message.images else ""), images=()))
            continue
        if shown and message.role == "user":
            message = replace(message, images=shown + message.images)
        elif shown:
            yield _message(Message("user", "", shown))
        shown = ()
        yield _message(message)
    if shown:
        yield _message(Message("user", "", shown))


def _message(message: Message) -> dict[str, Any]:
    return {"role": message.role, "content": _content(message), **message.extra}


def _without_thoughts(message: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name != REASONING_MEMBER}


def _content(message: Message) -> str | list[dict[str, Any]]:
    """Return the text, or a list of parts where there are images; many services know texts alone."""
    if not message.images:
        return message.content
    text = [{"type": "text", "text": message.content}] if message.content else []
    return [*text, *({"type": "image_url", "image_url": {"url": image.url}} for image in message.images)]
