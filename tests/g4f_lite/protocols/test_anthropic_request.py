"""Requests follow the rules of Anthropic's API, and rejected fields are found in its errors."""

import re

import pytest

from g4f_lite.errors import KeyRejectedError, ModelNotSupportedError, RejectedError
from g4f_lite.messages import Image, Message, Params, conversation
from g4f_lite.protocols.anthropic.request import TokenLimits, message_request, refused_field
from g4f_lite.protocols.anthropic.tools import plain_id, safe_id, supports

LIMITS = TokenLimits(max_tokens=4096, thinking=0)
THINKING = TokenLimits(max_tokens=4096, thinking=2048)
PIXEL = "data:image/png;base64,iVBORw0KGgo="
BLOCK = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}


def asked(messages=(), params=Params(), limits=LIMITS, left_out=()):  # noqa: B008 - it is frozen
    return message_request("claude", "claude-x", messages or conversation("Hello"), params, limits, left_out)


def turns(*messages):
    """Return the roles and contents that are sent for these."""
    return [(turn["role"], turn["content"]) for turn in asked([Message(*message) for message in messages])["messages"]]


def test_a_request_holds_what_the_api_wants_and_nothing_else():
    assert asked(conversation("a", "b", "c")) == {
        "model": "claude-x",
        "max_tokens": 4096,
        "messages": [
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": "b"},
            {"role": "user", "content": "c"},
        ],
        "stream": True,
    }


def test_all_system_messages_stand_on_top():
    messages = [
        Message("system", "Be brief."),
        *conversation("a"),
        Message("system", "\n"),
        Message("system", "Rhyme."),
    ]

    assert asked(messages)["system"] == "Be brief.\n\nRhyme."
    assert [turn["role"] for turn in asked(messages)["messages"]] == ["user"]


@pytest.mark.parametrize("messages", [[("user", "a")], [("system", " \n"), ("user", "a")]])
def test_without_a_system_message_none_is_sent(messages):
    assert "system" not in asked([Message(*message) for message in messages])


def test_two_messages_of_one_role_become_one():
    assert turns(
        ("user", "a"), ("system", "s"), ("user", "b"), ("assistant", "c"), ("assistant", "d"), ("user", "e")
    ) == [
        ("user", "a\n\nb"),
        ("assistant", "c\n\nd"),
        ("user", "e"),
    ]


def test_messages_of_white_space_alone_are_left_out():
    assert turns(("user", "a"), ("assistant", " \n"), ("user", ""), ("user", " b ")) == [("user", "a\n\n b ")]


@pytest.mark.parametrize("first", [[("assistant", "Hi! How can I help?")], [("user", ""), ("assistant", "Hi!")]])
def test_the_user_has_the_first_word_and_nothing_is_lost(first):
    said = turns(*first, ("user", "a"))

    assert [role for role, _ in said] == ["user", "assistant", "user"]
    assert said[0][1].strip()
    assert said[1][1] == first[-1][1]


def test_there_is_always_a_message():
    assert turns(("system", "Be brief."))[0][0] == "user"


def test_the_beginning_of_the_reply_does_not_end_in_white_space():
    assert turns(("user", "a"), ("assistant", "  It is \n"))[-1] == ("assistant", "  It is")
    assert turns(("user", "a"), ("assistant", "b \n"), ("user", "c"))[1] == ("assistant", "b \n")


# images


def test_an_image_is_a_block_before_the_text():
    assert turns(("user", "What is it?", (Image(PIXEL),))) == [
        ("user", [BLOCK, {"type": "text", "text": "What is it?"}]),
    ]


@pytest.mark.parametrize("words", ["", " \n"])
def test_an_image_may_come_without_words(words):
    assert turns(("user", words, (Image(PIXEL),))) == [("user", [BLOCK])]


def test_an_image_may_be_an_address():
    url = "https://example.org/cat.png"

    assert turns(("user", "", (Image(url),)))[0][1] == [{"type": "image", "source": {"type": "url", "url": url}}]


def test_images_of_joined_messages_stay():
    said = turns(("user", "a", (Image(PIXEL),)), ("user", "b", (Image(PIXEL),)))

    assert said == [("user", [BLOCK, BLOCK, {"type": "text", "text": "a\n\nb"}])]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("image/jpeg", "image/jpeg"),
        ("image/jpg", "image/jpeg"),
        ("image/gif", "image/gif"),
        ("image/webp", "image/webp"),
    ],
)
def test_the_kinds_of_images_that_the_api_takes(given, sent):
    block = turns(("user", "", (Image(f"data:{given};base64,iVBORw0KGgo="),)))[0][1][0]

    assert block["source"]["media_type"] == sent


@pytest.mark.parametrize("kind", ["image/svg+xml", "image/bmp", "application/pdf"])
def test_other_kinds_are_refused(kind):
    with pytest.raises(ModelNotSupportedError, match="claude accepts JPEG, PNG, GIF and WebP images, not"):
        turns(("user", "", (Image(f"data:{kind};base64,iVBORw0KGgo="),)))


# parameters


