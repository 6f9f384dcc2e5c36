"""A refusal becomes the error it means, with a sentence for people and no secret."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from g4f_lite import errors
from g4f_lite.decoding.error_responses import error_from_record, error_from_response, error_from_web_page

KEY = "tiger-secret"
CHALLENGE = b"<!DOCTYPE html><title>Just a moment...</title><script src=/cdn-cgi/challenge-platform/x.js></script>"
PAGE = b"<html><h1>Bad gateway</h1><p>nginx</html>"


def refused(status=500, body=b"", headers=None, secrets=(KEY,)):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error_from_response("groq", status, headers or {}, body, secrets)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, errors.UpstreamError),
        (400, errors.RejectedError),
        (401, errors.KeyRejectedError),
        (402, errors.PaymentRequiredError),
        (403, errors.KeyRejectedError),
        (404, errors.UpstreamError),
        (405, errors.UpstreamError),
        (408, errors.UpstreamTimeoutError),
        (410, errors.ModelNotSupportedError),
        (413, errors.PromptTooLongError),
        (415, errors.RejectedError),
        (418, errors.UpstreamError),
        (422, errors.RejectedError),
        (424, errors.UpstreamError),
        (429, errors.RateLimitedError),
        (500, errors.UpstreamError),
        (502, errors.UpstreamError),
        (503, errors.OverloadedError),
        (504, errors.UpstreamTimeoutError),
        (524, errors.UpstreamTimeoutError),
        (529, errors.OverloadedError),
        (999, errors.UpstreamError),
    ],
)
@pytest.mark.parametrize("body", [b"", b"Sorry", {"error": "Sorry"}, {"error": {"message": "Sorry"}}], ids=str)
def test_the_status_decides(status, kind, body):
    error = refused(status, body)

    assert type(error) is kind
    assert error.message.startswith(
        ("groq ", "The account at groq ", "This chat ", "You have reached the rate limit of groq")
    )
    assert error.detail == ("Sorry" if isinstance(body, dict) else "")


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (400, {"message": "Too long", "code": "context_length_exceeded"}, errors.PromptTooLongError),
        (400, "This model's maximum context length is 8192 tokens.", errors.PromptTooLongError),
        (400, {"message": "x", "type": "exceed_context_size_error", "n_ctx": 4096}, errors.PromptTooLongError),
        (500, "the request exceeds the available context size", errors.PromptTooLongError),
        (422, "`inputs` tokens + `max_new_tokens` must be <= 4096", errors.PromptTooLongError),
        (400, "prompt is too long: 9 tokens > 8 maximum", errors.PromptTooLongError),
        (400, {"message": "x", "code": "content_filter"}, errors.ContentRefusedError),
        (403, "Your input was flagged by moderation.", errors.ContentRefusedError),
        (400, {"message": "x", "code": "content_policy_violation"}, errors.ContentRefusedError),
        (404, {"message": "x", "code": "model_not_found"}, errors.ModelNotSupportedError),
        (404, "model 'x' not found, try pulling it first", errors.ModelNotSupportedError),
        (400, "The requested model 'a/b' is not supported by any provider", errors.ModelNotSupportedError),
        (400, "The model `x` has been decommissioned", errors.ModelNotSupportedError),
        (400, "gpt-9 is not a valid model ID", errors.ModelNotSupportedError),
        (429, {"message": "x", "code": "insufficient_quota"}, errors.PaymentRequiredError),
        (429, "You exceeded your current quota, please check your plan.", errors.PaymentRequiredError),
        (400, "Your credit balance is too low to access the API.", errors.PaymentRequiredError),
        (400, "API key not valid. Please pass a valid API key.", errors.KeyRejectedError),
        (500, {"message": "x", "type": "overloaded_error"}, errors.OverloadedError),
        (500, {"message": "x", "type": "rate_limit_error"}, errors.RateLimitedError),
        (404, "models/x is not found for API version v1main, or is not supported.", errors.ModelNotSupportedError),
        (404, "No endpoints found for a/b.", errors.ModelNotSupportedError),
        (400, "Model Not Exist", errors.ModelNotSupportedError),
        (400, "The model is loaded with context length of only 4096 tokens", errors.PromptTooLongError),
        (400, "The number of tokens to keep is greater than the context length", errors.PromptTooLongError),
        (500, "Input length 6491 exceeds context length 1500", errors.PromptTooLongError),
        (400, "Missing or invalid Authorization header.", errors.KeyRejectedError),
        # words that mean something else here
        (429, {"message": "You exceeded your current quota", "status": "RESOURCE_EXHAUSTED"}, errors.RateLimitedError),
        (400, "Unsupported parameter: 'max_tokens' is not supported with this model.", errors.RejectedError),
        (429, "Rate limit reached for model gpt-x: maximum context length", errors.RateLimitedError),
        (404, "There is nothing at /v1/models.", errors.UpstreamError),
        (402, "The model is too expensive", errors.PaymentRequiredError),
    ],
    ids=str,
)
def test_telling_words_decide_where_they_fit_the_status(status, said, kind):
    assert type(refused(status, {"error": said})) is kind


def test_plain_text_is_judged_but_not_shown():
    error = refused(404, b"model 'x' not found")

    assert type(error) is errors.ModelNotSupportedError
    assert error.detail == ""


@pytest.mark.parametrize("status", [200, 403, 429, 503])
def test_a_challenge_page_needs_a_browser(status):
    error = refused(status, CHALLENGE)

    assert error.code == "provider_needs_browser"
    assert error.detail == ""


def test_cloudflare_says_so_in_a_header_too():
    assert refused(403, PAGE, {"cf-mitigated": "challenge"}).code == "provider_needs_browser"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "provider_failed"),
        (403, "provider_failed"),
        (404, "provider_failed"),
        (502, "provider_failed"),
        (401, "key_rejected"),
        (413, "prompt_too_long"),
        (429, "provider_rate_limited"),
        (503, "provider_overloaded"),
    ],
)
def test_another_page_is_judged_by_its_status_and_never_shown(status, code):
    error = refused(status, PAGE)

    assert error.code == code
    assert "nginx" not in error.message + error.detail


def test_without_a_key_the_sentence_asks_for_one():
    assert refused(401, secrets=()).message == "groq needs an API key. Set its api_key in config.json."
    assert refused(401).message == "groq rejected the API key. Check its api_key in config.json."


def test_the_key_is_never_shown():
    error = refused(401, {"error": f"Key {KEY} is wrong. Use Bearer sk-12345678"})

    assert error.detail == "Key [redacted] is wrong. Use [redacted]"


def test_a_redirect_says_what_to_correct():
    assert refused(308).message == (
        "groq redirects to another address (status 308). Set its base_url in config.json to the final address."
    )


def test_a_missing_address_says_what_to_correct():
    assert "base_url" in refused(404, PAGE).message


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": " 1.5 "}, 1.5),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"ratelimit": '"api";r=0;t=55'}, 55),
        ({}, None),
        *(
            ({"Retry-After": said}, None)
            for said in ("Wed, 21 Oct 2099 07:28:00 GMT", "soon", "-1", "inf", "1e9", "9" * 400, "Wed, 99 Foo 1", "٣")
        ),
    ],
    ids=str,
)
def test_the_announced_delay_is_read(headers, seconds):
    assert refused(429, headers=headers).retry_after == seconds


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("You exceeded your current quota. Please retry in 34.074824224s.", 34.074824224),
        ("Rate limit reached for model x. Please try again in 20s. Visit …", 20),
        ("Try again in 2 seconds.", 2),
        ("Please try again in 6m0s.", None),
        ("Please try again in 812ms.", None),
        ("Please try again in 9999999s.", None),
        ("Please try again later.", None),
    ],
)
def test_the_delay_may_be_in_the_words(said, seconds):
    body = [{"error": {"code": 429, "message": said}}]

    assert refused(429, body).retry_after == error_from_record("gemini", body).retry_after == seconds
    assert refused(429, body, {"Retry-After": "7"}).retry_after == 7


@pytest.mark.parametrize(
    ("said", "seconds"), [(20.0, 20), (3, 3), (True, None), ("20", None), (-1, None), (float("nan"), None), (1e9, None)]
)
def test_a_model_that_is_being_loaded_says_how_long_that_takes(said, seconds):
    body = {"error": "Model x is currently loading", "estimated_time": said}

    assert refused(503, body).retry_after == seconds
    assert refused(503, body, {"Retry-After": "7"}).retry_after == 7


def test_a_date_to_come_is_a_delay():
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)

    assert 3500 < refused(503, headers={"Retry-After": date}).retry_after <= 3600


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"error": {"message": "x", "type": "server_error", "code": 500}}, "provider_failed"),
        ({"error": {"message": "x", "code": 429}}, "provider_rate_limited"),
        ({"error": {"message": "x", "code": "503"}}, "provider_overloaded"),
        ({"object": "error", "message": "maximum context length", "code": 400}, "prompt_too_long"),
        ({"error": "x", "error_type": "generation"}, "provider_failed"),
        ({"error": "Model is overloaded", "error_type": "overloaded"}, "provider_overloaded"),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "x"}}, "provider_overloaded"),
        ({"error": {"message": "x", "type": "rate_limit_error"}}, "provider_rate_limited"),
        ("x", "provider_failed"),
        (None, "provider_failed"),
    ],
    ids=str,
)
def test_a_record_in_mid_stream_is_judged_alike(record, code):
    assert error_from_record("groq", record, [KEY]).code == code


def test_a_code_in_mid_stream_says_nothing_about_the_address():
    error = error_from_record("groq", {"error": {"message": "x", "code": 404}}, [KEY])

    assert error.message == "groq failed while answering."


def test_a_record_in_mid_stream_shows_no_secret():
    assert error_from_record("groq", {"error": f"<b>{KEY}</b>"}, [KEY]).detail == "[redacted]"


def test_a_page_in_the_place_of_a_reply_is_no_reply():
    assert error_from_web_page("groq", CHALLENGE).code == "provider_needs_browser"
    assert error_from_web_page("groq", PAGE).code == "malformed_reply"
