"""Calls of tools, which are streamed in parts."""

from collections.abc import Mapping, Sequence
from typing import Any


def join(calls: list[dict[str, Any]], parts: Sequence[Mapping[str, Any]]) -> None:
    """Add parts to the calls they belong to, by their index; the arguments are a text that grows."""
    for part in parts:
        call = next((call for call in calls if call["index"] == part["index"]), None)
        if call is None:
            call = {"index": part["index"], "id": "", "type": "function", "function": {"name": "", "arguments": ""}}
            calls.append(call)
        call["id"] = call["id"] or part.get("id") or ""
        function = part.get("function")
        if isinstance(function, Mapping):
            call["function"]["name"] = call["function"]["name"] or function.get("name") or ""
            call["function"]["arguments"] += str(function.get("arguments") or "")


def whole(calls: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the calls as an answer that is not streamed has them."""
    return [{name: value for name, value in call.items() if name != "index"} for call in calls]
