"""The text that is stored for a program's messages."""

import pytest

from g4f_lite.messages import Image, Message
from server.compat.transcript import Transcript, calls_text, transcript


def call(id_, name, arguments):
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}


def result(id_, content):
    return Message("user", content, extra={"role": "tool", "tool_call_id": id_})


def test_the_last_message_is_the_question_and_the_rest_is_history():
    messages = [Message("system", "Be brief."), *map(Message, ("user", "assistant", "user"), ("One", "Two", "Three"))]

    assert transcript(messages) == Transcript(
        "Be brief.", [Message("user", "One"), Message("assistant", "Two")], "Three", ""
    )


def test_system_messages_are_joined():
    messages = [Message("system", "Be brief."), Message("user", "One"), Message("system", "Rhyme.")]

    assert transcript(messages) == Transcript("Be brief.\n\nRhyme.", [], "One", "")


def test_consecutive_messages_of_one_role_are_joined():
    messages = [Message("user", "One"), Message("user", "Two"), Message("assistant", "a"), Message("assistant", "b"),
                Message("user", "Three"), Message("user", " ")]  # fmt: skip

    assert transcript(messages) == Transcript(
        "", [Message("user", "One\n\nTwo"), Message("assistant", "a\n\nb")], "Three\n\n ", ""
    )


def test_an_empty_question_is_kept():
    messages = [Message("user", "One"), Message("assistant", "Two"), Message("user", "")]

    assert transcript(messages) == Transcript("", [Message("user", "One"), Message("assistant", "Two")], " ", "")


def test_an_empty_answer_is_left_out():
    messages = [Message("user", "One"), Message("assistant", ""), Message("user", "Two")]

    assert transcript(messages) == Transcript("", [], "One\n\nTwo", "")


def test_a_program_may_begin_the_answer():
    messages = [
        Message("user", "One"),
        Message("assistant", "Two"),
        Message("user", "Three"),
        Message("assistant", "F"),
    ]

    assert transcript(messages) == Transcript("", [Message("user", "One"), Message("assistant", "Two")], "Three", "F")


@pytest.mark.parametrize(
    ("messages", "question"), [([("assistant", "Well?")], "Well?"), ([("system", "x"), ("assistant", "")], "")]
)
def test_without_a_question_the_last_message_is_one(messages, question):
    assert transcript([Message(*one) for one in messages]).question == question


def test_a_picture_becomes_its_media_type_or_its_address():
    pictures = Image("data:image/png;base64,iVBORw0KGgo="), Image("https://example.org/a.jpg")

    assert (
        transcript([Message("user", "See", pictures)]).question == "See\n\n[image/png]\n\n[https://example.org/a.jpg]"
    )
    assert transcript([Message("user", "", pictures[:1])]).question == "[image/png]"


def test_tool_calls_become_code_and_results_name_their_tool():
    calls = [call("1", "add", '{"a": 1}'), call("2", "look", "")]
    messages = [
        Message("user", "One and one?"),
        Message("assistant", "I add.", extra={"tool_calls": calls}),
        result("1", "2"),
        result("2", "nothing"),
        result("3", "odd"),
    ]

    said = transcript(messages)

    assert said.history[1].content == 'I add.\n\n```add\n{"a": 1}\n```\n\n```look\n\n```'
    assert said.question == "add →\n2\n\nlook →\nnothing\n\n3 →\nodd"


def test_tool_calls_are_the_same_however_their_json_is_formatted():
    assert calls_text([call("1", "add", '{"a":1,\n "b": "\\u00e9"}')]) == '```add\n{"a": 1, "b": "é"}\n```'
    assert calls_text([call("1", "add", "{not JSON")]) == "```add\n{not JSON\n```"


def test_code_fences_inside_arguments_do_not_end_the_block():
    assert calls_text([call("1", "a`\nb", "```\n````")]) == "`````a b\n```\n````\n`````"


@pytest.mark.parametrize(
    "odd", [{}, {"function": 5}, {"function": {}}, {"id": [], "type": "custom", "custom": {"input": [1]}}]
)
def test_odd_tool_calls_cause_no_bug(odd):
    assert calls_text([odd]).startswith("```")
    assert transcript([Message("user", "x"), Message("assistant", "", extra={"tool_calls": [odd]})]).prefill


def test_a_call_of_another_kind_keeps_its_text():
    custom = {"id": "1", "type": "custom", "custom": {"name": "shell", "input": "ls -l"}}
    assert calls_text([custom]) == "```shell\nls -l\n```"
