"""Builds the body of a request to Anthropic's Messages API, within its rules. Pure.

Source: https://platform.claude.com/docs/en/api/messages
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from g4f_lite.errors import ImageNotSupportedError, RejectedError
from g4f_lite.http.unsupported_fields import refused_field as refused_spare_field
from g4f_lite.http.unsupported_fields import without
from g4f_lite.messages import Image, Message, Params
from g4f_lite.protocols.anthropic.tools import Block, output_config, result, tool_choice, tools, use
from g4f_lite.protocols.functions import FunctionCall, calls_of, names_of, result_of

OPENING = "Hello."
"""The user's message before an assistant's first one, since the API wants the user to begin."""
NEEDED = ("max_tokens",)
HOTTEST = 1.0
LEAST_TOP_P_THINKING = 0.95
MEDIA_TYPES = {type_: type_ for type_ in ("image/jpeg", "image/png", "image/gif", "image/webp")} | {
    "image/jpg": "image/jpeg"
}
"""The image types that the API takes, under the names that it knows."""

ADAPTIVE = {"type": "adaptive", "display": "summarized"}
"""Newer models decide themselves how much to think. They return a summary of it only on request."""


@dataclass(frozen=True, slots=True)
class TokenLimits:
    """Units: tokens. max_tokens: for requests that name no limit. thinking: 0 is off, at least 1024 is on."""

    max_tokens: int
    thinking: int


@dataclass(frozen=True, slots=True)
class _Turn:
    """The messages of one side until the other side's turn."""

    role: str
    content: str = ""
    images: tuple[Image, ...] = ()
    results: tuple[Message, ...] = ()
    calls: tuple[FunctionCall, ...] = ()

    @property
    def is_blank(self) -> bool:
        return not (self.content.strip() or self.images or self.results or self.calls)


def message_request(
    provider: str,
    model: str,
    messages: Sequence[Message],
    params: Params,
    limits: TokenLimits,
    left_out: Collection[str] = (),
) -> dict[str, Any]:
    """Return the body that asks for a reply.

    provider: the name in config.json, for the sentence of an error.
    left_out: fields that the model does not take: `temperature`, `top_p`, `thinking`, or only `budget_tokens` in it;
    `strict` of tools.
    Raises: ImageNotSupportedError for an image of a kind that the API does not take.
    """
    turns = _turns(messages)
    called = names_of(messages).values()
    choice = tool_choice(params.extra) if called or "tools" in params.extra else {}
    thinks = limits.thinking > 0 and "thinking" not in left_out and _may_think(turns[-1], choice, left_out)
    body = {
        "model": model,
        "max_tokens": _max_tokens(params.max_tokens or limits.max_tokens, limits.thinking if thinks else 0),
        "system": "\n\n".join(message.content for message in messages if _is_system(message)),
        "messages": [{"role": turn.role, "content": _content(provider, turn)} for turn in turns],
        "thinking": _thinking(limits.thinking, left_out) if thinks else None,
        "stop_sequences": [stop for stop in params.stop if stop.strip()],
        "stream": True,
        "tools": tools(params.extra, called, left_out),
        "tool_choice": choice,
        "output_config": output_config(params.extra.get("response_format")),
        **_sampling(params, thinks, left_out),
    }
    spare = [name for name in left_out if name not in NEEDED]
    return without({name: value for name, value in body.items() if value not in (None, "", [], {})}, spare)


def refused_field(body: Mapping[str, Any], error: RejectedError) -> str:
    """Return the field to leave out of the next request; empty if the error is about something else.

    Newer models take no temperature and decide themselves how much to think. Older ones have no thinking, nor `strict`.
    """
    if type(error) is not RejectedError:
        return ""
    if "thinking" in body and "thinking" in error.detail:
        return "budget_tokens" if "budget_tokens" in body["thinking"] and "adaptive" in error.detail else "thinking"
    if re.search(r"\bstrict\b", error.detail) and any("strict" in tool for tool in body.get("tools", ())):
        return "strict"
    return refused_spare_field(body, error, NEEDED)


