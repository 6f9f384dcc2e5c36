"""Turns the refusal of a service into an error: from a status and a body, or from a record in the stream.

Pure. Known words decide first, if they fit the status; otherwise the status decides.
"""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from g4f_lite.decoding.error_bodies import LONGEST_WAIT_S, ErrorBody, clean_detail, error_body_of, parse_error_body
from g4f_lite.errors import (
    ContentRefusedError,
    KeyRejectedError,
    MalformedReplyError,
    ModelNotSupportedError,
    NeedsBrowserError,
    OverloadedError,
    PaymentRequiredError,
    PromptTooLongError,
    RateLimitedError,
    RejectedError,
    UpstreamError,
    UpstreamTimeoutError,
)

BY_STATUS: dict[int, type[UpstreamError]] = {
    400: RejectedError,
    401: KeyRejectedError,
    402: PaymentRequiredError,
    403: KeyRejectedError,
    408: UpstreamTimeoutError,
    410: ModelNotSupportedError,
    413: PromptTooLongError,
    415: RejectedError,
    422: RejectedError,
    429: RateLimitedError,
    503: OverloadedError,
    504: UpstreamTimeoutError,
    524: UpstreamTimeoutError,
    529: OverloadedError,
}

SENT_BY_PROXIES_TOO = frozenset({400, 403, 410, 415, 422})
"""Statuses that mean little when a web page comes with them."""

BY_WORDS: list[tuple[type[UpstreamError], set[int], re.Pattern[str]]] = [
    (RateLimitedError, {429}, re.compile(r"resource_exhausted")),  # Gemini, whose message also mentions a quota
    (
        PaymentRequiredError,
        {400, 403, 429, 500},
        re.compile(
            r"insufficient[ _](?:quota|balance|credit|funds)|exceeded your current quota|billing_"
            r"|credit balance is too low|payment[ _]required|out of credits"
        ),
    ),
    (
        PromptTooLongError,
        {400, 413, 422, 500},
        re.compile(
            r"context_length_exceeded|maximum context length|exceed_context_size|exceeds? (?:the )?(?:\w+ ){0,3}context"
            r"|context (?:length|window|size) (?:\w+ ){0,3}exceed|(?:prompt|input|request) is too long"
            r"|greater than the context length|context length of only"
            r"|too many (?:input )?tokens|must have less than \d+ tokens|tokens \+ .?max_new_tokens"
        ),
    ),
    (
        ContentRefusedError,
        {400, 403, 422, 451, 500},
        re.compile(
            r"content_filter|content[ _](?:management )?policy|moderation|responsibleai|flagged|data_inspection"
        ),
    ),
    (
        ModelNotSupportedError,
        {400, 403, 404, 422, 500},
        re.compile(
            r"model_not_|(?:unknown|invalid|no such) model|not a valid model|not supported by (?:any )?provider"
            r"|\bmodel\b[^.\n]{0,100} (?:(?:does )?not exist|not found|decommissioned|not available)"
        ),
    ),
    (ModelNotSupportedError, {404}, re.compile(r"\bmodel\b|\bmodels/\S+ is not found|no endpoints found")),
    (
        KeyRejectedError,
        {400, 500},
        re.compile(
            r"(?:invalid|incorrect)[ _]api[ _]key|api key not valid|authentication_error|permission_error"
            r"|missing or invalid authorization"
        ),
    ),
    (RateLimitedError, {500}, re.compile(r"rate[ _]limit|too many requests")),
    (OverloadedError, {500, 502}, re.compile(r"overloaded|(?:at|over) capacity|temporarily unavailable")),
]

MAX_PAGE_BYTES = 65536
"""The part of a web page that is searched."""

WAIT_IN_WORDS = re.compile(r"(?:retry|try again) in ([0-9]{1,5}(?:\.[0-9]+)?) ?s(?:econds?)?\b")
"""Gemini's "Please retry in 34.07s.", and similar words of OpenAI and Groq."""

CHALLENGE = re.compile(
    r"just a moment|challenge-platform|cf[-_]chl|attention required!|checking your browser|captcha"
    r"|enable javascript and cookies|verify (?:that )?you are human"
)

