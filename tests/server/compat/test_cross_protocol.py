"""Tool calls and results between a program of one protocol and a service of another."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from anthropic import Anthropic
from openai import OpenAI

from tests.support.services import anthropic_service, ollama_service
from tests.support.services.kinds import KEY
from tests.support.services.upstream import Upstream

SCHEMA = {"type": "object", "properties": {"said": {"type": "string"}}, "additionalProperties": False}
QUESTION = "Grüße 👋"
NAMES = ["echo", "now"]


@dataclass
class Service:
    """An upstream that follows its protocol, calls the tools that it is offered, and repeats their results."""

    kind: str
    model: str
    answer: Any
    paths: str


SERVICES = [
    Service("Anthropic", "claude-new", anthropic_service.service(), "/v1/messages"),
    Service("Anthropic", "claude-old", anthropic_service.service(), "/v1/messages"),
    Service("Ollama", "llama3.2", ollama_service.Server(), "/api/chat"),
]


@pytest.fixture(params=SERVICES, ids=lambda service: f"{service.kind} {service.model}")
def service(request: pytest.FixtureRequest) -> Service:
    return request.param


@pytest.fixture
def upstream(service: Service) -> Iterator[Upstream]:
    upstream = Upstream(otherwise=service.answer)
    yield upstream
    upstream.close()


@pytest.fixture
def settings(service: Service, upstream: Upstream) -> dict[str, Any]:
    return {
        "providers": {
            "up": {"kind": service.kind, "base_url": upstream.url, "api_key": KEY, "models": [service.model]},
            "guide": {"kind": "Guide"},
        },
        "models": {"m": ["guide/guide", f"up/{service.model}"]},
        "default_model": "m",
        "site_config": {"port": 0},
    }


class OpenAIProgram:
    """Asks with OpenAI's client. calls: the tool calls of the last answer, each as id, name and arguments."""

    def __init__(self, server: str) -> None:
        self.client = OpenAI(base_url=f"{server}/v1", api_key="anything", max_retries=0, timeout=10)
        self.messages: list[Any] = [{"role": "system", "content": "Be."}, {"role": "user", "content": QUESTION}]

    def ask(self, stream: bool, **members: Any) -> str:
        functions = [{"name": name, "parameters": SCHEMA, "strict": True} for name in NAMES]
        tools = [{"type": "function", "function": function} for function in functions]
        asked = {"model": "m", "messages": self.messages, "tools": tools, **members}
        if stream:
            with self.client.chat.completions.stream(**asked) as events:
                events.until_done()
                choice = events.get_final_completion().choices[0]
        else:
            choice = self.client.chat.completions.create(**asked).choices[0]
        self.reason = choice.finish_reason
        self.messages.append(choice.message.to_dict())
        calls = choice.message.tool_calls or []
        self.calls = [(call.id, call.function.name, json.loads(call.function.arguments)) for call in calls]
        return choice.message.content or ""

    def tell(self, *results: str) -> None:
        for result, (id_, _, _) in zip(results, self.calls, strict=True):
            self.messages.append({"role": "tool", "tool_call_id": id_, "content": result})


class AnthropicProgram:
    """Asks with Anthropic's client."""

    def __init__(self, server: str) -> None:
        self.client = Anthropic(base_url=server, api_key="anything", max_retries=0, timeout=10)
        self.messages: list[Any] = [{"role": "user", "content": QUESTION}]

    def ask(self, stream: bool, **members: Any) -> str:
        tools = [{"name": name, "input_schema": SCHEMA, "strict": True} for name in NAMES]
        asked = {"model": "m", "max_tokens": 100, "system": "Be.", "messages": self.messages, "tools": tools, **members}
        if stream:
            with self.client.messages.stream(**asked) as events:
                message = events.get_final_message()
        else:
            message = self.client.messages.create(**asked)
        self.reason = {"tool_use": "tool_calls", "end_turn": "stop"}.get(message.stop_reason or "")
        self.messages.append({"role": "assistant", "content": message.content})
        self.calls = [(block.id, block.name, block.input) for block in message.content if block.type == "tool_use"]
        return "".join(block.text for block in message.content if block.type == "text")

    def tell(self, *results: str) -> None:
        calls = zip(results, self.calls, strict=True)
        told = [{"type": "tool_result", "tool_use_id": id_, "content": result} for result, (id_, _, _) in calls]
        self.messages.append({"role": "user", "content": told})


@pytest.fixture(params=[OpenAIProgram, AnthropicProgram])
def program(request: pytest.FixtureRequest, server: str) -> Iterator[OpenAIProgram | AnthropicProgram]:
    program = request.param(server)
    yield program
    program.client.close()


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_tools_are_called_and_their_results_are_used(program, upstream, service, stream):
    program.ask(stream)
    assert [(name, input_) for _, name, input_ in program.calls] == [(name, {"said": QUESTION}) for name in NAMES]
    assert program.reason == "tool_calls"

    program.tell("Two\n", "Noon")
    answer = program.ask(stream)
    assert (program.calls, program.reason) == ([], "stop")
    assert "Noon" in answer and "You said" in answer

    assert {request.path for request in upstream.requests} == {service.paths}


def test_a_forced_tool_is_called_or_the_request_is_refused(program, upstream, service):
    choice: Any = {"type": "function", "function": {"name": "now"}}
    if isinstance(program, AnthropicProgram):
        choice = {"type": "tool", "name": "now"}

    if service.kind == "Ollama":
        with pytest.raises(Exception, match="tool_choice: no provider of this model supports this field"):
            program.ask(stream=False, tool_choice=choice)
        assert upstream.requests == []
    else:
        program.ask(stream=False, tool_choice=choice)
        assert [name for _, name, _ in program.calls] == ["now"]


@pytest.mark.parametrize("service", SERVICES[::2], indirect=True, ids=["Anthropic", "Ollama"])
def test_an_answer_has_the_requested_format(client, upstream, service):
    form = {"type": "json_schema", "json_schema": {"name": "echo", "schema": SCHEMA}}
    body = {"model": "m", "messages": [{"role": "user", "content": QUESTION}], "response_format": form}

    assert client.post("/v1/chat/completions", json=body).status_code == 200
    config = {"format": {"type": "json_schema", "schema": SCHEMA}}
    asked = {"model": "m", "max_tokens": 9, "messages": body["messages"], "output_config": config}
    assert client.post("/v1/messages", json=asked).status_code == 200

    forms = [request.json.get("output_config", {}).get("format", {}).get("schema") or request.json.get("format")
             for request in upstream.requests]  # fmt: skip
    assert forms == [SCHEMA] * 2


def test_json_without_a_schema_is_supported_or_refused(client, upstream, service):
    form = {"type": "json_object"}
    body = {"model": "m", "messages": [{"role": "user", "content": QUESTION}], "response_format": form}

    response = client.post("/v1/chat/completions", json=body)

    if service.kind == "Ollama":
        assert (response.status_code, upstream.requests[-1].json["format"]) == (200, "json")
    else:
        assert (response.status_code, response.json["error"]["param"]) == (400, "response_format")
        assert upstream.requests == []
