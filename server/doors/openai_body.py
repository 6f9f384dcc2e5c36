"""What OpenAI's clients send. Source: https://platform.openai.com/docs/api-reference/chat/create"""

from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from g4f_lite.messages import Message, Params, message_of
from server.doors.question import Harmless, check_said
from server.payload import Body, SamplingBody, check_length, check_text
from server.problems import Problem

CHAT_UNCARRIED: Harmless = {
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
TEXT_UNCARRIED: Harmless = {"n": (1,), "best_of": (1,), "echo": (False,), "suffix": ("",), "logprobs": ()}


class StreamOptions(Body):
    include_usage: bool | None = None


class CompletionBody(SamplingBody):
    """What both kinds have in common; fields that only tune the model, and no provider knows, are left alone."""

    model: str
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    @property
    def wants_usage(self) -> bool:
        """Whether the stream shall tell the tokens at its end."""
        return bool(self.stream_options and self.stream_options.include_usage)


class ChatBody(CompletionBody):
    """The body of a chat completion."""

    messages: Annotated[list[dict[str, Any]], Field(min_length=1)]
    max_completion_tokens: Annotated[int, Field(gt=0, le=1_000_000)] | None = None

    def params(self) -> Params:
        params = super().params()
        return replace(params, max_tokens=self.max_completion_tokens or params.max_tokens)

    def said(self) -> list[Message]:
        """Return the messages; where all of it is for the system, the last is the question. Raises: Problem."""
        messages = [_message(number, value) for number, value in enumerate(self.messages)]
        check_said(messages)
        if all(message.role == "system" for message in messages):
            messages[-1] = replace(messages[-1], role="user")
        return messages


class TextBody(CompletionBody):
    """The body of a completion: one text, which is the question here."""

    prompt: Annotated[list[str], Field(min_length=1, max_length=1)] | str

    def said(self) -> list[Message]:
        """Return the question. Raises: Problem."""
        text = self.prompt if isinstance(self.prompt, str) else self.prompt[0]
        check_text(text, "prompt")
        return [Message("user", text)]


def _message(number: int, value: dict[str, Any]) -> Message:
    try:
        message = message_of(value)
    except ValueError as error:
        raise Problem("invalid_request", f"messages.{number}: {error}") from error
    check_length(message.content, f"messages.{number}.content")
    return message
