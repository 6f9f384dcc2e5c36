"""What a service wrote about an error, taken out of the many shapes of such bodies and made fit to be shown."""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

LONGEST_DETAIL = 500
SHORTEST_SECRET = 4
"""Characters. To blot out anything shorter would blot out words."""

MESSAGES = ("error", "errors", "message", "msg", "detail", "error_description")
"""Members that hold the words, or lead to them, in order of preference."""
CODES = ("code", "type", "error_type", "status")
LONGEST_WORDS = 8192
"""Characters of what was said that are looked at; searching a megabyte would hold up everybody else."""
DEEPEST = 4
LONGEST_WAIT_S = 10_000_000
"""What is longer is a mistake of the service's, and no advice."""

TAG = re.compile(r"<[^<>]*>")
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
LOOKS_SECRET = re.compile(r"(?i)\bbearer\s+[^\s\"',;]+|\b(?:sk|pk|rk|gsk|xai|hf|ghp)[-_][\w*.-]{6,}|\bAIza[\w-]{10,}")


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What was said.

    text: the service's own words, from JSON only; empty if there are none.
    marks: those words, codes and types in lower case, to judge by and not to show; of a body that is not JSON, all.
    status: the number that JSON named, or None. wait_s: how long JSON said that it takes until it is better.
    """

    text: str
    marks: str
    status: int | None = None
    wait_s: float | None = None

    @property
    def is_page(self) -> bool:
        return not self.text and self.marks.startswith("<")


def parse_error_body(body: bytes) -> ErrorBody:
    """Return what a body says, whatever its content type claims."""
    text = body.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    try:
        return error_body_of(json.loads(text))
    except (ValueError, RecursionError):
        return ErrorBody("", text.lower())


def error_body_of(value: Any) -> ErrorBody:
    """Return what a decoded JSON value says."""
    text = _words(value, DEEPEST)
    codes = [str(code) for code in _codes(value, DEEPEST)]
    numbers = [int(code) for code in codes if re.fullmatch("[45][0-9]{2}", code)]
    marks = "\n".join([text[:LONGEST_WORDS], *codes])[:LONGEST_WORDS].lower()
    return ErrorBody(text[:LONGEST_WORDS], marks, numbers[0] if numbers else None, _wait_s(value))


def clean_detail(text: str, secrets: Collection[str]) -> str:
    """Return a text without markup, control characters and secrets, cut to 500 characters; of a page, nothing."""
    if text.lstrip().lower().startswith(("<!doctype", "<html")):
        return ""
    text = CONTROL.sub("", _without_tags(text))
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, "[redacted]")
    return " ".join(LOOKS_SECRET.sub("[redacted]", text).split())[:LONGEST_DETAIL]


def _without_tags(text: str) -> str:
    """Return the text without tags, also without those that show up when others are gone."""
    while (bare := TAG.sub("", text)) != text:
        text = bare
    return text


def _wait_s(value: Any) -> float | None:
    """Return the `estimated_time`, in seconds, that text-generation servers name while they load a model."""
    said = value.get("estimated_time") if isinstance(value, dict) else None
    if not isinstance(said, int | float) or isinstance(said, bool):
        return None
    return float(said) if 0 <= said < LONGEST_WAIT_S else None


def _words(value: Any, depth: int) -> str:
    if isinstance(value, str):
        return value
    if not depth:
        return ""
    if isinstance(value, list):
        return "; ".join(filter(None, (_words(item, depth - 1) for item in value)))
    if isinstance(value, dict):
        words = next(filter(None, (_words(value.get(name), depth - 1) for name in MESSAGES)), "")
        return f"{_location(value)}{words}{_passed_on(value)}" if words else ""
    return ""


def _location(value: dict[str, Any]) -> str:
    """Return where in the request a validation error is: FastAPI says it in `loc`, a list of names."""
    location = value.get("loc")
    return ".".join(map(str, location)) + ": " if isinstance(location, list) else ""


def _passed_on(value: dict[str, Any]) -> str:
    """Return what the service behind a router said: OpenRouter has its body, in whatever form, as `metadata.raw`."""
    metadata = value.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    if not isinstance(raw, str):
        return ""
    complaint = parse_error_body(raw.encode("utf-8", "replace"))
    words = "" if complaint.is_page else complaint.text or raw
    return f": {words}" if words else ""


def _codes(value: Any, depth: int) -> Iterator[str | int]:
    if isinstance(value, list) and depth:
        for item in value:
            yield from _codes(item, depth - 1)
    elif isinstance(value, dict) and depth:
        yield from (code for name in CODES if isinstance(code := value.get(name), str | int))
        for name in ("error", "errors", "detail"):
            yield from _codes(value.get(name), depth - 1)
