"""What OpenAI's clients send. Source: https://platform.openai.com/docs/api-reference/chat/create"""

from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from g4f_lite.messages import Message, Params, message_of
from server.payload import Body, SamplingBody, check_length
from server.problems import Problem

UNCARRIED: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "functions": ([],),
    "function_call": ("none", "auto"),
    "response_format": ({"type": "text"},),
    "logprobs": (False,),
    "modalities": (["text"],),
    "audio": (),
    "web_search_options": (),
}
"""Fields that would change what the answer is, with the values that change nothing."""


class StreamOptions(Body):
    include_usage: bool | None = None


class ChatBody(SamplingBody):
    """The body of a chat completion; fields that only tune the model, and no provider knows, are left alone."""

    model: str
    messages: Annotated[list[dict[str, Any]], Field(min_length=1)]
    max_completion_tokens: Annotated[int, Field(gt=0, le=1_000_000)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    @property
    def wants_usage(self) -> bool:
        """Whether the stream shall tell the tokens at its end."""
        return bool(self.stream_options and self.stream_options.include_usage)

    def params(self) -> Params:
        params = super().params()
        return replace(params, max_tokens=self.max_completion_tokens or params.max_tokens)

    def said(self) -> list[Message]:
        """Return the messages; where all of it is for the system, the last is the question. Raises: Problem."""
        messages = [_message(number, value) for number, value in enumerate(self.messages)]
        if not any(message.content.strip() or message.images for message in messages):
            raise Problem("invalid_request", "messages: write something; white space alone is no message.")
        if all(message.role == "system" for message in messages):
            messages[-1] = replace(messages[-1], role="user")
        return messages


def refuse_uncarried(parsed: dict[str, Any]) -> None:
    """Refuse what would be ignored otherwise, and missed in the answer. Raises: Problem, which names the field."""
    for name, harmless in UNCARRIED.items():
        if parsed.get(name) not in (None, *harmless):
            raise Problem("invalid_request", f"{name}: this server cannot pass it on to a model; leave it out.")


def _message(number: int, value: dict[str, Any]) -> Message:
    try:
        message = message_of(value)
    except ValueError as error:
        raise Problem("invalid_request", f"messages.{number}: {error}") from error
    check_length(message.content, f"messages.{number}.content")
    return message
