"""Functions and calls of OpenAI's protocol are read in all their forms."""

import pytest

from g4f_lite.messages import Message
from g4f_lite.protocols.functions import are_functions, calls_of, input_of, named, names_of, result_of

ADD = {"type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}, "id": "call_1"}


@pytest.mark.parametrize(
    ("arguments", "input_"),
    [
        ('{"a": "\\u00e9"}', {"a": "é"}),
        ("", {}),
        (" {} ", {}),
        ('{"a": ', {"INVALID_JSON": '{"a": '}),
        ("[1]", {"INVALID_JSON": "[1]"}),
        ('{"a": NaN}', {"INVALID_JSON": '{"a": NaN}'}),
        ("[" * 100_000, {"INVALID_JSON": "[" * 100_000}),
    ],
)
def test_arguments_are_an_object(arguments, input_):
    assert input_of(arguments) == input_


@pytest.mark.parametrize(
    ("value", "are"),
    [
        ([], True),
        ([ADD, {"function": {"name": "now"}}], True),
        ([ADD, {"type": "custom", "custom": {"name": "run"}}], False),
        ([{"type": "function", "function": {"name": ""}}], False),
        ([{"type": "function", "function": "add"}, 5], False),
        ([5], False),
        ({}, False),
        (None, False),
    ],
    ids=str,
)
def test_tools_of_another_kind_are_no_functions(value, are):
    assert are_functions(value) is are


@pytest.mark.parametrize(
    "value", ["auto", None, {}, [], {"type": "allowed_tools"}, {"type": "function"}, {"function": {"name": 5}}]
)
def test_most_choices_name_no_function(value):
    assert (named(value), named(ADD)) == ("", "add")


def test_calls_and_results_are_separated_from_other_messages():
    odd = {"id": None, "function": {"name": "now", "arguments": {"a": 1}}}
    calling = Message("assistant", "", extra={"tool_calls": [ADD, odd]})
    result = Message("user", "2", extra={"role": "tool", "tool_call_id": "call_1"})

    assert [tuple(call) for call in calls_of(calling)] == [("call_1", "add", '{"a": 1}'), ("", "now", '{"a": 1}')]
    assert calls_of(Message("user", "a")) == []
    assert (result_of(result), result_of(calling)) == ("call_1", None)
    assert names_of([calling, result]) == {"call_1": "add", "": "now"}
