"""Tools in Anthropic's API, with its own client and on the wire."""

import anthropic
import pytest
from anthropic import Anthropic, beta_tool
from pydantic import BaseModel

from tests.server.compat.test_anthropic import MESSAGES, a_message, events_of, is_refused
from tests.server.compat.test_openai import PICTURE
from tests.support.services.openai_wire import DONE, chunk, delta, openai_completion, openai_error, openai_stream
from tests.support.services.upstream import byte_by_byte, cut

ADD = {"name": "add", "description": "Adds.", "input_schema": {"type": "object", "properties": {}}}
NOW = {"name": "now", "input_schema": {"type": "object"}, "type": "custom", "cache_control": {"type": "ephemeral"}}
USE = {"type": "tool_use", "id": "call_1", "name": "add", "input": {"a": "é"}}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
ASKED = {"role": "user", "content": "Hello"}


def a_call(index, arguments, name=None, id_=None):
    head = {"id": id_, "type": "function"} if name else {}
    return {"index": index, **head, "function": {"name": name, "arguments": arguments}}


def calling(*parts, finish="tool_calls", text="", thought=""):
    """Return a stream with reasoning, text, and parts of tool calls, each in its own chunk."""
    said = [chunk({"reasoning_content": thought})] * bool(thought) + [delta(text)] * bool(text)
    return [*said, *(chunk({"tool_calls": [part]}) for part in parts), chunk({}, finish), DONE]


ONE = [a_call(0, "", "add", "call_1"), a_call(0, '{"a": "\\u0'), a_call(0, '0e9"'), a_call(0, "}")]
TWO = [*ONE, a_call(1, "", "now", "call_2"), a_call(1, "{}")]
IN_TURNS = [TWO[0], TWO[4], TWO[1], TWO[5], *TWO[2:4]]
WITHOUT_ARGUMENTS = [a_call(0, '{"a": "é"}', "add", "call_1"), a_call(1, "", "now", "call_2")]


@pytest.fixture
def program(server):
    with Anthropic(base_url=server, api_key="anything", max_retries=0, timeout=10) as client:
        yield client


def told(message):
    """Return the blocks of a message: tool calls as id, tool and input, others as their text."""
    return [(b.id, b.name, b.input) if b.type == "tool_use" else getattr(b, b.type) for b in message.content]


CALLS = [("call_1", "add", {"a": "é"}), ("call_2", "now", {})]


# with the client


@pytest.mark.parametrize("parts", [TWO, IN_TURNS, WITHOUT_ARGUMENTS], ids=["in order", "in turns", "no arguments"])
@pytest.mark.parametrize("finish", ["tool_calls", "stop"])
def test_tool_calls_arrive_complete_and_streamed(program, upstream, parts, finish):
    for _ in range(2):
        upstream.will_answer(calling(*parts, finish=finish, text="Let me see.\n", thought="Hm."))
    asked = a_message(tools=[ADD, NOW])

    whole = program.messages.create(**asked)
    with program.messages.stream(**asked) as stream:
        seen = [event.type for event in stream]
        streamed = stream.get_final_message()

    for message in (whole, streamed):
        assert told(message) == ["Hm.", "Let me see.\n", *CALLS]
        assert message.stop_reason == "tool_use"
    assert "input_json" in seen


def test_a_complete_answer_of_the_service_is_streamed_too(program, upstream):
    calls = [{"id": "call_1", "function": {"name": "add", "arguments": {"a": "é"}}}, {"function": {"name": "now"}}]
    upstream.will_answer_json(openai_completion("", finish="stop", tool_calls=calls))

    with program.messages.stream(**a_message(tools=[ADD, NOW])) as stream:
        first, second = told(stream.get_final_message())

    assert (first, second[1:]) == (CALLS[0], ("now", {}))
    assert second[0].startswith("call_")


def test_the_client_s_runner_calls_the_tools_until_there_is_an_answer(program, upstream):
    upstream.will_answer(calling(a_call(0, '{"a": 1, "b": 2}', "add", None), a_call(1, "{}", "fail", "")))
    upstream.will_answer(openai_stream("It is 3."))

    @beta_tool
    def add(a: int, b: int) -> str:
        """Add two numbers.

        Args:
            a: The first.
            b: The second.
        """
        return str(a + b)

    @beta_tool
    def fail() -> str:
        """Fail."""
        raise ValueError("no luck")

    runner = program.beta.messages.tool_runner(
        model="m", max_tokens=100, tools=[add, fail], messages=[{"role": "user", "content": "Add."}]
    )
    *_, last = runner

    assert last.content[0].text == "It is 3."
    first, second = (request.json for request in upstream.requests)
    assert [tool["function"]["name"] for tool in first["tools"]] == ["add", "fail"]
    assert first["tools"][0]["function"]["parameters"]["required"] == ["a", "b"]
    _, said, added, failed = second["messages"]
    assert [call["function"]["name"] for call in said["tool_calls"]] == ["add", "fail"]
    assert [added["tool_call_id"], failed["tool_call_id"]] == [call["id"] for call in said["tool_calls"]]
    assert (added["content"], failed["content"].startswith("Error"), "no luck" in failed["content"]) == (
        "3",
        True,
        True,
    )


