"""A question has the fields of chat-ui and of the text-generation server, without values that they refuse."""

import pytest

from g4f_lite.messages import Message, Params, conversation
from g4f_lite.protocols.chat_ui.request import ChatUiOptions, message, parameters, prompt
from tests.support.services.chat_ui_service import UUID

DEFAULTS = {
    "temperature": 0.4,
    "truncate": 2048,
    "max_new_tokens": 1024,
    "do_sample": True,
    "repetition_penalty": 1.2,
    "return_full_text": False,
}
GREEDY = {**DEFAULTS, "do_sample": False}
del GREEDY["temperature"]


def without(*names):
    return {name: value for name, value in DEFAULTS.items() if name not in names}


def test_the_defaults_are_described():
    assert parameters(ChatUiOptions(), Params()) == DEFAULTS


def test_all_options_are_sent():
    options = {
        "temperature": 0.2,
        "truncate": 100,
        "max_new_tokens": 7,
        "do_sample": False,
        "repetition_penalty": 1.5,
        "return_full_text": True,
    }

    assert parameters(ChatUiOptions(**options), Params()) == options


def test_the_parameters_of_a_request_win():
    params = Params(temperature=0.9, top_p=0.5, max_tokens=5, stop=("x", "y"))

    expected = {**DEFAULTS, "temperature": 0.9, "top_p": 0.5, "max_new_tokens": 5, "stop": ["x", "y"]}
    assert parameters(ChatUiOptions(temperature=0.2, max_new_tokens=7), params) == expected


@pytest.mark.parametrize("temperature", [0, 0.0, -0.0, -1])
def test_without_temperature_nothing_is_left_to_chance(temperature):
    assert parameters(ChatUiOptions(), Params(temperature=temperature)) == GREEDY
    assert parameters(ChatUiOptions(), Params(temperature=temperature, top_p=0.5)) == GREEDY
    assert parameters(ChatUiOptions(temperature=temperature), Params()) == GREEDY


@pytest.mark.parametrize("top_p", [1, 1.0, 1.5, 0, -1])
def test_a_top_p_out_of_bounds_is_left_out(top_p):
    assert parameters(ChatUiOptions(), Params(top_p=top_p)) == DEFAULTS


def test_numbers_that_are_not_positive_are_left_out():
    options = ChatUiOptions(truncate=0, max_new_tokens=-5, repetition_penalty=-1.0)

    assert parameters(options, Params()) == without("truncate", "max_new_tokens", "repetition_penalty")
    assert parameters(ChatUiOptions(), Params(max_tokens=0)) == without("max_new_tokens")


def test_a_prompt_is_an_instruction_and_a_line_for_each_message():
    messages = [Message("system", "Be brief."), *conversation("a\nb", "c", "d")]

    assert prompt(messages) == (
        "instruction: this is a conversation beween, a user and an AI assistant, "
        "respond to the latest message, referring to the conversation if needed\n"
        "system: Be brief.\nuser: a\nb\nassistant: c\nuser: d\nassistant:"
    )


def test_a_question_has_ids_of_its_own():
    one, other = (message("Hello", {})["options"] for _ in range(2))

    ids = {one["id"], one["response_id"], other["id"], other["response_id"]}
    assert len(ids) == 4 and all(map(UUID.fullmatch, ids))


def test_a_question_is_always_streamed():
    asked = message("Hello", {"temperature": 0.4})

    assert (asked["inputs"], asked["parameters"], asked["stream"]) == ("Hello", {"temperature": 0.4}, True)