def test_the_limit_is_the_request_s_own_or_else_the_entry_s():
    assert asked(params=Params(max_tokens=9))["max_tokens"] == 9
    assert asked()["max_tokens"] == 4096


@pytest.mark.parametrize(("given", "sent"), [(0, 0), (0.5, 0.5), (1, 1), (1.7, 1), (2, 1)])
def test_a_temperature_is_at_most_1(given, sent):
    assert asked(params=Params(temperature=given))["temperature"] == sent


def test_temperature_and_top_p_are_not_sent_together():
    both = asked(params=Params(temperature=0.0, top_p=0.5))

    assert (both["temperature"], "top_p" in both) == (0, False)
    assert asked(params=Params(top_p=0.5))["top_p"] == 0.5


@pytest.mark.parametrize(("given", "sent"), [(("x", "\n\n", "END "), ["x", "END "]), (("\n", " "), None), ((), None)])
def test_stop_sequences_of_white_space_alone_are_left_out(given, sent):
    assert asked(params=Params(stop=given)).get("stop_sequences") == sent


# thinking


def test_a_thinking_model_has_a_temperature_of_its_own():
    body = asked(params=Params(temperature=0.5, top_p=0.5), limits=THINKING)

    assert body["thinking"] == {"type": "enabled", "budget_tokens": 2048}
    assert ("temperature" in body, body["top_p"]) == (False, 0.95)
    assert asked(params=Params(top_p=0.99), limits=THINKING)["top_p"] == 0.99


@pytest.mark.parametrize(("wanted", "sent"), [(None, 4096), (9000, 9000), (2048, 4096), (100, 2148), (2049, 2049)])
def test_the_limit_leaves_room_for_an_answer_after_the_thoughts(wanted, sent):
    assert asked(params=Params(max_tokens=wanted), limits=THINKING)["max_tokens"] == sent


def test_a_model_that_goes_on_with_a_reply_that_was_begun_does_not_think():
    begun = [*conversation("a"), Message("assistant", "It is")]

    assert "thinking" not in asked(begun, limits=THINKING)
    assert asked(begun, Params(temperature=0.5), THINKING)["temperature"] == 0.5


def test_newer_models_think_as_much_as_they_find_right_and_are_asked_to_show_it():
    body = asked(limits=THINKING, left_out={"budget_tokens"})

    assert body["thinking"] == {"type": "adaptive", "display": "summarized"}


ADD = {"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": {"properties": {}}}}
NOW = {"type": "function", "function": {"name": "now", "strict": True}}
ANYWAY = {"name": "add", "description": "Adds.", "input_schema": {"type": "object", "properties": {}}}


def call(id_="call_1", name="add", arguments='{"a": 1}'):
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}


def calling(*calls, content=""):
    return Message("assistant", content, extra={"tool_calls": list(calls), "content": content or None})


def result(content="1", id_="call_1", images=()):
    return Message("user", content, images, {"role": "tool", "tool_call_id": id_})


def with_extra(messages=(), limits=LIMITS, left_out=(), **extra):
    return asked(messages, Params(extra=extra), limits, left_out)


def test_tools_have_the_form_of_the_api():
    body = with_extra(tools=[ADD, NOW])

    now = {"name": "now", "input_schema": {"type": "object", "properties": {}}, "strict": True}
    assert body["tools"] == [ANYWAY, now]
    assert "tool_choice" not in body
    assert "strict" not in with_extra(tools=[NOW], left_out={"strict"})["tools"][0]


