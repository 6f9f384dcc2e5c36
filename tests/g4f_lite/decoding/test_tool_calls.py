"""Tool calls are distinguished, whatever a service leaves out, and follow OpenAI's protocol."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g4f_lite.decoding.call_assembler import CallAssembler
from g4f_lite.decoding.text_assembler import MAX_TEXT, TextAssembler
from g4f_lite.decoding.tool_calls import MAX_CALLS, ToolCallParser
from g4f_lite.errors import MalformedReplyError
from g4f_lite.pieces import Content, ToolCalls


def parts_of(*values, is_cut=False):
    """Return the parts that are told of what a service sends, one value after the other."""
    calls, pieces = ToolCallParser(TextAssembler()), []
    for value in values:
        calls.feed(value, pieces)
    pieces += calls.end(is_cut=is_cut)
    return [part for piece in pieces for part in piece.parts]


def joined(*values):
    calls = CallAssembler()
    calls.add(parts_of(*values))
    return list(calls.assembled())


def told(*values):
    """Return each call as its id, its tool and its arguments."""
    return [(call["id"], call["function"]["name"], call["function"]["arguments"]) for call in joined(*values)]


def part(arguments="", name=None, **members):
    return {**members, "function": {"name": name, "arguments": arguments}}


ADD = ("call_1", "add", '{"a": 1}')
NOW = ("call_2", "now", "{}")


@pytest.mark.parametrize(
    "values",
    [
        [[part(name="add", index=0, id="call_1", type="function")], [part('{"a": 1}', index=0)],
         [part("{}", "now", index=1, id="call_2")]],
        [[part("", "add", index=0, id="call_1"), part("", "now", index=1, id="call_2")],
         [part("{", index=1)], [part('{"a": ', index=0)], [part("}", index=1), part("1}", index=0, id="")]],
        [[part('{"a": 1}', "add", id="call_1"), part("{}", "now", id="call_2")]],
        [part('{"a": 1}', "add", id="call_1"), part("{}", "now", id="call_2")],
        [[part('{"a"', "add", id="call_1")], [part(": 1}")], [part("{", "now", id="call_2")], [part("}", id="call_2")]],
        [[part('{"a": 1}', "add", index=0, id="call_1")], [part("{}", "now", index=0, id="call_2")]],
        [[part({"a": 1}, "add", index=0, id="call_1")], [part({}, "now", index=1, id="call_2")]],
        [[part('{"a": ', index=3, id="call_1")], [part("1}", "add", index=3)],
         [part("{}", "now", index=7, id="call_2")]],
        [[part(None, "add", index=0, id="call_1")], [part('{"a": ', "add", index=0)], [part("1}", "add", index=0)],
         [part("{}", "now", index=1, id="call_2")]],
        [[{}, {"index": 0}, 5, None, part('{"a": 1}', "add", index=0, id="call_1")], {}, 5, "x", None, [[]],
         [part("{}", "now", index=1, id="call_2")]],
    ],
    ids=["as OpenAI does", "in turns", "at once", "no list", "without numbers", "numbered alike", "objects",
         "the name later", "the name again and again", "odd ones between"],
)  # fmt: skip
def test_calls_are_distinguished(values):
    assert told(*values) == [ADD, NOW]


def test_the_first_part_says_who_and_the_others_only_what():
    first, second = parts_of([part('{"a"', "add", index=5, id="call_1")], [part(": 1}", "add", index=5, id="call_1")])

    assert first == {"index": 0, "id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a"'}}
    assert second == {"index": 0, "function": {"arguments": ": 1}"}}


@pytest.mark.parametrize("members", [{}, {"index": 0}, {"index": 0, "id": None}, {"index": "0", "id": ""}])
def test_calls_without_an_id_get_one_each(members):
    calls = told([part("{}", "add", **members)], [part("{}", "add", **members)])

    ids = [id_ for id_, _, _ in calls]
    assert len(set(ids)) == 2 and all(id_.startswith("call_") and id_.isascii() for id_ in ids)


@pytest.mark.parametrize("arguments", [None, "", " "])
def test_a_call_without_arguments_has_an_empty_object_of_them_unless_it_was_cut_off(arguments):
    assert json.loads(told([part(arguments, "now", index=0)])[0][2]) == {}
    assert parts_of([part(arguments, "now", index=0)], is_cut=True)[-1]["function"]["arguments"] == (arguments or "")


def test_no_two_calls_have_the_same_id():
    calls = told([part("{}", "add", index=0, id="a"), part("{}", "now", index=1, id="a")])

    assert [(id_ == "a", name) for id_, name, _ in calls] == [(True, "add"), (False, "now")]


@pytest.mark.parametrize(
    "again",
    [
        [part("", "add", index=0, id="call_1")],
        [part("{}", "add", index=0, id="call_1")],
        [part("", "add", index=1, id="call_1")],
        [part("{}", id="call_1")],
        [part('{"a": 1}', "add", index=0, id="call_1")],
        [part('{"a": 1}', "add", id="call_1")],
        [part('{"a": 1}', index=0)],
        [part('{"a"', "add", index=0, id="call_1"), part(": 1}", index=0)],
    ],
)
def test_the_same_id_is_the_same_call(again):
    first = [part('{"a"', "add", index=0, id="call_1")], [part(": 1}", index=0)]

    assert told(*first, again, [part("{}", "now", index=2, id="call_2")]) == [ADD, NOW]


@pytest.mark.parametrize("blank", ["{}", {}, "", " {} "])
def test_an_empty_object_before_the_arguments_is_none(blank):
    for rest in (['{"a": 1}'], ["{", '"a": 1', "}"]):
        parts = [[part(text, index=0)] for text in rest]
        assert told([part(blank, "add", index=0, id="call_1")], *parts) == [ADD]


def test_a_call_whose_name_comes_late_is_numbered_when_it_is_sent():
    parts = parts_of([part(index=0, id="a")], [part("{}", "now", index=1, id="b")], [part("{}", "add", index=0)])

    assert [(part["index"], part["id"]) for part in parts if "id" in part] == [(0, "b"), (1, "a")]


def test_unknown_members_stay():
    signed = {"extra_content": {"google": {"thought_signature": "x"}}}

    assert joined([{**part('{"a": 1}', "add", index=0, id="call_1"), **signed}], [{**part(index=0), "more": 1}]) == [
        {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}, **signed, "more": 1}
    ]


def test_tools_that_take_a_text_are_called_as_they_are():
    first = {"index": 0, "id": "c", "type": "custom", "custom": {"name": "run", "input": "ls"}}

    assert joined([first], [{"index": 0, "custom": {"input": " -l"}}]) == [
        {"id": "c", "type": "custom", "custom": {"name": "run", "input": "ls -l"}}
    ]


def test_a_character_in_two_halves_is_one():
    halves = [part('{"a": "\ud83d', "add", index=0, id="a")], [part('\ude00"}', index=0)]

    assert told(*halves) == [("a", "add", '{"a": "😀"}')]
    assert told(halves[0]) == [("a", "add", '{"a": "\ufffd')]


def test_the_text_before_a_call_comes_before_it():
    texts, pieces = TextAssembler(), []
    calls = ToolCallParser(texts)

    texts.add_content("Let me see.\n", pieces)
    calls.feed([part("{}", "add", index=0)], pieces)
    texts.add_content("So.", pieces)

    assert [type(piece) for piece in pieces] == [Content, Content, ToolCalls, Content]
    assert pieces[0].text + pieces[1].text == "Let me see.\n"


def test_a_call_that_names_no_tool_is_malformed():
    with pytest.raises(MalformedReplyError, match="without a name"):
        parts_of([part("{}", index=0, id="a")])


def test_nothing_grows_for_ever():
    long = part("x" * (MAX_TEXT // 2 + 1), "add", index=0)
    with pytest.raises(MalformedReplyError, match="8 MiB"):
        parts_of(long, long)
    with pytest.raises(MalformedReplyError, match="more tool calls"):
        parts_of([part("{}", "add", index=number) for number in range(MAX_CALLS + 1)])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.sampled_from(["function", "custom"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["index", "id", "type", "function", "custom", "name", "arguments", "input", "x"]),
            inner,
            max_size=5,
        )
    ),
)


@given(st.lists(json_values, max_size=4))
def test_no_json_is_too_strange(values):
    try:
        json.dumps(joined(*values))
    except MalformedReplyError as error:
        assert error.message.endswith(".")
