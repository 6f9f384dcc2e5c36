"""Requests in Ollama's own protocol."""

import pytest

from g4f_lite.errors import ModelNotSupportedError
from g4f_lite.messages import Image, Message, Params, conversation
from g4f_lite.protocols.ollama.request import chat_request, supports

PIXEL = "iVBORw0KGgo="


def test_a_request_holds_what_was_set_and_nothing_else():
    messages = [Message("system", "Be brief."), *conversation("a", "b", "c")]

    assert chat_request("ollama", "llama3.2", messages, Params(), None) == {
        "model": "llama3.2",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": "b"},
            {"role": "user", "content": "c"},
        ],
        "stream": True,
    }


def test_parameters_have_the_names_that_ollama_knows_and_stand_among_the_options():
    params = Params(temperature=0.0, top_p=0.5, max_tokens=9, stop=("x",))
    asked = chat_request("ollama", "m", conversation("a"), params, 8192)

    assert asked["options"] == {"temperature": 0.0, "top_p": 0.5, "num_predict": 9, "stop": ["x"], "num_ctx": 8192}
    assert not {"temperature", "max_tokens", "stop"} & asked.keys()


TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}
CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}


def asked_with(messages=(), **extra):
    return chat_request("ollama", "m", [*conversation("a"), *messages], Params(extra=extra), None)


def test_calls_and_results_are_written_in_ollama_s_form():
    calling = Message("assistant", "Hm.", extra={"tool_calls": [CALL], "reasoning_content": "Let me add."})
    result = Message("user", "1", (Image(f"data:image/png;base64,{PIXEL}"),), {"role": "tool", "tool_call_id": "c1"})
    stray = Message("user", "2", extra={"role": "tool", "tool_call_id": "c2"})

    assert asked_with([calling, result, stray], tools=[TOOL]) == {
        "model": "m",
        "messages": [
            {"role": "user", "content": "a"},
            {
                "role": "assistant",
                "content": "Hm.",
                "thinking": "Let me add.",
                "tool_calls": [{"id": "c1", "function": {"name": "add", "arguments": {"a": 1}}}],
            },
            {"role": "tool", "content": "1", "images": [PIXEL], "tool_name": "add", "tool_call_id": "c1"},
            {"role": "tool", "content": "2", "tool_name": "", "tool_call_id": "c2"},
        ],
        "stream": True,
        "tools": [TOOL],
    }


def test_arguments_that_are_no_object_are_sent_in_one():
    broken = {**CALL, "function": {"name": "add", "arguments": '{"a": '}}
    calling = Message("assistant", "", extra={"tool_calls": [broken], "content": None})

    said_ = asked_with([calling])["messages"][1]
    assert (said_["content"], said_["tool_calls"][0]["function"]["arguments"]) == ("", {"INVALID_JSON": '{"a": '})


@pytest.mark.parametrize(
    ("choice", "is_carried", "is_offered"),
    [("auto", True, True), ("none", True, False), ("required", False, True), (TOOL, False, True)],
    ids=str,
)
def test_no_model_can_be_made_to_call_a_tool(choice, is_carried, is_offered):
    assert supports("tool_choice", choice) is is_carried
    assert ("tools" in asked_with(tools=[TOOL], tool_choice=choice)) is is_offered


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"type": "json_object"}, "json"),
        ({"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": SCHEMA}}, SCHEMA),
        ({"type": "json_schema", "json_schema": {"name": "a"}}, None),
        ({"type": "grammar"}, None),
    ],
    ids=str,
)
def test_the_form_of_an_answer_is_sent_or_not_supported(form, told):
    assert supports("response_format", form) is bool(told)
    assert asked_with(response_format=form).get("format") == told


def test_only_functions_are_carried_and_nothing_that_is_not_known():
    assert supports("tools", [TOOL, CALL])
    assert not supports("tools", [{"type": "custom", "custom": {"name": "run"}}])
    assert not supports("audio", {})


def test_hints_stand_among_the_options():
    asked = asked_with(seed=0, frequency_penalty=0.5, presence_penalty=-1, logit_bias={"1": 2}, reasoning_effort="low")

    assert asked["options"] == {"seed": 0, "frequency_penalty": 0.5, "presence_penalty": -1}


def test_images_are_bare_base64():
    message = Message("user", "What is it?", (Image(f"data:image/png;base64,{PIXEL}"),))

    assert chat_request("ollama", "m", [message], Params(), None)["messages"] == [
        {"role": "user", "content": "What is it?", "images": [PIXEL]}
    ]


def test_an_image_of_which_there_is_only_the_address_is_refused():
    message = Message("user", "What is it?", (Image("https://example.org/cat.png"),))

    with pytest.raises(ModelNotSupportedError, match="ollama cannot fetch images"):
        chat_request("ollama", "m", [message], Params(), None)