SENTENCES: dict[type[UpstreamError], str] = {
    ContentRefusedError: "{0} refused to answer this.",
    KeyRejectedError: "{0} rejected the API key. Check its api_key in config.json.",
    ModelNotSupportedError: "{0} does not offer this model. Choose another one.",
    NeedsBrowserError: "{0} only answers people in a browser. Choose another model.",
    OverloadedError: "{0} is overloaded. Try again in a moment, or choose another model.",
    PaymentRequiredError: "The account at {0} has no credit left. Top it up, or choose another model.",
    PromptTooLongError: "This chat is too long for the model at {0}. Start a new chat, or choose another model.",
    RateLimitedError: "You have reached the rate limit of {0}. Try again in a moment, or choose another model.",
    UpstreamTimeoutError: "{0} took too long to answer. Try again, or choose another model.",
}
NO_KEY = "{0} needs an API key. Set its api_key in config.json."


def error_from_response(
    provider: str, status: int, headers: Mapping[str, str], body: bytes, secrets: Collection[str] = ()
) -> UpstreamError:
    """Return the error for a response whose status is not 2xx.

    provider: the name in config.json. headers: in their usual spelling. body: its first kilobytes are enough.
    secrets: the key, and other texts that must not be shown; empty means that no key is set.
    """
    error_body = parse_error_body(body)
    kind = _kind_of_page(status, headers, error_body) if error_body.is_page else _kind(status, error_body)
    sentence = _wrong_address(provider, status) if kind is UpstreamError else ""
    sentence = sentence or _sentence(kind, provider, f"(status {status})", secrets)
    detail = clean_detail(error_body.text, secrets)
    return kind(sentence, detail=detail, retry_after=_retry_after(headers, error_body), status=status)


def error_from_record(provider: str, record: Any, secrets: Collection[str] = ()) -> UpstreamError:
    """Return the error that a record in the stream reports. record: any JSON value."""
    error_body = error_body_of(record)
    kind = _kind(error_body.status or 500, error_body)
    sentence = _sentence(kind, provider, "while answering", secrets)
    return kind(sentence, detail=clean_detail(error_body.text, secrets), retry_after=_retry_after({}, error_body))


def error_from_web_page(provider: str, page: bytes) -> UpstreamError:
    """Return the error for a web page in place of a reply."""
    if CHALLENGE.search(page.decode("utf-8", "replace").lower()):
        return NeedsBrowserError(SENTENCES[NeedsBrowserError].format(provider))
    return MalformedReplyError(
        f"{provider} answered with a web page instead of data. Check its base_url in config.json."
    )


def _kind(status: int, error_body: ErrorBody) -> type[UpstreamError]:
    for kind, statuses, words in BY_WORDS:
        if status in statuses and words.search(error_body.marks):
            return kind
    return BY_STATUS.get(status, UpstreamError)


def _kind_of_page(status: int, headers: Mapping[str, str], page: ErrorBody) -> type[UpstreamError]:
    if headers.get("cf-mitigated") == "challenge" or CHALLENGE.search(page.marks):
        return NeedsBrowserError
    return UpstreamError if status in SENT_BY_PROXIES_TOO else BY_STATUS.get(status, UpstreamError)


def _wrong_address(provider: str, status: int) -> str:
    """Return a sentence about the address if the status is about nothing else; or an empty one."""
    if 300 <= status < 400:
        return (
            f"{provider} redirects to another address (status {status}). Set its base_url in config.json to "
            "the final address."
        )
    if status == 404:
        return f"{provider} has nothing at this address (status 404). Check its base_url in config.json."
    return ""


def _sentence(kind: type[UpstreamError], provider: str, when: str, secrets: Collection[str]) -> str:
    if kind is KeyRejectedError and not secrets:
        return NO_KEY.format(provider)
    if kind in SENTENCES:
        return SENTENCES[kind].format(provider)
    verb = "rejected the request" if kind is RejectedError else "failed"
    return f"{provider} {verb} {when}."


def _retry_after(headers: Mapping[str, str], error_body: ErrorBody) -> float | None:
    """Return the seconds to wait. Source: RFC 9110, section 10.2.3; `ratelimit` is Hugging Face's `...;t=seconds`."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,7}(\.[0-9]+)?", value):
        return float(value)
    if value:
        return _seconds_until(value)
    reset = re.search(r"\bt=([0-9]{1,7})\b", headers.get("ratelimit", "")) or WAIT_IN_WORDS.search(error_body.marks)
    return float(reset[1]) if reset else error_body.wait_s


def _seconds_until(date: str) -> float | None:
    try:
        seconds = (parsedate_to_datetime(date).astimezone(UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None
    return max(0.0, seconds) if seconds < LONGEST_WAIT_S else None