def test_the_client_s_runner_streams(program, upstream):
    upstream.will_answer(calling(*ONE, text="Let me add."))
    upstream.will_answer(openai_stream("Done."))

    @beta_tool
    def add(a: str) -> str:
        """Add."""
        return a * 2

    runner = program.beta.messages.tool_runner(
        model="m", max_tokens=100, tools=[add], messages=[{"role": "user", "content": "Add."}], stream=True
    )
    texts = ["".join(event.text for event in stream if event.type == "text") for stream in runner]

    assert texts == ["Let me add.", "Done."]
    assert upstream.requests[-1].json["messages"][-1] == {"role": "tool", "tool_call_id": "call_1", "content": "éé"}


def test_an_answer_may_follow_a_schema(program, upstream):
    class Sum(BaseModel):
        total: int

    upstream.will_answer(openai_stream('{"total": 3}'))

    message = program.messages.parse(**a_message(), output_format=Sum)

    assert message.parsed_output == Sum(total=3)
    form = upstream.requests[-1].json["response_format"]
    assert (form["type"], form["json_schema"]["strict"]) == ("json_schema", True)
    assert form["json_schema"]["schema"]["required"] == ["total"]


def test_tokens_are_counted_with_the_tools(program):
    asked = {"model": "m", "messages": [ASKED, {"role": "assistant", "content": [USE]}, a_result("2")]}

    bare = program.messages.count_tokens(**asked).input_tokens
    full = program.messages.count_tokens(**asked, tools=[ADD], tool_choice={"type": "any"}).input_tokens

    assert 2 + len('{"a": "é"}') // 4 < bare < full


def test_the_client_raises_when_a_tool_call_breaks_off(program, upstream):
    upstream.will_answer([chunk({"tool_calls": [part]}) for part in ONE[:2]] + [cut()])

    with (
        pytest.raises(anthropic.APIError, match=r"before it was complete|was lost"),
        program.messages.stream(**a_message(tools=[ADD])) as some,
    ):
        some.until_done()


# what reaches the provider


def a_result(content, *behind, id_="call_1", **members):
    result = {"type": "tool_result", "tool_use_id": id_, **members}
    return {"role": "user", "content": [{**result, "content": content} if content is not None else result, *behind]}


def sent(client, upstream, *messages, **members):
    """Return the messages that a service gets for these, without the first one."""
    upstream.will_answer(openai_stream("Fine."))
    response = client.post(MESSAGES, json=a_message(messages=[ASKED, *messages], **members))
    assert response.status_code == 200, response.json
    _, *others = upstream.requests[-1].json["messages"]
    return others


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ({"type": "auto"}, {"tool_choice": "auto"}),
        ({"type": "any"}, {"tool_choice": "required"}),
        ({"type": "none"}, {"tool_choice": "none"}),
        ({"type": "tool", "name": "now"}, {"tool_choice": {"type": "function", "function": {"name": "now"}}}),
        ({"type": "any", "disable_parallel_tool_use": True}, {"tool_choice": "required", "parallel_tool_calls": False}),
        ({"type": "auto", "disable_parallel_tool_use": False}, {"tool_choice": "auto"}),
        (None, {}),
    ],
    ids=str,
)
def test_tools_and_the_tool_choice_are_sent(client, upstream, choice, told):
    upstream.will_answer(calling(*ONE))
    tools = [{**ADD, "strict": True}, NOW]

    client.post(MESSAGES, json=a_message(tools=tools, **({"tool_choice": choice} if choice else {})))

    asked = upstream.requests[-1].json
    add, now = (tool["function"] for tool in asked["tools"])
    assert add == {"name": "add", "description": "Adds.", "parameters": ADD["input_schema"], "strict": True}
    assert now == {"name": "now", "parameters": {"type": "object"}}
    assert {name: asked[name] for name in ("tool_choice", "parallel_tool_calls") if name in asked} == told