def _turns(messages: Sequence[Message]) -> list[_Turn]:
    """Return the turns, alternating, the user's first. Messages of white space alone are left out."""
    turns: list[_Turn] = []
    for message in messages:
        turn = _turn(message)
        if message.role == "system" or turn.is_blank:
            continue
        if turns and turns[-1].role == turn.role:
            turn = _joined(turns.pop(), turn)
        turns.append(turn)
    if not turns or turns[0].role != "user":
        turns.insert(0, _Turn("user", OPENING))
    if turns[-1].role == "assistant":  # the beginning of the reply; the API wants no white space at its end
        turns[-1] = replace(turns[-1], content=turns[-1].content.rstrip())
    return turns


def _turn(message: Message) -> _Turn:
    if result_of(message) is not None:
        return _Turn("user", results=(message,))
    return _Turn(message.role, message.content, message.images, calls=tuple(calls_of(message)))


def _joined(first: _Turn, second: _Turn) -> _Turn:
    contents = "\n\n".join(filter(str.strip, (first.content, second.content)))
    results, calls = first.results + second.results, first.calls + second.calls
    return _Turn(first.role, contents, first.images + second.images, results, calls)


def _may_think(last: _Turn, choice: Mapping[str, Any], left_out: Collection[str]) -> bool:
    """Return whether the API allows thinking: not if a call is forced, nor after thoughts that it wants back.

    The thoughts before a call are signed, and OpenAI's protocol has no place for that. Newer models do not need them.
    """
    is_free = last.role == "user" and choice.get("type") not in ("any", "tool")
    return is_free and (not last.results or "budget_tokens" in left_out)


def _is_system(message: Message) -> bool:
    return message.role == "system" and bool(message.content.strip())


def _content(provider: str, turn: _Turn) -> str | list[Block]:
    """Return the text, or a list of blocks if there is more. Results and images come first, as the API advises."""
    if not (turn.images or turn.results or turn.calls):
        return turn.content
    results = [
        result(result_of(message) or "", [*_text(message.content), *_images(provider, message)])
        for message in turn.results
    ]
    return [*results, *_images(provider, turn), *_text(turn.content), *map(use, turn.calls)]


def _text(content: str) -> list[Block]:
    return [{"type": "text", "text": content}] if content.strip() else []


def _images(provider: str, source: Message | _Turn) -> list[Block]:
    return [{"type": "image", "source": _source(provider, image)} for image in source.images]


def _source(provider: str, image: Image) -> dict[str, str]:
    if not image.inline:
        return {"type": "url", "url": image.url}
    media_type, data = image.inline
    if media_type not in MEDIA_TYPES:
        raise ImageNotSupportedError(f"{provider} accepts JPEG, PNG, GIF and WebP images, not {media_type[:50]}.")
    return {"type": "base64", "media_type": MEDIA_TYPES[media_type], "data": data}


def _max_tokens(wanted: int, budget: int) -> int:
    """Return a limit that leaves room for an answer after the thoughts, which count as well."""
    return wanted if wanted > budget else wanted + budget


def _thinking(budget: int, left_out: Collection[str]) -> dict[str, Any]:
    return ADAPTIVE if "budget_tokens" in left_out else {"type": "enabled", "budget_tokens": budget}


def _sampling(params: Params, thinks: bool, left_out: Collection[str]) -> dict[str, float]:
    """Return the temperature, or else `top_p`: newer models refuse both at once. Thinking fixes the temperature."""
    given: dict[str, float] = {}
    if params.temperature is not None and not thinks:
        given["temperature"] = min(params.temperature, HOTTEST)
    if params.top_p is not None:
        given["top_p"] = max(params.top_p, LEAST_TOP_P_THINKING) if thinks else params.top_p
    return dict([pair for pair in given.items() if pair[0] not in left_out][:1])
