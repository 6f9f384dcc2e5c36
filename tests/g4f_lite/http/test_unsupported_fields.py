"""What a service does not take is learned from its refusals, per model, and not for ever more of it."""

import pytest

from g4f_lite.errors import KeyRejectedError, PromptTooLongError, RejectedError
from g4f_lite.http import unsupported_fields
from g4f_lite.http.unsupported_fields import UnsupportedFields, refused_field, without

BODY = {"model": "m", "stream": True, "stream_options": {"include_usage": True}, "max_tokens": 9, "temperature": 0.2}


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
        ("Unsupported value: 'messages[0].role' does not support 'system' with this model.", ""),
        ("Unsupported parameter: 'model'", ""),
        ("Unsupported value: 'top_p' does not support 0.2", ""),  # nobody sent it
        ("temperature must be at most 1", ""),
        ("Bad request", ""),
    ],
)
def test_the_refused_field_is_found_in_the_words(said, field):
    assert refused_field(BODY, RejectedError("no", detail=said)) == field


@pytest.mark.parametrize("kind", [KeyRejectedError, PromptTooLongError])
def test_refusals_that_have_a_name_are_about_something_else(kind):
    assert refused_field(BODY, kind("no", detail="unknown stream_options")) == ""


def test_what_was_left_out_is_not_found_again():
    plain = without(BODY, {"max_tokens", "stream_options", "temperature"})

    for said in (
        "Use 'max_completion_tokens' instead.",
        "Unknown field: stream_options",
        "",
        "Unsupported: temperature",
    ):
        assert refused_field(plain, RejectedError("no", detail=said)) == ""


def test_a_field_with_a_newer_name_keeps_its_value_and_its_place():
    assert list(without(BODY, {"max_tokens", "stream"})) == [
        "model",
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


def test_no_more_models_are_kept_than_anybody_asks(monkeypatch):
    monkeypatch.setattr(unsupported_fields, "MAX_MODELS", 2)
    kept = UnsupportedFields()
    for model in "aabca":
        kept.keep(model, frozenset({"stream_options"}))

    assert [model for model in "abc" if kept.of(model)] == ["a", "c"]
    kept.keep("d", frozenset())
    assert kept.of("c")
