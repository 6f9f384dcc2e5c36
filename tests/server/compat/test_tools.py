"""Tools in OpenAI's API: offered by a program and called by a model."""

import json

import pytest
from openai import OpenAI

from g4f_lite.config.settings import ProviderSettings
from g4f_lite.decoding.call_assembler import CallAssembler
from g4f_lite.http.transport import Http
from g4f_lite.messages import estimate_tokens
from g4f_lite.routing.configured_provider import ConfiguredProvider
from server.compat.capabilities import Requirement, restrict_routes
from server.problems import Problem
from tests.server.compat.test_openai import BOTH_WAYS, CHAT, QUESTION, a_chat, chunks_of
from tests.support.services.openai_wire import DONE, chunk, delta, openai_completion, openai_stream
from tests.support.services.scripted import ScriptedProvider, a_model

TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
PARTS = [
    chunk({"role": "assistant", "content": None}),
    chunk({"tool_calls": [{"index": 0, **CALL, "function": {"name": "add", "arguments": ""}}]}),
    chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"a":'}}]}),
    chunk({"tool_calls": [{"index": 0, "id": None, "function": {"name": "", "arguments": " 1}"}}]}),
    chunk({}, "tool_calls"),
    DONE,
]


@pytest.fixture
def program(server):
    with OpenAI(base_url=f"{server}/v1", api_key="anything", max_retries=0, timeout=10) as client:
        yield client


@BOTH_WAYS
def test_a_tool_call_arrives_complete(program, upstream):
    upstream.will_answer(PARTS)

    completion = program.chat.completions.create(model="m", messages=QUESTION, tools=[TOOL], tool_choice="required")

    choice = completion.choices[0]
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", None)
    assert [call.model_dump() for call in choice.message.tool_calls] == [CALL]
    asked = upstream.requests[-1].json
    assert (asked["tools"], asked["tool_choice"]) == ([TOOL], "required")


@BOTH_WAYS
def test_a_tool_call_is_streamed(client, upstream):
    upstream.will_answer(PARTS)

    told, last = chunks_of(client.post(CHAT, json=a_chat(tools=[TOOL], stream=True)))

    assert last == "[DONE]"
    deltas = [one["choices"][0]["delta"] for one in told]
    calls = CallAssembler()
    for parts in (one["tool_calls"] for one in deltas if "tool_calls" in one):
        calls.add(parts)
    assert list(calls.assembled()) == [CALL]
    assert told[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert not any(one.get("content") for one in deltas)


def test_a_tool_call_may_arrive_at_once_and_without_an_index(client, upstream):
    upstream.will_answer_json(openai_completion(None, finish="tool_calls", tool_calls=[CALL, {**CALL, "id": "call_2"}]))

    message = client.post(CHAT, json=a_chat(tools=[TOOL])).json["choices"][0]["message"]

    assert [call["id"] for call in message["tool_calls"]] == ["call_1", "call_2"]


def test_a_request_may_contain_a_thousand_tool_calls(client, upstream):
    upstream.will_answer(openai_stream("Done."))
    calls = [{**CALL, "id": f"call_{number}"} for number in range(1000)]
    called = ({"role": "assistant", "content": None, "tool_calls": [call]} for call in calls)
    results = ({"role": "tool", "tool_call_id": call["id"], "content": "2"} for call in calls)
    messages = [*QUESTION, *(message for both in zip(called, results, strict=True) for message in both)]

    answer = client.post(CHAT, json=a_chat(messages=messages, tools=[TOOL])).json

    assert answer["choices"][0]["message"]["content"] == "Done."
    assert len(upstream.requests[-1].json["messages"]) == 2001


@BOTH_WAYS
def test_text_and_a_tool_call_arrive_together(client, upstream):
    upstream.will_answer([delta("Let me add."), *PARTS])

    message = client.post(CHAT, json=a_chat(tools=[TOOL])).json["choices"][0]["message"]

    assert (message["content"], message["tool_calls"]) == ("Let me add.", [CALL])


@BOTH_WAYS
def test_tokens_of_tool_calls_are_estimated_if_the_service_counts_none(client, upstream):
    upstream.will_answer([delta("abcd"), *PARTS])

    usage = client.post(CHAT, json=a_chat(tools=[TOOL])).json["usage"]

    assert usage["completion_tokens"] == estimate_tokens("abcd" + "add" + '{"a": 1}')
    assert usage["prompt_tokens"] >= estimate_tokens(json.dumps([TOOL]))


@BOTH_WAYS
def test_tool_results_are_passed_on(client, upstream):
    upstream.will_answer(openai_stream("1"))
    history = [
        *QUESTION,
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "1"},
    ]

    assert client.post(CHAT, json=a_chat(messages=history, tools=[TOOL])).status_code == 200

    assert upstream.requests[-1].json["messages"] == history