def test_a_tool_call_and_its_result_are_sent_in_order(client, upstream):
    said = [{"type": "thinking", "thinking": "Hm.", "signature": ""}, {"type": "text", "text": "Let me add."}, USE]
    other = {"type": "tool_result", "tool_use_id": "call_2"}
    asked = {"role": "user", "content": [{"type": "text", "text": "So?"}, a_result("2")["content"][0], other, IMAGE]}

    calls, first, second, question = sent(client, upstream, {"role": "assistant", "content": said}, asked)

    function = {"name": "add", "arguments": '{"a": "é"}'}
    assert calls == {
        "role": "assistant",
        "content": "Let me add.",
        "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
        "reasoning_content": "Hm.",
    }
    assert first == {"role": "tool", "tool_call_id": "call_1", "content": "2"}
    assert second == {"role": "tool", "tool_call_id": "call_2", "content": ""}
    assert (question["role"], [part["type"] for part in question["content"]]) == ("user", ["text", "image_url"])


@pytest.mark.parametrize(
    ("content", "members", "told"),
    [
        ("2", {}, "2"),
        ([{"type": "text", "text": "2"}, {"type": "text", "text": "3"}], {}, "2\n3"),
        ([], {}, ""),
        (None, {}, ""),
        ("no", {"is_error": True}, "Error: no"),
        ("Error: no", {"is_error": True}, "Error: no"),
        ("2", {"is_error": False, "cache_control": {"type": "ephemeral"}}, "2"),
    ],
    ids=str,
)
def test_a_tool_result_is_text(client, upstream, content, members, told):
    calls, result = sent(client, upstream, {"role": "assistant", "content": [USE]}, a_result(content, **members))

    assert calls["content"] is None
    assert result == {"role": "tool", "tool_call_id": "call_1", "content": told}


def test_an_image_in_a_tool_result_is_sent(client, upstream):
    shown = a_result([{"type": "text", "text": "Look:"}, IMAGE])

    _, result, image = sent(client, upstream, {"role": "assistant", "content": [USE]}, shown)

    assert result["content"] == "Look:"
    assert image == {"role": "user", "content": [{"type": "image_url", "image_url": {"url": PICTURE}}]}


def test_ids_that_clients_cannot_send_are_encoded_and_restored(client, upstream):
    upstream.will_answer(calling(a_call(0, "{}", "add", "functions.add:0")))
    use = client.post(MESSAGES, json=a_message(tools=[ADD])).json["content"][0]

    calls, result = sent(client, upstream, {"role": "assistant", "content": [use]}, a_result("2", id_=use["id"]))

    assert use["id"].replace("_", "").isalnum()
    assert calls["tool_calls"][0]["id"] == result["tool_call_id"] == "functions.add:0"


def test_a_system_message_may_stand_in_between(client, upstream):
    others = sent(client, upstream, {"role": "system", "content": [{"type": "text", "text": "Be brief."}]}, ASKED)

    assert others == [{"role": "system", "content": "Be brief."}, ASKED]


# on the wire


def test_the_events_of_a_tool_call(client, upstream):
    upstream.will_answer(byte_by_byte(calling(*TWO, text="Well.")))

    events = events_of(client.post(MESSAGES, json=a_message(stream=True, tools=[ADD, NOW])))

    assert [event["type"] for event in events[2:]] == [
        *("content_block_start", "content_block_delta", "content_block_stop"),
        *("content_block_start", *["content_block_delta"] * 3, "content_block_stop"),
        *("content_block_start", "content_block_delta", "content_block_stop"),
        *("message_delta", "message_stop"),
    ]
    assert [event["index"] for event in events if "index" in event] == [0] * 3 + [1] * 5 + [2] * 3
    assert events[5]["content_block"] == {"type": "tool_use", "id": "call_1", "name": "add", "input": {}}
    assert [event["delta"]["partial_json"] for event in events[6:9]] == ['{"a": "\\u0', '0e9"', "}"]
    assert events[-2]["delta"]["stop_reason"] == "tool_use"


@pytest.mark.parametrize(
    ("arguments", "finish", "input_", "reason"),
    [
        ('{"a": ', "tool_calls", {"INVALID_JSON": '{"a": '}, "tool_use"),
        ("[1]", "stop", {"INVALID_JSON": "[1]"}, "tool_use"),
        ('{"a": ', "length", {"INVALID_JSON": '{"a": '}, "max_tokens"),
        ("", "length", {}, "max_tokens"),
        ("", "stop", {}, "tool_use"),
        ('{"a": 1}\n', "stop", {"a": 1}, "tool_use"),
    ],
)
def test_arguments_that_are_no_object_are_wrapped_in_one(client, upstream, arguments, finish, input_, reason):
    upstream.will_answer(calling(a_call(0, arguments, "add", "call_1"), finish=finish))

    message = client.post(MESSAGES, json=a_message(tools=[ADD])).json

    assert (message["content"], message["stop_reason"]) == ([{**USE, "input": input_}], reason)


