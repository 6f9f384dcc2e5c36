"""Functions that a model may call, as OpenAI's protocol writes them, read for those who speak another one. Pure.

Source: https://platform.openai.com/docs/api-reference/chat/create
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from g4f_lite.messages import Message

REASONING_MEMBER = "reasoning_content"
"""The member of a message with calls that holds what the model thought before: DeepSeek refuses one without it, Groq
one with it."""
UNREADABLE = "INVALID_JSON"
"""The member that holds arguments which are no object, where a protocol wants one.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/fine-grained-tool-streaming
"""


class Call(NamedTuple):
    """A call of a function. arguments: what should be the JSON of an object."""

    id: str
    name: str
    arguments: str


def are_functions(value: Any) -> bool:
    """Tell whether all of a list of tools, or of calls of such, are functions with a name."""
    return isinstance(value, list) and all(map(named, value))


def named(value: Any) -> str:
    """Return the name of the function that is offered, called, or has to be called; empty for anything else."""
    name = _function(value).get("name")
    return name if isinstance(name, str) else ""


def calls_of(message: Message) -> list[Call]:
    """Return the calls in a message of the assistant; see `are_functions` for what they are."""
    calls = message.extra.get("tool_calls", ())
    return [Call(_text(one.get("id")), named(one), _text(_function(one).get("arguments"))) for one in calls]


def result_of(message: Message) -> str | None:
    """Return the id of the call that a message has the result of; None: it is no result."""
    return message.extra.get("tool_call_id")


def names_of(messages: Sequence[Message]) -> dict[str, str]:
    """Return the functions that were called, by the ids of the calls."""
    return {call.id: call.name for message in messages for call in calls_of(message)}


def input_of(arguments: str) -> dict[str, Any]:
    """Return the object that arguments are; none at all are an empty one, and what is no object is kept in one."""
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
    """Return a text; a program may send arguments as the object that the text should hold."""
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not valid JSON")