@BOTH_WAYS
def test_reasoning_before_a_tool_call_is_passed_on(client, upstream):
    upstream.will_answer(openai_stream("1"))
    thoughtful = {"role": "assistant", "content": "Hm.", "tool_calls": [CALL], "reasoning_content": "Let me add."}
    history = [*QUESTION, thoughtful, {"role": "tool", "tool_call_id": "call_1", "content": "1"}]

    client.post(CHAT, json=a_chat(messages=history, tools=[TOOL]))

    assert upstream.requests[-1].json["messages"] == history


def test_a_tool_that_is_not_offered_cannot_be_forced(client, upstream):
    choice = {"type": "function", "function": {"name": "subtract"}}

    refused = client.post(CHAT, json=a_chat(tools=[TOOL], tool_choice=choice))

    assert (refused.status_code, refused.json["error"]["param"]) == (400, "tool_choice")
    assert "subtract" in refused.json["error"]["message"] and upstream.requests == []


@BOTH_WAYS
def test_the_response_format_and_hints_are_passed_on(client, upstream):
    wishes = {"response_format": {"type": "json_object"}, "seed": 4, "frequency_penalty": 0.5}
    idle = {"tool_choice": "auto", "parallel_tool_calls": True, "presence_penalty": None, "tools": []}

    assert client.post(CHAT, json=a_chat(**wishes, **idle)).status_code == 200

    asked = upstream.requests[-1].json
    assert {name: asked.get(name) for name in (*wishes, *idle)} == wishes | dict.fromkeys(idle)


def test_a_call_of_a_tool_that_was_not_offered_is_an_error(client, upstream):
    upstream.will_answer(PARTS)

    assert client.post(CHAT, json=a_chat()).json["error"]["code"] == "malformed_reply"


@BOTH_WAYS
@pytest.mark.parametrize("part", [5, "add", {"index": -1, "function": 5}, {"index": "0"}, {}])
def test_odd_tool_calls_cause_no_bug(client, upstream, part):
    for stream in (True, False):
        upstream.will_answer([chunk({"tool_calls": [part]}), chunk({}, "tool_calls"), DONE])
        assert client.post(CHAT, json=a_chat(tools=[TOOL], stream=stream)).status_code in (200, 502)


class TestRoutes:
    @pytest.fixture
    def settings(self, settings):
        settings["models"]["m"] = ["guide/guide", "up/test-model"]
        return settings

    def test_only_routes_that_support_tools_are_asked(self, client, upstream):
        upstream.will_answer(PARTS)

        said = client.post(CHAT, json=a_chat(tools=[TOOL])).json["choices"][0]

        assert said["message"]["tool_calls"] == [CALL]
        assert json.loads(said["message"]["tool_calls"][0]["function"]["arguments"]) == {"a": 1}


# who is asked


class PartialProvider(ScriptedProvider):
    """Supports some fields with some values."""

    def supports(self, field, value):
        return value in self.carried.get(field, ())


def member(**carried):
    provider = PartialProvider("p", ProviderSettings(kind="ScriptedProvider"), Http())
    provider.carried = carried
    return ConfiguredProvider("p", provider.settings, provider)


TOOLS, JSON = Requirement("tools", "tools", 1), Requirement("output_config", "response_format", "json")


def test_only_routes_that_support_every_field_with_its_value_are_asked():
    all_, tools, other = member(tools=[1], response_format=["json"]), member(tools=[1]), member(tools=[2])

    for requirements, asked in [([], [all_, tools, other]), ([TOOLS], [all_, tools]), ([TOOLS, JSON], [all_])]:
        assert [route.provider for route in restrict_routes(a_model(all_, tools, other), requirements).routes] == asked


@pytest.mark.parametrize(
    ("members", "named"),
    [([], "tools"), ([{"tools": [1]}], "output_config"), ([{"tools": [1]}, {"response_format": ["json"]}],
     "tools and output_config")],
    ids=str,
)  # fmt: skip
def test_the_unsupported_field_has_the_clients_name(members, named):
    with pytest.raises(Problem, match=f"^{named}: no provider"):
        restrict_routes(a_model(member(), *(member(**carried) for carried in members)), [TOOLS, JSON])
