"""What Anthropic's Messages API is asked: the body of a request, within the rules of that API. Pure.

Source: https://platform.claude.com/docs/en/api/messages
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from g4f_lite.errors import ImageNotSupportedError, RejectedError
from g4f_lite.messages import Image, Message, Params

OPENING = "Hello."
"""What the user says where the assistant has the first word, which the API does not allow."""
HOTTEST = 1.0
LEAST_TOP_P_THINKING = 0.95
MEDIA_TYPES = {type_: type_ for type_ in ("image/jpeg", "image/png", "image/gif", "image/webp")} | {
    "image/jpg": "image/jpeg"
}
"""What the API takes, under the names it knows."""

ADAPTIVE = {"type": "adaptive", "display": "summarized"}
"""How newer models think: as much as they find right. What they think they tell in short if asked to."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Units: tokens. max_tokens: of an answer whose request names no limit. thinking: 0 is off, at least 1024 is on."""

    max_tokens: int
    thinking: int


def message_request(
    provider: str,
    model: str,
    messages: Sequence[Message],
    params: Params,
    limits: Limits,
    left_out: Collection[str] = (),
) -> dict[str, Any]:
    """Return the body that asks for a reply.

    provider: the name in config.json, for the sentence of an error.
    left_out: what the model does not take: `temperature`, `top_p`, `thinking`, or of that `budget_tokens` alone.
    Raises: ImageNotSupportedError for an image of a kind that the API does not take.
    """
    turns = _turns(messages)
    thinks = limits.thinking > 0 and "thinking" not in left_out and turns[-1].role == "user"
    body = {
        "model": model,
        "max_tokens": _max_tokens(params.max_tokens or limits.max_tokens, limits.thinking if thinks else 0),
        "system": "\n\n".join(message.content for message in messages if _is_system(message)),
        "messages": [{"role": turn.role, "content": _content(provider, turn)} for turn in turns],
        "thinking": _thinking(limits.thinking, left_out) if thinks else None,
        "stop_sequences": [stop for stop in params.stop if stop.strip()],
        "stream": True,
        **_sampling(params, thinks, left_out),
    }
    return {name: value for name, value in body.items() if value not in (None, "", [])}


def refused_field(body: Mapping[str, Any], error: RejectedError) -> str:
    """Return what to ask again without; empty when the service complains about something else.

    Newer models take no temperature and think as much as they find right; older ones cannot think.
    """
    if type(error) is not RejectedError:
        return ""
    if "thinking" in body and "thinking" in error.detail:
        return "budget_tokens" if "budget_tokens" in body["thinking"] and "adaptive" in error.detail else "thinking"
    named = (field for field in ("temperature", "top_p") if field in body and re.search(rf"\b{field}\b", error.detail))
    return next(named, "")


def _turns(messages: Sequence[Message]) -> list[Message]:
    """Return what was said in turns, the user first: one message each, none of white space alone."""
    turns: list[Message] = []
    for message in messages:
        if message.role == "system" or not (message.content.strip() or message.images):
            continue
        if turns and turns[-1].role == message.role:
            message = _joined(turns.pop(), message)
        turns.append(message)
    if not turns or turns[0].role != "user":
        turns.insert(0, Message("user", OPENING))
    if turns[-1].role == "assistant":  # the beginning of the reply; the API wants no white space at its end
        turns[-1] = replace(turns[-1], content=turns[-1].content.rstrip())
    return turns


def _joined(first: Message, second: Message) -> Message:
    contents = filter(str.strip, (first.content, second.content))
    return Message(first.role, "\n\n".join(contents), first.images + second.images)


def _is_system(message: Message) -> bool:
    return message.role == "system" and bool(message.content.strip())


def _content(provider: str, message: Message) -> str | list[dict[str, Any]]:
    """Return the text, or a list of blocks where there are images; those come first, as the API advises."""
    if not message.images:
        return message.content
    images = [{"type": "image", "source": _source(provider, image)} for image in message.images]
    return [*images, *([{"type": "text", "text": message.content}] if message.content.strip() else [])]


def _source(provider: str, image: Image) -> dict[str, str]:
    if not image.inline:
        return {"type": "url", "url": image.url}
    media_type, data = image.inline
    if media_type not in MEDIA_TYPES:
        raise ImageNotSupportedError(f"{provider} takes JPEG, PNG, GIF and WebP images, not {media_type[:50]}.")
    return {"type": "base64", "media_type": MEDIA_TYPES[media_type], "data": data}


def _max_tokens(wanted: int, budget: int) -> int:
    """Return a limit that leaves room for the answer behind the thoughts, which count, too."""
    return wanted if wanted > budget else wanted + budget


def _thinking(budget: int, left_out: Collection[str]) -> dict[str, Any]:
    return ADAPTIVE if "budget_tokens" in left_out else {"type": "enabled", "budget_tokens": budget}


def _sampling(params: Params, thinks: bool, left_out: Collection[str]) -> dict[str, float]:
    """Return the temperature or else `top_p`: newer models refuse both at once, and one that thinks has its own."""
    given: dict[str, float] = {}
    if params.temperature is not None and not thinks:
        given["temperature"] = min(params.temperature, HOTTEST)
    if params.top_p is not None:
        given["top_p"] = max(params.top_p, LEAST_TOP_P_THINKING) if thinks else params.top_p
    return dict([pair for pair in given.items() if pair[0] not in left_out][:1])