@pytest.mark.parametrize(
    ("extra", "choice"),
    [
        ({"tool_choice": "auto"}, None),
        ({"tool_choice": "required"}, {"type": "any"}),
        ({"tool_choice": "none"}, {"type": "none"}),
        ({"tool_choice": ADD}, {"type": "tool", "name": "add"}),
        ({"parallel_tool_calls": True}, None),
        ({"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
        ({"parallel_tool_calls": False, "tool_choice": ADD},
         {"type": "tool", "name": "add", "disable_parallel_tool_use": True}),
        ({"parallel_tool_calls": False, "tool_choice": "none"}, {"type": "none"}),
    ],
    ids=str,
)  # fmt: skip
def test_the_choice_has_the_form_of_the_api(extra, choice):
    assert with_extra(tools=[ADD], **extra).get("tool_choice") == choice
    assert supports("tool_choice", extra.get("tool_choice", "auto"))


ODD_ID = "toolu_hex_66756e6374696f6e732e6e6f773a30"


@pytest.mark.parametrize("id_", ["call_1", "functions.now:0", "", "é", "toolu_hex_", "toolu_hex_zz", "toolu_01Ab-9"])
def test_ids_are_such_as_the_api_takes_and_can_be_restored(id_):
    assert re.fullmatch("[a-zA-Z0-9_-]+", safe_id(id_))
    assert plain_id(safe_id(id_)) == ("" if id_ == "toolu_hex_" else id_)


def test_calls_and_results_are_blocks_each_in_its_turn():
    messages = [
        *conversation("a"),
        calling(call(), call("functions.now:0", "now", ""), content="Let me see.\n"),
        result("One"),
        result("", "functions.now:0", (Image(PIXEL),)),
        Message("user", "So?", (Image(PIXEL),)),
        calling(call("", "add", '{"a": '), content=" "),
        result(" ", ""),
    ]

    _, first, second, third, fourth = (turn["content"] for turn in with_extra(messages, tools=[ADD])["messages"])
    assert first == [
        {"type": "text", "text": "Let me see.\n"},
        {"type": "tool_use", "id": "call_1", "name": "add", "input": {"a": 1}},
        {"type": "tool_use", "id": ODD_ID, "name": "now", "input": {}},
    ]
    assert second == [
        {"type": "tool_result", "tool_use_id": "call_1", "content": [{"type": "text", "text": "One"}]},
        {"type": "tool_result", "tool_use_id": ODD_ID, "content": [BLOCK]},
        BLOCK,
        {"type": "text", "text": "So?"},
    ]
    assert third == [{"type": "tool_use", "id": "toolu_hex_", "name": "add", "input": {"INVALID_JSON": '{"a": '}}]
    assert fourth == [{"type": "tool_result", "tool_use_id": "toolu_hex_"}]


def test_tools_that_were_called_are_known_though_they_are_on_offer_no_more():
    messages = [*conversation("a"), calling(call(), call("b")), result(), result("2", "b"), *conversation("So?")]

    body = asked(messages)
    assert body["tools"] == [{"name": "add", "input_schema": {"type": "object"}}]
    assert body["tool_choice"] == {"type": "none"}


@pytest.mark.parametrize(
    ("extra", "behind", "left_out", "thinks"),
    [
        ({"tools": [ADD]}, [], set(), True),
        ({"tools": [ADD], "tool_choice": "required"}, [], set(), False),
        ({"tools": [ADD], "tool_choice": ADD}, [], {"budget_tokens"}, False),
        ({"tools": [ADD]}, [calling(call()), result()], set(), False),
        ({"tools": [ADD]}, [calling(call()), result()], {"budget_tokens"}, True),
        ({"tools": [ADD]}, [calling(call()), result(), *conversation("b", "c")[1:], *conversation("d")], set(), True),
    ],
    ids=str,
)
def test_a_model_that_must_call_a_tool_or_goes_on_after_a_result_does_not_think(extra, behind, left_out, thinks):
    body = with_extra([*conversation("a"), *behind], THINKING, left_out, **extra)

    assert ("thinking" in body) is thinks


SCHEMA = {"type": "object", "properties": {}, "additionalProperties": False}


@pytest.mark.parametrize(
    ("form", "config"),
    [
        ({"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": SCHEMA}},
         {"format": {"type": "json_schema", "schema": SCHEMA}}),
        ({"type": "json_schema", "json_schema": {"name": "a"}}, None),
        ({"type": "json_object"}, None),
        ({"type": "text"}, None),
    ],
    ids=str,
)  # fmt: skip
def test_the_form_of_an_answer_is_sent_or_not_supported(form, config):
    assert with_extra(response_format=form).get("output_config") == config
    assert supports("response_format", form) is bool(config)


def test_what_the_api_has_no_words_for_is_not_carried():
    assert supports("tools", [ADD, call()])
    assert not supports("tools", [{"type": "custom", "custom": {"name": "run"}}])
    assert not supports("tool_choice", {"type": "allowed_tools", "allowed_tools": {}})
    assert not supports("audio", {})


def test_what_a_model_does_not_take_is_left_out():
    params = Params(temperature=0.5, top_p=0.6)

    assert "thinking" not in asked(limits=THINKING, left_out={"thinking", "budget_tokens"})
    assert asked(params=params, limits=THINKING, left_out={"thinking"})["temperature"] == 0.5
    assert asked(params=params, left_out={"temperature"})["top_p"] == 0.6
    assert not {"temperature", "top_p"} & asked(params=params, left_out={"temperature", "top_p"}).keys()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ("'claude-3-5-haiku-20241022' does not support thinking.", "thinking"),
        ('"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" …', "budget_tokens"),
        ("thinking: Extra inputs are not permitted", "thinking"),
        ("`temperature` is deprecated for this model.", "temperature"),
        ("max_tokens: 70000 > 64000, which is the maximum allowed number of output tokens", ""),
        ("tools.0.custom.strict: Extra inputs are not permitted", "strict"),
        ("top_p is not supported", ""),  # nobody sent it
        ("", ""),
    ],
)
def test_the_refused_field_is_found_in_the_text(said, field):
    body = {"thinking": {"type": "enabled", "budget_tokens": 2048}, "temperature": 1, "max_tokens": 70_000}
    body["tools"] = [{"name": "add", "strict": True}]

    assert refused_field(body, RejectedError("no", detail=said)) == field
    assert refused_field(body, KeyRejectedError("no", detail=said)) == ""


def test_a_model_that_does_not_think_as_it_finds_right_either_does_not_think():
    body = {"thinking": {"type": "adaptive"}}

    assert refused_field(body, RejectedError("no", detail='"thinking.type.adaptive" is not supported')) == "thinking"
    assert refused_field({}, RejectedError("no", detail="thinking")) == ""
