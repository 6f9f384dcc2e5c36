"""Translates tools, calls, results and response formats from OpenAI's protocol to Anthropic's. Pure.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview,
https://platform.claude.com/docs/en/build-with-claude/structured-outputs
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from g4f_lite.protocols.functions import FunctionCall, are_functions, input_of, named

CHOICES = {"auto": "auto", "required": "any", "none": "none"}
NO_CHOICE = {"type": "auto"}
"""The API's default."""
ID = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
ENCODED_PREFIX = "toolu_hex_"
"""The prefix of an id that encodes one with other characters."""

Block = dict[str, Any]


def supports(field: str, value: Any) -> bool:
    """Return whether the API can express a field, see `Provider.supports`. It has no JSON without a schema."""
    match field:
        case "tools":
            return are_functions(value)
        case "tool_choice":
            return (isinstance(value, str) and value in CHOICES) or bool(named(value))
        case "response_format":
            return bool(output_config(value))
    return False


def tools(extra: Mapping[str, Any], called: Collection[str], left_out: Collection[str]) -> list[Block]:
    """Return the tools on offer.

    called: the names of tools in the messages. The API wants their definitions even if they are no longer on offer.
    left_out: `strict` if the model does not know it.
    """
    offered = extra.get("tools")
    if not offered:
        return [{"name": name, "input_schema": {"type": "object"}} for name in dict.fromkeys(called)]
    return [_tool(tool["function"], left_out) for tool in offered]


def tool_choice(extra: Mapping[str, Any]) -> Block:
    """Return the choice of tools; empty if it is the API's default."""
    if not extra.get("tools"):
        return {"type": "none"}
    wanted = extra.get("tool_choice", "auto")
    choice = {"type": "tool", "name": named(wanted)} if named(wanted) else {"type": CHOICES[wanted]}
    if extra.get("parallel_tool_calls") is False and choice != {"type": "none"}:
        return {**choice, "disable_parallel_tool_use": True}
    return choice if choice != NO_CHOICE else {}


def output_config(response_format: Any) -> Block:
    """Return the schema of the answer; empty if there is none, or the API cannot express it."""
    match response_format:
        case {"type": "json_schema", "json_schema": {"schema": dict(schema)}} if schema:
            return {"format": {"type": "json_schema", "schema": schema}}
    return {}


def use(call: FunctionCall) -> Block:
    """Return the block of a call."""
    return {"type": "tool_use", "id": safe_id(call.id), "name": call.name, "input": input_of(call.arguments)}


def result(id_: str, content: list[Block]) -> Block:
    """Return the block of a tool's result. The API allows no empty texts."""
    return {"type": "tool_result", "tool_use_id": safe_id(id_), **({"content": content} if content else {})}


def safe_id(id_: str) -> str:
    """Return a call's id as the API takes it. Other services use dots and colons, and expect their own ids back."""
    return id_ if ID.fullmatch(id_) else f"{ENCODED_PREFIX}{id_.encode().hex()}"


def plain_id(id_: str) -> str:
    """Return the original of a safe id."""
    if not id_.startswith(ENCODED_PREFIX):
        return id_
    try:
        return bytes.fromhex(id_.removeprefix(ENCODED_PREFIX)).decode()
    except ValueError:
        return id_


def _tool(function: Mapping[str, Any], left_out: Collection[str]) -> Block:
    parameters = function.get("parameters")
    schema = parameters if isinstance(parameters, dict) else {"properties": {}}
    tool = {"name": function["name"], "input_schema": {"type": "object", **schema}}
    if description := function.get("description"):
        tool["description"] = description
    if function.get("strict") is True and "strict" not in left_out:
        tool["strict"] = True
    return tool
