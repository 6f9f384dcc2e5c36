"""The fields of OpenAI's chat protocol that a service does not support.

Pure. A field is learned from a refusal, and remembered once the request was accepted without it.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from g4f_lite.errors import RejectedError

NEWER_NAMES = {"max_tokens": "max_completion_tokens"}
"""The same field for OpenAI's newer models."""
SPARE = ("temperature", "top_p", "stream")
"""Fields for which some models accept only the value that they use without the field."""
UNSUPPORTED = re.compile(r"(?i)\bunsupported (?:parameter|value):? ['\"`]?(\w+)")
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
    return {names[name]: value for name, value in body.items() if names[name]}


def refused_field(body: Mapping[str, Any], error: RejectedError) -> str:
    """Return the field to omit in the next request; empty if the service refuses something else."""
    if type(error) is not RejectedError:
        return ""
    if "max_tokens" in body and NEWER_NAMES["max_tokens"] in error.detail:
        return "max_tokens"
    unsupported = UNSUPPORTED.search(error.detail)
    if unsupported and unsupported[1] in SPARE and unsupported[1] in body:
        return unsupported[1]
    if "stream_options" in body and (not error.detail or UNKNOWN_FIELD.search(error.detail)):
        return "stream_options"
    return ""
