"""Builds the body of a chat completion in OpenAI's protocol. Pure.

Source: https://platform.openai.com/docs/api-reference/chat/create
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from g4f_lite.errors import RejectedError
from g4f_lite.http.unsupported_fields import SYSTEM, without
from g4f_lite.http.unsupported_fields import refused_field as refused_parameter
from g4f_lite.messages import Image, Message, Params, without_system
from g4f_lite.protocols.extra_body import merged
from g4f_lite.protocols.functions import REASONING_MEMBER, result_of

IMAGE_FOLLOWS = "(The image follows.)"
"""The text of a tool's result that is only images; its message cannot hold them."""


def chat_request(
    model: str,
    messages: Sequence[Message],
    params: Params,
    left_out: Collection[str] = (),
    extra_body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the body that asks for a reply.

    left_out: fields of the body that the model does not take, or `reasoning_content` of its messages.
    extra_body: members that the provider's entry adds.
    """
    if SYSTEM in left_out:
        messages = without_system(messages)
    body = {
        "model": model,
        "messages": [_without_reasoning(one) if REASONING_MEMBER in left_out else one for one in _written(messages)],
        "stream": True,
        "stream_options": {"include_usage": True},
        **params.given(),
    }
    return without({**merged(body, extra_body or {}, params.extra_body), **params.extra}, left_out)


def refused_field(body: Mapping[str, Any], error: RejectedError) -> str:
    """Return the field to leave out of the next request; empty if the error is about something else."""
    if (
        type(error) is RejectedError
        and REASONING_MEMBER in error.detail
        and any(REASONING_MEMBER in message for message in body["messages"])
    ):
        return REASONING_MEMBER
    return refused_parameter(body, error)


def _written(messages: Sequence[Message]) -> Iterator[dict[str, Any]]:
    """Yield the messages. A result holds only text, so images of tools go into a user's message after all results."""
    images: tuple[Image, ...] = ()
    for message in messages:
        if result_of(message) is not None:
            images += message.images
            content = message.content or (IMAGE_FOLLOWS if message.images else "")
            yield _message(replace(message, content=content, images=()))
            continue
        if images and message.role == "user":
            message = replace(message, images=images + message.images)
        elif images:
            yield _message(Message("user", "", images))
        images = ()
        yield _message(message)
    if images:
        yield _message(Message("user", "", images))


def _message(message: Message) -> dict[str, Any]:
    return {"role": message.role, "content": _content(message), **message.extra}


def _without_reasoning(message: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name != REASONING_MEMBER}


def _content(message: Message) -> str | list[dict[str, Any]]:
    """Return the text, or a list of parts if there are images: many services take only texts."""
    if not message.images:
        return message.content
    text = [{"type": "text", "text": message.content}] if message.content else []
    return [*text, *({"type": "image_url", "image_url": {"url": image.url}} for image in message.images)]
