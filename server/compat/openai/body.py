"""The bodies of requests to OpenAI's API. Source: https://platform.openai.com/docs/api-reference/chat/create"""

from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from g4f_lite.messages import Message, Params, message_of
from g4f_lite.protocols.functions import REASONING_MEMBER
from server.api.bodies import SamplingBody, check_length, check_messages, check_text
from server.compat.capabilities import NO_TOOLS, PROVIDER_DEPENDENT, IgnorableValues
from server.problems import Problem
from server.web.request_json import Body

CHAT_UNSUPPORTED: IgnorableValues = {
    "n": (1,),
    "functions": ([],),
    "function_call": ("none", "auto"),
    "logprobs": (False,),
    "modalities": (["text"],),
    "audio": (),
    "web_search_options": (),
}
TEXT_UNSUPPORTED: IgnorableValues = {"n": (1,), "best_of": (1,), "echo": (False,), "suffix": ("",), "logprobs": ()}

HINTS = ("frequency_penalty", "presence_penalty", "seed", "logit_bias", "reasoning_effort", "parallel_tool_calls")
"""Fields that only tune the model. Providers that do not support them answer without them."""
TOOL_FIELDS = ("tool_choice", "parallel_tool_calls")
"""Fields that services refuse in a request without tools."""


class StreamOptions(Body):
    include_usage: bool | None = None


class CompletionBody(SamplingBody):
    """The fields that both kinds of completion share. Unknown fields are ignored."""

    model: str
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    store: bool | None = None

    @property
    def wants_usage(self) -> bool:
        """Whether the stream ends with the tokens used."""
        return bool(self.stream_options and self.stream_options.include_usage)


class ChatBody(CompletionBody):
    """The body of a chat completion."""

    messages: Annotated[list[dict[str, Any]], Field(min_length=1)]
    max_completion_tokens: Annotated[int, Field(gt=0, le=1_000_000)] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    seed: int | None = None
    logit_bias: dict[str, float] | None = None
    reasoning_effort: str | None = None
    parallel_tool_calls: bool | None = None

    def params(self) -> Params:
        params = super().params()
        return replace(params, max_tokens=self.max_completion_tokens or params.max_tokens, extra=self._extra())

    def all_messages(self) -> list[Message]:
        """Return the messages. If all are system messages, the last one becomes the question. Raises: Problem."""
        messages = [_message(number, value) for number, value in enumerate(self.messages)]
        check_messages(messages)
        if all(message.role == "system" for message in messages):
            messages[-1] = replace(messages[-1], role="user")
        return messages

    def _extra(self) -> dict[str, Any]:
        if not self.tools and self.tool_choice not in (None, *PROVIDER_DEPENDENT["tool_choice"]):
            raise Problem("invalid_request", NO_TOOLS)
        given = {name: getattr(self, name) for name in (*PROVIDER_DEPENDENT, *HINTS)}
        left_out = () if self.tools else TOOL_FIELDS
        return {name: value for name, value in given.items() if value not in (None, []) and name not in left_out}


class TextBody(CompletionBody):
    """The body of a completion: one text, taken as the question."""

    prompt: Annotated[list[str], Field(min_length=1, max_length=1)] | str

    def all_messages(self) -> list[Message]:
        """Return the question as a message. Raises: Problem."""
        text = self.prompt if isinstance(self.prompt, str) else self.prompt[0]
        check_text(text, "prompt")
        return [Message("user", text)]


def _message(number: int, value: dict[str, Any]) -> Message:
    extra = _extra(value, f"messages.{number}")
    try:
        message = message_of({**value, "role": "user"} if "role" in extra else value)
    except ValueError as error:
        raise Problem("invalid_request", f"messages.{number}: {error}") from error
    check_length(message.content, f"messages.{number}.content")
    return replace(message, extra=extra)


def _extra(value: dict[str, Any], field: str) -> dict[str, Any]:
    """Return the members of a tool's result, or tool calls and the thoughts before them. Raises: Problem."""
    calls = value.get("tool_calls")
    if value.get("role") == "tool":
        if not isinstance(value.get("tool_call_id"), str):
            raise Problem("invalid_request", f"{field}.tool_call_id: must be a string.")
        return {"role": "tool", "tool_call_id": value["tool_call_id"]}
    if not calls:
        return {}
    if value.get("role") != "assistant" or not isinstance(calls, list) or not all(isinstance(c, dict) for c in calls):
        raise Problem("invalid_request", f"{field}.tool_calls: must be a list of objects in an assistant message.")
    thoughts = value.get(REASONING_MEMBER)
    thought = {REASONING_MEMBER: thoughts} if isinstance(thoughts, str) and thoughts else {}
    return {"tool_calls": calls, **thought, **({} if value.get("content") else {"content": None})}
