"""Turns a program's messages into the text that is stored: questions and answers that alternate.

A tool call becomes a block of code with the tool's name, and its result becomes part of the next question. A picture
becomes its media type or its address. No words are added: it is unknown who will read them, and in which language.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from g4f_lite.decoding.surrogates import join_surrogates
from g4f_lite.decoding.tool_calls import GROWING
from g4f_lite.messages import Image, Message
from server.turns.prompt import in_turns

TICKS = re.compile("`+")


@dataclass(frozen=True, slots=True)
class Transcript:
    """The messages of a request, sorted.

    prefill: the beginning of the answer, if the program wrote one.
    """

    system: str
    history: list[Message]
    question: str
    prefill: str


class ToolCall(NamedTuple):
    """A tool call as text."""

    tool: str
    arguments: str


def transcript(messages: Sequence[Message]) -> Transcript:
    """Return the messages of a request as they are stored."""
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    alternating = in_turns(_as_text(messages)) or [Message("user", "")]
    has_prefill = alternating[-1].role == "assistant" and len(alternating) > 1
    prefill = alternating.pop().content if has_prefill else ""
    return Transcript(system, alternating[:-1], alternating[-1].content, prefill)


def calls_text(calls: Iterable[Mapping[str, Any]]) -> str:
    """Return tool calls as Markdown. calls: as in an answer that is not streamed."""
    return "\n\n".join(_block(_call(call)) for call in calls)


def _as_text(messages: Iterable[Message]) -> Iterator[Message]:
    """Yield the messages as text. A message of the user is never empty."""
    tools: dict[str, str] = {}
    for message in messages:
        calls, result_of = message.extra.get("tool_calls", ()), message.extra.get("tool_call_id")
        tools |= {str(call.get("id")): _call(call).tool for call in calls}
        if message.role != "system":
            content = (
                message.content if result_of is None else f"{tools.get(result_of, result_of)} →\n{message.content}"
            )
            parts = [content, calls_text(calls), *map(_picture, message.images)]
            text = "\n\n".join(part for part in parts if part.strip())
            yield Message(message.role, text or (" " if message.role == "user" else ""))


def _call(call: Mapping[str, Any]) -> ToolCall:
    for kind, growing in GROWING.items():
        if isinstance(body := call.get(kind), Mapping):
            return ToolCall(str(body.get("name")), _normalized(str(body.get(growing))))
    return ToolCall("", json.dumps(call, ensure_ascii=False))


def _normalized(text: str) -> str:
    """Return JSON in one notation, since some programs reformat it between requests; any other text unchanged.

    Escaped JSON may contain an unpaired surrogate, which cannot be stored. U+FFFD replaces it.
    """
    try:
        return join_surrogates(json.dumps(json.loads(text), ensure_ascii=False))
    except (ValueError, RecursionError):
        return text


def _block(call: ToolCall) -> str:
    longest = max((len(run) for run in TICKS.findall(call.arguments)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{TICKS.sub('', ' '.join(call.tool.split()))}\n{call.arguments}\n{fence}"


def _picture(image: Image) -> str:
    return f"[{image.inline.media_type if image.inline else image.url}]"
