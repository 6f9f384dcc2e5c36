"""Error bodies of every shape are read, and their text is cleaned."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g4f_lite.decoding.error_bodies import LONGEST_WORDS, clean_detail, error_body_of, parse_error_body


@pytest.mark.parametrize(
    "body",
    [
        {"error": "text"},
        {"error": "text", "error_type": "validation"},
        {"error": {"code": 400, "message": "text"}},
        {"error": {"message": "text", "type": "x", "param": None, "code": None}},
        {"error": ["text"]},
        {"errors": [{"message": "text"}]},
        {"message": "text"},
        {"object": "error", "message": "text"},
        {"detail": "text"},
        {"detail": [{"msg": "text", "type": "missing"}]},
        {"type": "error", "error": {"type": "x", "message": "text"}},
        {"error": True, "message": "text"},
        [{"error": {"message": "text"}}],
        "text",
    ],
    ids=json.dumps,
)
def test_the_words_are_found(body):
    assert error_body_of(body).text == parse_error_body(b"\xef\xbb\xbf\n" + json.dumps(body).encode()).text == "text"


def test_several_words_are_joined():
    assert error_body_of({"error": ["a", "b"]}).text == "a; b"


def test_a_validation_error_says_where():
    detail = [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]

    assert error_body_of({"detail": detail}).text == "body.stream_options: Extra inputs are not permitted"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (
            '{"error": {"message": "Maximum context length is 9"}}',
            "Provider returned error: Maximum context length is 9",
        ),
        ("upstream is busy", "Provider returned error: upstream is busy"),
        ("<html>Bad gateway</html>", "Provider returned error"),
        ("\ud83d", "Provider returned error: \ud83d"),
        ("", "Provider returned error"),
        (None, "Provider returned error"),
        ({"error": "x"}, "Provider returned error"),
    ],
)
def test_what_a_router_passes_on_is_read_too(raw, shown):
    error = {"message": "Provider returned error", "code": 400, "metadata": {"raw": raw, "provider_name": "x"}}

    assert error_body_of({"error": error}).text == shown
    assert error_body_of({"error": {**error, "metadata": 5}}).text == "Provider returned error"


@pytest.mark.parametrize(
    "body", [b"", b"plain text", b"<html>x</html>", b"{", b"\xff\xfe", b"[" * 100_000, b"null", b"{}"]
)
def test_what_is_not_json_has_no_words_to_show(body):
    assert parse_error_body(body).text == ""


def test_plain_text_can_be_judged():
    assert parse_error_body(b"Model NOT found").marks == "model not found"


def test_a_page_is_a_page():
    assert parse_error_body(b"\n <!DOCTYPE html><p>x").is_page
    assert not parse_error_body(b'{"error": "<p>"}').is_page


@pytest.mark.parametrize("code", [429, "429"])
def test_the_number_in_the_body_is_a_status(code):
    assert error_body_of({"error": {"message": "x", "code": code}}).status == 429


@pytest.mark.parametrize("code", ["context_length_exceeded", 7, 200, True, None, 1e400])
def test_other_codes_are_no_status(code):
    assert error_body_of({"error": {"message": "x", "code": code}}).status is None


def test_codes_and_types_are_marks():
    body = {"error": {"message": "Too long", "type": "invalid_request_error", "code": "Context_Length_Exceeded"}}

    assert error_body_of(body).marks.split("\n") == ["too long", "context_length_exceeded", "invalid_request_error"]


def test_markup_and_control_characters_are_taken_out():
    assert clean_detail("<<i>script>alert(1)<</i>/script>", ()) == "alert(1)"
    assert clean_detail("<b>No</b>\x1b[31m\r\n such\x00\u202e model<br>", ()) == "No[31m such model"


def test_no_more_of_the_words_is_looked_at_than_can_be_shown():
    complaint = error_body_of({"error": {"message": "model " * 200_000, "code": "x" * 100_000}})

    assert len(complaint.text) == len(complaint.marks) == LONGEST_WORDS


@pytest.mark.parametrize("page", ["<!DOCTYPE html><p>x", "\n<html>x"])
def test_nothing_of_a_page_is_shown(page):
    assert clean_detail(page, ()) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect key: tiger-secret.",
        "Header Authorization: Bearer abcdef",
        "Incorrect API key provided: sk-proj-1234567890.",
        "token hf_abcdefghij is wrong",
        "tiger-<b>secret</b>",
        "tiger\x00-secret and sk-abcdef***1234",
    ],
)
def test_secrets_are_blotted_out(text):
    shown = clean_detail(text, ["tiger-secret"])

    assert "[redacted]" in shown
    assert not any(secret in shown for secret in ["tiger", "abcdef", "1234"])


def test_a_secret_within_another_does_not_save_its_rest():
    assert clean_detail("x tiger-secret", ["tiger", "tiger-secret"]) == "x [redacted]"


def test_words_are_not_blotted_out_by_a_short_secret():
    assert clean_detail("an error", ["a", ""]) == "an error"


def test_a_long_text_is_cut_after_it_was_cleaned():
    shown = clean_detail("x" * 495 + " tiger-secret", ["tiger-secret"])

    assert len(shown) == 500
    assert "tig" not in shown


@given(st.text(st.sampled_from("<>abc \ud83d\x00\n&sk-") | st.characters()))
def test_any_text_becomes_one_that_can_be_sent(text):
    shown = clean_detail(text, ())

    assert "\x00" not in shown.encode().decode()
    assert len(shown) <= 500


members = st.sampled_from(
    ["metadata", "raw", "error", "errors", "detail", "message", "msg", "loc", "code", "type", "status"]
)
plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@given(st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(members, inner)))
def test_no_value_is_too_strange(value):
    complaint = error_body_of(value)

    assert isinstance(complaint.text, str)
    assert complaint.status is None or 400 <= complaint.status < 600
