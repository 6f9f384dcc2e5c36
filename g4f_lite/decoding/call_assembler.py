"""Assembles tool calls from the parts in which they are streamed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from g4f_lite.decoding.tool_calls import GROWING


@dataclass(slots=True)
class _Call:
    """members: the members of its parts, without the text that grows. texts: the parts of that text."""

    kind: str
    members: dict[str, Any] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)


class CallAssembler:
    """Assembles the calls of one reply."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []

    def add(self, parts: Sequence[Mapping[str, Any]]) -> None:
        """Add parts, in the shape of `pieces.ToolCalls.parts`."""
        for part in parts:
            if part["index"] == len(self._calls):
                self._calls.append(_Call(part["type"]))
            call = self._calls[part["index"]]
            call.texts.append(part[call.kind][GROWING[call.kind]])
            call.members = {**part, **call.members}

    def assembled(self) -> Iterator[dict[str, Any]]:
        """Yield the calls in the shape of an answer that is not streamed."""
        for call in self._calls:
            body = {**call.members[call.kind], GROWING[call.kind]: "".join(call.texts)}
            yield {name: value for name, value in {**call.members, call.kind: body}.items() if name != "index"}
