"""Parses the tool calls of a reply, which services stream in parts and often incompletely.

Pure. Source: https://platform.openai.com/docs/api-reference/chat-streaming
"""

import json
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from g4f_lite.decoding.json_boundary import JsonBoundary
from g4f_lite.decoding.reply_decoder import is_count
from g4f_lite.decoding.surrogates import SurrogateJoiner, join_surrogates
from g4f_lite.decoding.text_assembler import TextAssembler
from g4f_lite.errors import MalformedReplyError
from g4f_lite.pieces import Piece, ToolCalls

GROWING = {"function": "arguments", "custom": "input"}
"""The kinds of calls, by the member that holds them, and the text in it that is streamed in parts."""
KNOWN = {"index", "id", "type", *GROWING}

BLANK = ("", "{", "{}")
"""The beginnings of arguments that are held back: some services send an empty object before the real one."""

MAX_CALLS = 1000
"""In one reply. More is a mistake."""

Part = dict[str, Any]


def text_of_calls(parts: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of `pieces.ToolCalls.parts`: the names of tools, and their arguments."""
    return "".join(text for part in parts for kind in GROWING for text in part.get(kind, {}).values())


class ToolCallParser:
    """Parses the calls of one reply. Their texts count against the same limit as the others."""

    def __init__(self, texts: TextAssembler) -> None:
        self._texts = texts
        self._calls: list[_Call] = []

    def feed(self, value: Any, pieces: list[Piece]) -> None:
        """Add a piece for the parts, after all of the text before them.

        value: any JSON value in place of a list of parts. A call without its name yet waits for it.
        Raises: MalformedReplyError when the reply grows too long.
        """
        parts = value if isinstance(value, list) else [value]
        usable = [part for part in parts if isinstance(part, dict) and (part.get("id") or _body(part))]
        written = [self._written(self._call(part), part) for part in usable]
        if known := [part for part in written if part]:
            self._texts.end(pieces)
            pieces.append(ToolCalls(known))

    def end(self, *, is_cut: bool) -> Iterator[Piece]:
        """Yield the text that was held back, and `{}` for calls without arguments unless they were cut off.

        Raises: MalformedReplyError for a call without the name of a tool, which cannot run.
        """
        if not all(call.name for call in self._calls):
            raise MalformedReplyError("The service sent a tool call without a name.")
        if rest := [part for call in self._calls if (part := call.end(is_cut))]:
            yield ToolCalls(rest)

    def _written(self, call: "_Call", part: Mapping[str, Any]) -> Part | None:
        """Return the outgoing part for an incoming one, with the index of the call."""
        call.feed(part, self._texts)
        if call.name and call.index is None:
            call.index = sum(other.index is not None for other in self._calls)
        return call.take_part(part)

    def __bool__(self) -> bool:
        return bool(self._calls)

    def _call(self, part: Mapping[str, Any]) -> "_Call":
        """Return the call that a part belongs to, a new one if it begins one."""
        known = self._known(part)
        if known is None:
            if len(self._calls) >= MAX_CALLS:
                raise MalformedReplyError(f"The service sent more tool calls than the limit of {MAX_CALLS} per answer.")
            known = _Call(part, {call.id for call in self._calls})
            self._calls.append(known)
        return known

    def _known(self, part: Mapping[str, Any]) -> "_Call | None":
        """Return the call that the part continues.

        Some services give every call the same number; others leave out the number or the id.
        """
        number, id_, name = part.get("index"), join_surrogates(_text(part.get("id"))), _body(part).get("name")
        begins = bool(name)
        same = next((call for call in self._calls if id_ and call.id == id_), None)
        if same and (not begins or same.name in ("", name)):
            return same
        if is_count(number):
            same = next((call for call in reversed(self._calls) if call.number == number), None)
            return None if same and begins and same.is_another(id_) else same
        return self._calls[-1] if self._calls and not begins else None


class _Call:
    """One call. number: the service's own, if any. id: the service's own, or made up. index: ours, once it was sent."""

    def __init__(self, part: Mapping[str, Any], taken: Collection[str]) -> None:
        self.index: int | None = None
        self.number = part.get("index")
        self.kind = _kind(part)
        id_ = join_surrogates(_text(part.get("id")))
        self.id = f"call_{secrets.token_hex(12)}" if id_ in ("", *taken) else id_
        self.name = ""
        self._held = ""
        self._has_begun = self._has_text = False
        self._is_blank = True
        self._joiner = SurrogateJoiner()
        self._end = JsonBoundary()

    def is_another(self, id_: str) -> bool:
        """Return whether a part that names a tool, perhaps with an id, begins another call."""
        return bool(self.name) and (self._end.reached or (bool(id_) and id_ != self.id))

    def feed(self, part: Mapping[str, Any], texts: TextAssembler) -> None:
        body = _body(part)
        self.name = self.name or join_surrogates(_text(body.get("name")))
        added = self._joiner.feed(_text(body.get(GROWING[self.kind])))
        texts.count(added)
        if self.kind == "function" and self._end.reached:
            if not (self._is_blank and added.strip().startswith("{")):
                return  # what follows whole arguments repeats them
            self._held, self._end = "", JsonBoundary()
        self._end.feed(added)
        self._held += added
        self._has_text = self._has_text or bool(added.strip())
        self._is_blank = self._is_blank and self._held.strip() in BLANK

    def end(self, is_cut: bool) -> Part | None:
        self._held += self._joiner.end()
        if self.kind == "function" and not self._has_text and not is_cut:
            self._held += "{}"
        self._is_blank = False
        return self.take_part({})

    def take_part(self, part: Mapping[str, Any]) -> Part | None:
        """Return the text since the last part, with the members of the part that are not known here."""
        if self.index is None:
            return None
        others = {name: value for name, value in part.items() if name not in KNOWN and value is not None}
        head: Part = {"index": self.index}
        added = "" if self._is_blank and self.kind == "function" else self._held
        text: Part = {GROWING[self.kind]: added}
        if not self._has_begun:
            head |= {"id": self.id, "type": self.kind}
            text = {"name": self.name, **text}
        elif not added and not others:
            return None
        self._has_begun, self._held = True, self._held.removeprefix(added)
        return {**head, self.kind: text, **others}


def _kind(part: Mapping[str, Any]) -> str:
    return next((kind for kind in GROWING if isinstance(part.get(kind), dict) or part.get("type") == kind), "function")


def _body(part: Mapping[str, Any]) -> Mapping[str, Any]:
    body = part.get(_kind(part))
    return body if isinstance(body, dict) else {}


def _text(value: Any) -> str:
    """Return a text. Some services send the arguments as an object instead of its JSON."""
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)
