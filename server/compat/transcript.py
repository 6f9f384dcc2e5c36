"""A program's messages as they are stored: text, in which a person's questions and a model's answers take turns.

A call of a tool becomes a block of code that is called like the tool, and its result the person's; a picture becomes
its kind, or its address. No words are added to those that were said, since nobody knows who will read them.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from g4f_lite.decoding.surrogates import whole
from g4f_lite.decoding.tool_calls import GROWING
from g4f_lite.messages import Image, Message
from server.turns.prompt import in_turns

TICKS = re.compile("`+")


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said, and in the end asked. prefill: how the answer begins, where the program wrote that itself."""

    system: str
    history: list[Message]
    question: str
    prefill: str


class Call(NamedTuple):
    """A call of a tool, and the text that goes with it."""

    tool: str
    text: str


def transcript(messages: Sequence[Message]) -> Transcript:
    """Return what is stored of the messages of a request."""
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    said = in_turns(_each(messages)) or [Message("user", "")]
    prefill = said.pop().content if said[-1].role == "assistant" and len(said) > 1 else ""
    return Transcript(system, said[:-1], said[-1].content, prefill)


def calls_text(calls: Iterable[Mapping[str, Any]]) -> str:
    """Return calls of tools, as an answer that is not streamed has them, in Markdown."""
    return "\n\n".join(_block(_call(call)) for call in calls)


def _each(messages: Iterable[Message]) -> Iterator[Message]:
    """Yield what is said as text; whoever asks, says something."""
    tools: dict[str, str] = {}
    for message in messages:
        calls, answered = message.extra.get("tool_calls", ()), message.extra.get("tool_call_id")
        tools |= {str(call.get("id")): _call(call).tool for call in calls}
        if message.role != "system":
            content = message.content if answered is None else f"{tools.get(answered, answered)} →\n{message.content}"
            parts = [content, calls_text(calls), *map(_picture, message.images)]
            text = "\n\n".join(part for part in parts if part.strip())
            yield Message(message.role, text or (" " if message.role == "user" else ""))


def _call(call: Mapping[str, Any]) -> Call:
    for kind, growing in GROWING.items():
        if isinstance(body := call.get(kind), Mapping):
            return Call(str(body.get("name")), _tidy(str(body.get(growing))))
    return Call("", json.dumps(call, ensure_ascii=False))


def _tidy(text: str) -> str:
    """Return JSON in the one way to write it, since some programs write it anew; any other text as it is.

    Escaped, JSON may have half of a character, which cannot be stored: U+FFFD stands for it.
    """
    try:
        return whole(json.dumps(json.loads(text), ensure_ascii=False))
    except (ValueError, RecursionError):
        return text


def _block(call: Call) -> str:
    longest = max((len(run) for run in TICKS.findall(call.text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{TICKS.sub('', ' '.join(call.tool.split()))}\n{call.text}\n{fence}"


def _picture(image: Image) -> str:
    return f"[{image.inline.media_type if image.inline else image.url}]"
