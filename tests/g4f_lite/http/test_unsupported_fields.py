"""Unsupported fields are learned from rejections, per model, for a limited number of models."""

import pytest

from g4f_lite.errors import KeyRejectedError, PromptTooLongError, RejectedError
from g4f_lite.http import unsupported_fields
from g4f_lite.http.unsupported_fields import UnsupportedFields, notices, refused_field, without

BODY = {
    "model": "m",
    "messages": [{"role": "system", "content": "x"}],
    "stream": True,
    "stream_options": {"include_usage": True},
    "max_tokens": 9,
    "temperature": 0.2,
}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ("Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.", "max_tokens"),
        ("Unsupported value: 'temperature' does not support 0.2 with this model.", "temperature"),
        ("Unsupported parameter: 'temperature' is not supported with this model.", "temperature"),
        ("Unsupported value: 'stream' does not support true with this model.", "stream"),
        ("Unrecognized request argument supplied: stream_options", "stream_options"),
        ("body.stream_options: Extra inputs are not permitted", "stream_options"),
        ('Invalid JSON payload received. Unknown name "stream_options": Cannot find field.', "stream_options"),
        ("unknown field `include_usage`", "stream_options"),
        ("", "stream_options"),
        ("`temperature` and `top_p` cannot both be specified for this model.", "temperature"),
        ("temperature is deprecated for this model", "temperature"),
        ("invalid temperature: only 1 is allowed for this model", "temperature"),
        ("temperature must be at most 1", "temperature"),
        ("max_tokens is too large", "max_tokens"),
        ("maxTokens: too large", "max_tokens"),
        ("Your organization must be verified to stream this model.", "stream"),
        ("Streaming is not supported for this model", "stream"),
        ("Unsupported value: 'messages[0].role' does not support 'system' with this model.", "system role"),
        ("System role not supported", "system role"),
        ("Developer instruction is not enabled for this model", "system role"),
        ("Conversation roles must alternate user/assistant/user/assistant/...", "system role"),
        ("The message was refused by the operating system", ""),
        ("Unsupported parameter: 'model'", ""),
        ("Unsupported value: 'top_p' does not support 0.2", ""),  # nobody sent it
        ("Bad request", ""),
    ],
)
def test_the_refused_field_is_found_in_the_text(said, field):
    assert refused_field(BODY, RejectedError("no", detail=said)) == field


@pytest.mark.parametrize("kind", [KeyRejectedError, PromptTooLongError])
def test_refusals_that_have_a_name_are_about_something_else(kind):
    assert refused_field(BODY, kind("no", detail="unknown stream_options")) == ""


def test_what_was_left_out_is_not_found_again():
    plain = without(BODY, {"max_tokens", "stream_options", "temperature"})

    for said in (
        "Unknown field: stream_options",
        "",
        "Unsupported: temperature",
    ):
        assert refused_field(plain, RejectedError("no", detail=said)) == ""


def test_a_field_with_a_newer_name_keeps_its_value_and_its_place():
    assert list(without(BODY, {"max_tokens", "stream"})) == [
        "model",
        "messages",
        "stream_options",
        "max_completion_tokens",
        "temperature",
    ]
    assert without(BODY, {"max_tokens"})["max_completion_tokens"] == 9
    assert without(BODY, ()) == BODY


def test_each_model_has_its_own():
    kept = UnsupportedFields()
    kept.keep("a", frozenset({"temperature"}))
    kept.keep("a", frozenset({"max_tokens"}))

    assert kept.of("a") == {"temperature", "max_tokens"}
    assert kept.of("b") == frozenset()


def test_no_more_models_are_kept_than_are_used(monkeypatch):
    monkeypatch.setattr(unsupported_fields, "MAX_MODELS", 2)
    kept = UnsupportedFields()
    for model in "aabca":
        kept.keep(model, frozenset({"stream_options"}))

    assert [model for model in "abc" if kept.of(model)] == ["a", "c"]
    kept.keep("d", frozenset())
    assert kept.of("c")


def test_of_two_that_exclude_each_other_one_is_left():
    both = {"temperature": 1, "top_p": 0.5}

    assert refused_field(both, RejectedError("no", detail="temperature and top_p cannot both be set")) == "top_p"


def test_a_field_without_which_it_is_another_question_is_never_left_out():
    body = {"model": "m", "tools": [], "tool_choice": "auto", "response_format": {}, "messages": []}

    assert refused_field(body, RejectedError("no", detail=", ".join(body))) == ""
    assert refused_field({"max_tokens": 1}, RejectedError("no", detail="max_tokens"), ["max_tokens"]) == ""
    assert refused_field(BODY, RejectedError("no", detail="temperature", status=415)) == ""


def test_what_matters_to_a_person_has_a_notice():
    [first, second] = notices("up", {"stream_options", "stop", "system role"})

    assert first.text == "up does not accept stop as sent for this model, so it was left out."
    assert "system prompt" in second.text
