"""Reads the functions and calls of OpenAI's protocol, for providers with a protocol of their own. Pure.

Source: https://platform.openai.com/docs/api-reference/chat/create
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from g4f_lite.messages import Message

REASONING_MEMBER = "reasoning_content"
"""The member of a message with calls that holds the model's reasoning before them: DeepSeek refuses a message without
it, Groq one with it."""
UNREADABLE = "INVALID_JSON"
"""The member that holds arguments that are not an object, where a protocol wants an object.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/fine-grained-tool-streaming
"""


class FunctionCall(NamedTuple):
    """A call of a function. arguments: normally the JSON of an object."""

    id: str
    name: str
    arguments: str


def are_functions(value: Any) -> bool:
    """Return whether every tool, or tool call, in a list is a function with a name."""
    return isinstance(value, list) and all(map(named, value))


def named(value: Any) -> str:
    """Return the name of the function that is offered, called, or has to be called; empty for anything else."""
    name = _function(value).get("name")
    return name if isinstance(name, str) else ""


def calls_of(message: Message) -> list[FunctionCall]:
    """Return the calls in a message of the assistant. They must pass `are_functions`."""
    calls = message.extra.get("tool_calls", ())
    return [FunctionCall(_text(call.get("id")), named(call), _text(_function(call).get("arguments"))) for call in calls]


def result_of(message: Message) -> str | None:
    """Return the id of the call whose result the message is; None if it is not a result."""
    return message.extra.get("tool_call_id")


def names_of(messages: Sequence[Message]) -> dict[str, str]:
    """Return the names of the functions that were called, by the ids of the calls."""
    return {call.id: call.name for message in messages for call in calls_of(message)}


def input_of(arguments: str) -> dict[str, Any]:
    """Return the arguments as an object. Arguments that are not one become its `UNREADABLE` member."""
    try:
        value = json.loads(arguments or "{}", parse_constant=_refuse)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {UNREADABLE: arguments}


def _function(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict) or value.get("type", "function") != "function":
        return {}
    body = value.get("function")
    return body if isinstance(body, dict) else {}


def _text(value: Any) -> str:
    """Return a text. A program may send arguments as an object instead of its JSON."""
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not valid JSON")
