"""Tools in the fake of Anthropic's Messages API: its rules, and its calls."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Block = Mapping[str, Any]

NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
ID = re.compile(r"[A-Za-z0-9_-]+")
CHOICES = {"auto": set(), "any": set(), "none": set(), "tool": {"name"}}


def complaints(asked: Mapping[str, Any], structured: bool) -> Iterator[str]:
    """Yield the rules that a request breaks. structured: whether the model can be held to schemas."""
    yield from _of_tools(asked.get("tools", ()), structured)
    yield from _of_choice(asked)
    yield from _of_messages(asked)
    yield from _of_form(asked.get("output_config", {}), structured)


def blocks(content: Any) -> Sequence[Block]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def results(asked: Mapping[str, Any]) -> str:
    """Return what the tools have answered last; empty where they were not asked."""
    said = [one for one in blocks(asked["messages"][-1]["content"]) if one["type"] == "tool_result"]
    return " ".join(part["text"] for one in said for part in blocks(one.get("content", ())) if part["type"] == "text")


def calls(asked: Mapping[str, Any], said: str) -> list[Block]:
    """Return the calls that the model makes: of the tool it must call, of one, of all, or of none."""
    choice = asked.get("tool_choice", {"type": "auto"})
    names = [tool["name"] for tool in asked.get("tools", ()) if tool["name"] == choice.get("name", tool["name"])]
    if choice["type"] == "none" or (choice["type"] == "auto" and results(asked)):
        return []
    called = names[:1] if choice.get("disable_parallel_tool_use") else names
    return [
        {"type": "tool_use", "id": f"toolu_{at}", "name": name, "input": {"said": said} if said != "nothing" else {}}
        for at, name in enumerate(called)
    ]


def parts(input_: Mapping[str, Any]) -> list[str]:
    """Return the text of an input in pieces, cut in the middle of escapes; the first piece is always empty."""
    text = json.dumps(input_) if input_ else ""
    return ["", *re.findall(r"[^\\]+|\\(?:u..)?|..", text)]


def _of_tools(tools: Sequence[Block], structured: bool) -> Iterator[str]:
    for at, tool in enumerate(tools):
        if not NAME.fullmatch(tool["name"]):
            yield f"tools.{at}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
        if tool["input_schema"].get("type") != "object":
            yield f"tools.{at}.custom.input_schema.type: Field required"
        for member in tool.keys() - {"name", "description", "input_schema", *(["strict"] if structured else [])}:
            yield f"tools.{at}.custom.{member}: Extra inputs are not permitted"


def _of_choice(asked: Mapping[str, Any]) -> Iterator[str]:
    if "tool_choice" not in asked:
        return
    choice = asked["tool_choice"]
    kind = choice["type"]
    known = {"type", *CHOICES[kind], *(["disable_parallel_tool_use"] if kind != "none" else [])}
    if not asked.get("tools"):
        yield "tool_choice: may only be specified while providing tools"
    for member in choice.keys() - known:
        yield f"tool_choice.{kind}.{member}: Extra inputs are not permitted"
    if kind == "tool" and choice["name"] not in [tool["name"] for tool in asked.get("tools", ())]:
        yield f"Tool '{choice['name']}' not found in provided tools"
    if kind in ("any", "tool") and asked.get("thinking"):
        yield "Thinking may not be enabled when tool_choice forces tool use."


def _of_messages(asked: Mapping[str, Any]) -> Iterator[str]:
    called: list[str] = []
    for at, message in enumerate(asked["messages"]):
        said = blocks(message["content"])
        answered = [one["tool_use_id"] for one in said if one["type"] == "tool_result"]
        if [one["type"] for one in said[: len(answered)]] != ["tool_result"] * len(answered) or set(called) - {
            *answered
        }:
            yield f"messages.{at - 1}: `tool_use` ids were found without `tool_result` blocks immediately after"
        for id_ in set(answered) - {*called}:
            yield f"messages.{at}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: {id_}"
        called = [one["id"] for one in said if one["type"] == "tool_use"]
        for id_ in [*called, *answered]:
            if not ID.fullmatch(id_):
                yield f"messages.{at}.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
        if (called or answered) and not asked.get("tools"):
            yield "Requests which include `tool_use` or `tool_result` blocks must define tools"
    if asked.get("thinking", {}).get("type") == "enabled" and len(asked["messages"]) > 1 and results(asked):
        yield "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`."


def _of_form(config: Mapping[str, Any], structured: bool) -> Iterator[str]:
    form = config.get("format")
    if form is None:
        return
    if not structured:
        yield "output_config.format: Extra inputs are not permitted"
    if form.keys() != {"type", "schema"} or form["type"] != "json_schema":
        yield "output_config.format: Input should be a valid dictionary with a schema"
    elif form["schema"].get("type") == "object" and form["schema"].get("additionalProperties") is not False:
        yield "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false"
