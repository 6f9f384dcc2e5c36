"""The fields of a request that a service does not support.

Pure. A field is learned from a refusal, and remembered once the request was accepted without it.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from g4f_lite.errors import RejectedError
from g4f_lite.pieces import Notice

NEWER_NAMES = {"max_tokens": "max_completion_tokens"}
"""The same field for OpenAI's newer models."""
NEEDED = frozenset(
    {
        "model", "messages", "system", "tools", "tool_choice", "response_format", "format", "output_config", "thinking",
        "options",
    }
)  # fmt: skip
"""Fields without which the question, or the form of its answer, would be another one."""
SYSTEM = "system role"
"""Stands for the role of the system prompt, which some models do not know."""
QUIET = frozenset({"stream_options", "reasoning_content", "thinking", "budget_tokens", "strict", "think", *NEWER_NAMES})
"""What nobody set for this answer, or keeps its meaning: no notice."""
SYSTEM_REFUSED = re.compile(
    r"(?is)\brole.*\b(?:system|developer)\b|\b(?:system|developer)\b.{0,40}(?:\brole|\bprompt|\bmessage|\binstruction)"
    r"|only user and assistant|roles must alternate"
)
VERBS = ("stream", "think")
"""Fields that refusals name as verbs, too: "does not support thinking"."""
REFUSING = (400, 422, None)
"""The statuses of a refusal that may be about a single field; None where it did not come as a status."""
UNKNOWN_FIELD = re.compile(r"(?i)stream_options|include_usage|unknown|unrecognized|unexpected|not permitted|extra ")

MAX_MODELS = 256
"""More models than one service is asked for. Beyond it, the oldest entry is dropped."""


class UnsupportedFields:
    """The fields that one service refused, by model."""

    def __init__(self) -> None:
        self._fields: dict[str, frozenset[str]] = {}

    def of(self, model: str) -> frozenset[str]:
        """Return the fields to omit for this model."""
        return self._fields.get(model, frozenset())

    def keep(self, model: str, fields: frozenset[str]) -> None:
        """Remember that the model answers without these fields."""
        if fields <= self.of(model):
            return
        self._fields[model] = fields | self._fields.pop(model, frozenset())
        if len(self._fields) > MAX_MODELS:
            del self._fields[next(iter(self._fields))]


def without(body: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    """Return the body without these fields. A field with a newer name gets that name instead."""
    names = {name: NEWER_NAMES.get(name, "") if name in fields else name for name in body}
    return {names[name]: value for name, value in body.items() if names[name] and names[name] not in fields}


def refused_field(body: Mapping[str, Any], error: RejectedError, needed: Collection[str] = ()) -> str:
    """Return the field to omit in the next request; empty if the service refuses something else.

    Any spare field that the refusal names is omitted; of several, such as two that exclude each other, the last one.
    needed: further fields that the service requires.
    """
    if type(error) is not RejectedError or error.status not in REFUSING:
        return ""
    if "max_tokens" in body and NEWER_NAMES["max_tokens"] in error.detail:
        return "max_tokens"
    spare = [name for name in body if name not in NEEDED and name not in needed and _is_named(name, error.detail)]
    if spare:
        return spare[-1]
    if SYSTEM_REFUSED.search(error.detail) and _has_system_role(body):
        return SYSTEM
    if "stream_options" in body and (not error.detail or UNKNOWN_FIELD.search(error.detail)):
        return "stream_options"
    return ""


def wanted_fields(body: Mapping[str, Any]) -> frozenset[str]:
    """Return the fields of a body, of which some may be left out."""
    return frozenset({*body, *([SYSTEM] if _has_system_role(body) else [])})


def notices(provider: str, omitted: Collection[str]) -> list[Notice]:
    """Return a notice for each field that was left out of a request, if it matters to the person."""
    sentences = []
    for name in sorted(omitted):
        if name == SYSTEM:
            sentences.append(
                f"{provider} takes no system prompt for this model, so it stands before the first question."
            )
        elif name not in QUIET:
            sentences.append(f"{provider} does not accept {name} as sent for this model, so it was left out.")
    return [Notice(sentence) for sentence in sentences]


def _is_named(field: str, words: str) -> bool:
    """Tell whether words name a field, also as `topP`, `top p` or as a verb."""
    pattern = re.escape(field).replace("_", "[ _-]?") + ("(?:ing|ed)?" if field in VERBS else "")
    return re.search(rf"(?i)(?<![A-Za-z0-9_]){pattern}(?![A-Za-z0-9_])", words) is not None


def _has_system_role(body: Mapping[str, Any]) -> bool:
    return any(message["role"] == "system" for message in body.get("messages", ()))
