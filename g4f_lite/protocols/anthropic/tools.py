"""Tools, their calls and results, and the form of an answer, from OpenAI's words to those of Anthropic's API. Pure.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview,
https://platform.claude.com/docs/en/build-with-claude/structured-outputs
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from g4f_lite.protocols.functions import Call, are_functions, input_of, named

CHOICES = {"auto": "auto", "required": "any", "none": "none"}
NO_CHOICE = {"type": "auto"}
"""What holds where nothing is said."""
ID = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
ODD = "toolu_hex_"
"""How the id begins that stands for one with other signs."""

Block = dict[str, Any]


def supports(field: str, value: Any) -> bool:
    """Tell whether the API has words for a field, as for `Provider.supports`; it has none for JSON without a schema."""
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

    called: the names of tools in the messages: the API wants to know of them though they are on offer no more.
    left_out: `strict` where the model does not know it.
    """
    offered = extra.get("tools")
    if not offered:
        return [{"name": name, "input_schema": {"type": "object"}} for name in dict.fromkeys(called)]
    return [_tool(tool["function"], left_out) for tool in offered]


def tool_choice(extra: Mapping[str, Any]) -> Block:
    """Return what is said of the choice; empty where that is nothing but the API's own default."""
    if not extra.get("tools"):
        return {"type": "none"}
    said = extra.get("tool_choice", "auto")
    choice = {"type": "tool", "name": named(said)} if named(said) else {"type": CHOICES[said]}
    if extra.get("parallel_tool_calls") is False and choice != {"type": "none"}:
        return {**choice, "disable_parallel_tool_use": True}
    return choice if choice != NO_CHOICE else {}


def output_config(response_format: Any) -> Block:
    """Return what the answer is held to; empty: nothing, or what the API has no words for."""
    match response_format:
        case {"type": "json_schema", "json_schema": {"schema": dict(schema)}} if schema:
            return {"format": {"type": "json_schema", "schema": schema}}
    return {}


def use(call: Call) -> Block:
    """Return the block that is a call."""
    return {"type": "tool_use", "id": safe_id(call.id), "name": call.name, "input": input_of(call.arguments)}


def result(id_: str, content: list[Block]) -> Block:
    """Return the block that is what a tool has answered; the API has no empty texts."""
    return {"type": "tool_result", "tool_use_id": safe_id(id_), **({"content": content} if content else {})}


def safe_id(id_: str) -> str:
    """Return a call's id as the API takes it; other services have dots and colons in theirs, and want them back."""
    return id_ if ID.fullmatch(id_) else f"{ODD}{id_.encode().hex()}"


def plain_id(id_: str) -> str:
    """Return the id that a safe one stands for."""
    if not id_.startswith(ODD):
        return id_
    try:
        return bytes.fromhex(id_.removeprefix(ODD)).decode()
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