@pytest.mark.parametrize("stream", [True, False])
def test_a_tool_call_without_an_offered_tool_is_an_error(client, upstream, stream):
    upstream.will_answer(calling(a_call(0, "{}")))

    is_refused(client.post(MESSAGES, json=a_message(tools=[ADD], stream=stream)), 502, "api_error")


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 5}]}, "tools.0.type"),
        ({"tools": [ADD, {"type": "bash_20250124", "name": "bash"}]}, "tools.1.type"),
        ({"tools": [{"type": "computer_20250124", "name": "c", "input_schema": {}}]}, "tools.0.type"),
        ({"tools": [{"type": "browser_toolset_20260801"}]}, "tools.0"),
        ({"tools": [{"name": "add"}]}, "tools.0.input_schema"),
        ({"tools": [{"name": "", "input_schema": {}}]}, "tools.0.name"),
        ({"tools": ["add"]}, "tools.0"),
        ({"tools": {}}, "tools"),
        ({"tools": [ADD], "tool_choice": "auto"}, "tool_choice"),
        ({"tools": [ADD], "tool_choice": {"type": "some"}}, "tool_choice.type"),
        ({"tools": [ADD], "tool_choice": {"type": "tool"}}, "tool_choice.name"),
        ({"tools": [ADD], "tool_choice": {"type": "tool", "name": "now"}}, "tool_choice"),
        ({"tool_choice": {"type": "any"}}, "tool_choice"),
        ({"model": "guide", "tools": [ADD]}, "tools"),
        ({"model": "guide", "output_config": {"format": {"type": "json_schema", "schema": {}}}}, "output_config"),
        ({"output_config": {"format": {"type": "json_object"}}}, "output_config.format"),
        ({"output_format": {"type": "json_schema"}}, "output_config.format"),
        ({"compaction": {"type": "enabled"}}, "compaction"),
        ({"model": "guide", "messages": [ASKED, {"role": "assistant", "content": [USE]}, a_result("2")]}, "messages"),
        ({"messages": [{"role": "user", "content": [USE]}]}, "messages.0"),
        ({"messages": [{"role": "assistant", "content": [{**USE, "input": "{}"}]}]}, "messages.0"),
        ({"messages": [{"role": "assistant", "content": [{**USE, "id": 5}]}]}, "messages.0"),
        ({"messages": [{"role": "assistant", "content": a_result("2")["content"]}]}, "messages.0"),
        ({"messages": [a_result(5)]}, "messages.0"),
        ({"messages": [a_result(["2"])]}, "messages.0"),
        ({"messages": [a_result([{"type": "tool_reference", "tool_name": "add"}])]}, "messages.0"),
        ({"messages": [a_result("2", id_=None)]}, "messages.0"),
        ({"messages": [ASKED, {"role": "assistant", "content": [{"type": "server_tool_use"}]}]}, "messages.1"),
    ],
    ids=str,
)
def test_a_field_that_no_provider_supports_is_refused_by_name(client, upstream, members, field):
    said = is_refused(client.post(MESSAGES, json=a_message(**members)), 400, "invalid_request_error")

    assert said.startswith(field) and said.endswith(".")
    assert upstream.requests == []


@pytest.mark.parametrize(
    "members", [{"tools": [{"type": "bash_20250124", "name": "bash"}]}, {"messages": [a_result(5)]}]
)
def test_tokens_of_an_invalid_message_are_not_counted(client, members):
    is_refused(client.post(f"{MESSAGES}/count_tokens", json=a_message(**members)), 400, "invalid_request_error")


def test_a_thread_is_refused_so_that_the_client_sends_everything(client, upstream):
    refused = client.post(MESSAGES, json=a_message(thread={"type": "create"})).json["error"]

    assert refused["message"].startswith("thread: ")
    assert refused["details"] == {"error_code": "thread_unsupported_request"}
    assert upstream.requests == []


def test_a_service_without_tools_explains_so_itself(client, upstream):
    upstream.will_answer_json(openai_error("This model has no tools."), status=400)

    said = is_refused(client.post(MESSAGES, json=a_message(tools=[ADD])), 400, "invalid_request_error")

    assert "This model has no tools." in said
