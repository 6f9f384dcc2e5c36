"""The fake Anthropic service rejects the same requests as the real one, so tests against it are meaningful."""

import json
import threading

import pytest

from tests.support.services.anthropic_service import service
from tests.support.services.kinds import KEY
from tests.support.services.upstream import Request

HEADERS = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
HELLO = {"role": "user", "content": "Hello"}
BODY = {"model": "claude-new", "max_tokens": 9, "messages": [HELLO]}
ENABLED = {"type": "enabled", "budget_tokens": 1024}
TOOL = {"name": "add", "input_schema": {"type": "object"}}
CLOSED = {"type": "object", "properties": {}, "additionalProperties": False}


def called(id_):
    return {"role": "assistant", "content": [{"type": "tool_use", "id": id_, "name": "add", "input": {}}]}


def answered_by(id_):
    return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": id_, "content": "1"}]}


def both(first, second):
    """Return one message with the text of the first before the blocks of the second."""
    return {"role": "user", "content": [{"type": "text", "text": first["content"]}, *second["content"]]}


USE, RESULT = called("a"), answered_by("a")


def answered(body, headers=HEADERS):
    request = Request("POST", "/v1/messages", headers, json.dumps(body).encode(), threading.Event())
    return service()(request)


def test_what_keeps_the_rules_is_answered():
    assert answered(BODY).status == 200
    assert json.loads(b"".join(answered(BODY).steps))["content"] == [{"type": "text", "text": "You said: Hello"}]


def test_tools_are_called_and_their_results_used():
    answers = (answered({**BODY, "tools": [TOOL], "messages": said}) for said in ([HELLO], [HELLO, USE, RESULT]))
    first, second = (json.loads(b"".join(answer.steps))["content"] for answer in answers)

    assert first[1] == {"type": "tool_use", "id": "toolu_0", "name": "add", "input": {"said": "Hello"}}
    assert second == [{"type": "text", "text": "You said: 1"}]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"anthropic-version": "2023-06-01"}, 401),
        ({**HEADERS, "x-api-key": "wrong"}, 401),
        ({"x-api-key": KEY}, 400),
        ({"authorization": f"Bearer {KEY}", "anthropic-version": "2023-06-01"}, 200),
    ],
)
def test_headers_that_are_needed(headers, status):
    assert answered(BODY, headers).status == status


@pytest.mark.parametrize(
    ("members", "complaint"),
    [
        ({"max_tokens": None}, "max_tokens: "),
        ({"max_completion_tokens": 9}, "Extra inputs"),
        ({"stop": ["x"]}, "Extra inputs"),
        ({"model": "claude-9"}, "model: claude-9"),
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "system", "content": "Be brief."}, HELLO]}, "Unexpected role"),
        ({"messages": [{"role": "assistant", "content": "Hi!"}, HELLO]}, "first message"),
        ({"messages": [{"role": "user", "content": ""}]}, "non-empty"),
        ({"messages": [{"role": "user", "content": " \n"}]}, "non-whitespace"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, "non-whitespace"),
        ({"messages": [HELLO, {"role": "assistant", "content": "It is "}]}, "trailing whitespace"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]}, "valid block"),
        ({"system": " "}, "non-whitespace"),
        ({"temperature": 1.5}, "range"),
        ({"temperature": 1, "top_p": 0.5}, "cannot both"),
        ({"model": "claude-newest", "temperature": 1}, "deprecated"),
        ({"model": "claude-newest", "thinking": ENABLED}, "thinking.type.adaptive"),
        ({"model": "claude-newest", "messages": [HELLO, {"role": "assistant", "content": "a"}]}, "prefill"),
        ({"model": "claude-old", "thinking": ENABLED, "max_tokens": 2000}, "does not support thinking"),
        ({"thinking": ENABLED, "max_tokens": 1024}, "must be greater"),
        ({"thinking": {"type": "enabled", "budget_tokens": 500}, "max_tokens": 2000}, "at least 1024"),
        ({"thinking": ENABLED, "max_tokens": 2000, "temperature": 0.5}, "temperature"),
        ({"thinking": ENABLED, "max_tokens": 2000, "top_p": 0.5}, "top_p"),
        ({"stop_sequences": ["\n"]}, "non-whitespace"),
        ({"tools": [{**TOOL, "name": "a.b"}]}, "pattern"),
        ({"tools": [{**TOOL, "input_schema": {}}]}, "input_schema.type"),
        ({"tools": [{**TOOL, "type": "function"}]}, "Extra inputs"),
        ({"tools": [{**TOOL, "strict": True}], "model": "claude-old"}, "strict: Extra inputs"),
        ({"tool_choice": {"type": "none"}}, "while providing tools"),
        ({"tools": [TOOL], "tool_choice": {"type": "none", "disable_parallel_tool_use": True}}, "Extra inputs"),
        ({"tools": [TOOL], "tool_choice": {"type": "tool", "name": "b"}}, "not found in provided tools"),
        ({"tools": [TOOL], "tool_choice": {"type": "any"}, "thinking": ENABLED, "max_tokens": 2000}, "forces tool use"),
        ({"messages": [HELLO, USE, RESULT]}, "must define tools"),
        ({"messages": [HELLO, USE, HELLO], "tools": [TOOL]}, "without `tool_result`"),
        ({"messages": [HELLO, USE, both(HELLO, RESULT)], "tools": [TOOL]}, "without `tool_result`"),
        ({"messages": [HELLO, RESULT], "tools": [TOOL]}, "unexpected `tool_use_id`"),
        ({"messages": [HELLO, {**USE, "role": "user"}, RESULT], "tools": [TOOL]}, "valid block"),
        ({"messages": [HELLO, called("a.b"), answered_by("a.b")], "tools": [TOOL]}, "pattern"),
        (
            {"messages": [HELLO, USE, RESULT], "tools": [TOOL], "thinking": ENABLED, "max_tokens": 2000},
            "found `tool_use`",
        ),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": CLOSED}}, "model": "claude-old"},
            "Extra inputs",
        ),
        ({"output_config": {"format": {"type": "json_object"}}}, "with a schema"),
        ({"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}, "additionalProperties"),
    ],
    ids=str,
)
def test_what_breaks_a_rule_is_refused(members, complaint):
    answer = answered(BODY | members)

    assert answer.status in (400, 404)
    assert complaint in json.loads(b"".join(answer.steps))["error"]["message"]
