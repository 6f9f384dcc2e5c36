"""Reads the body of an error response, whatever its shape, and makes its words fit to show."""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

LONGEST_DETAIL = 500
SHORTEST_SECRET = 4
"""Characters. Redacting anything shorter would redact plain words."""

MESSAGES = (
    "error", "errors", "message", "msg", "detail", "error_description", "error_message", "errorMessage", "error_msg",
    "base_resp", "status_msg", "reason",
)  # fmt: skip
"""Members that hold the message, or lead to it, in order of preference."""
CODES = ("code", "type", "error_type", "status", "status_code")
LONGEST_WORDS = 8192
"""Characters of a message that are searched; a megabyte would block the event loop."""
DEEPEST = 4
LONGEST_WAIT_S = 10_000_000
"""A longer time is a mistake of the service."""

TAG = re.compile(r"<[^<>]*>")
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
LOOKS_SECRET = re.compile(r"(?i)\bbearer\s+[^\s\"',;]+|\b(?:sk|pk|rk|gsk|xai|hf|ghp)[-_][\w*.-]{6,}|\bAIza[\w-]{10,}")


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """The content of an error's body.

    text: the service's own words, from JSON only; empty if there are none.
    marks: the words, codes and types in lower case, for matching and not for showing; all of a body that is not JSON.
    status: the status that the JSON names, or None. wait_s: the seconds to wait that the JSON names, or None.
    """

    text: str
    marks: str
    status: int | None = None
    wait_s: float | None = None

    @property
    def is_page(self) -> bool:
        return not self.text and self.marks.startswith("<")


def parse_error_body(body: bytes) -> ErrorBody:
    """Return the content of a body, whatever its content type claims."""
    text = body.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    try:
        return error_body_of(json.loads(text))
    except (ValueError, RecursionError):
        return ErrorBody("", text.lower())


def error_body_of(value: Any) -> ErrorBody:
    """Return the content of a decoded JSON value."""
    text = _words(value, DEEPEST)
    codes = [str(code) for code in _codes(value, DEEPEST)]
    numbers = [int(code) for code in codes if re.fullmatch("[45][0-9]{2}", code)]
    marks = "\n".join([text[:LONGEST_WORDS], *codes])[:LONGEST_WORDS].lower()
    return ErrorBody(text[:LONGEST_WORDS], marks, numbers[0] if numbers else None, _wait_s(value))


def clean_detail(text: str, secrets: Collection[str]) -> str:
    """Return the text without markup, control characters and secrets, cut to 500 characters; empty for a page."""
    if text.lstrip().lower().startswith(("<!doctype", "<html")):
        return ""
    text = CONTROL.sub("", _without_tags(text))
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, "[redacted]")
    return " ".join(LOOKS_SECRET.sub("[redacted]", text).split())[:LONGEST_DETAIL]


def _without_tags(text: str) -> str:
    """Return the text without tags, including those that appear when others are removed."""
    while (bare := TAG.sub("", text)) != text:
        text = bare
    return text


def _wait_s(value: Any) -> float | None:
    """Return the `estimated_time`, in seconds, that text-generation servers send while they load a model."""
    wait_s = value.get("estimated_time") if isinstance(value, dict) else None
    if not isinstance(wait_s, int | float) or isinstance(wait_s, bool):
        return None
    return float(wait_s) if 0 <= wait_s < LONGEST_WAIT_S else None


def _words(value: Any, depth: int) -> str:
    if isinstance(value, str):
        return value
    if not depth:
        return ""
    if isinstance(value, list):
        return "; ".join(filter(None, (_words(item, depth - 1) for item in value)))
    if isinstance(value, dict) and value.get("status_code") != 0:  # with 0, MiniMax says that all is well
        words = next(filter(None, (_words(value.get(name), depth - 1) for name in MESSAGES)), "")
        return f"{_location(value)}{words}{_forwarded(value)}" if words else ""
    return ""


def _location(value: dict[str, Any]) -> str:
    """Return the place of a validation error in the request: FastAPI's `loc`, a list of names."""
    location = value.get("loc")
    return ".".join(map(str, location)) + ": " if isinstance(location, list) else ""


def _forwarded(value: dict[str, Any]) -> str:
    """Return the error of the service behind a router: OpenRouter puts its body, in any form, into `metadata.raw`."""
    metadata = value.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    if not isinstance(raw, str):
        return ""
    inner = parse_error_body(raw.encode("utf-8", "replace"))
    words = "" if inner.is_page else inner.text or raw
    return f": {words}" if words else ""


def _codes(value: Any, depth: int) -> Iterator[str | int]:
    if isinstance(value, list) and depth:
        for item in value:
            yield from _codes(item, depth - 1)
    elif isinstance(value, dict) and depth:
        yield from (code for name in CODES if isinstance(code := value.get(name), str | int))
        for name in ("error", "errors", "detail", "base_resp"):
            yield from _codes(value.get(name), depth - 1)
