"""Decodes a reply of the playground: takes bytes as they arrive, returns pieces.

Pure. Each line is a JSON value: the created messages, then chunks of text, then the final messages. The messages are a
tree, whose root is the system message if there is one, or a flat list. Since August 2025, the chunks have types, stand
between a start and an end, and may come in several rounds.
Source: https://github.com/allenai/olmo-api
"""

from collections.abc import Collection, Iterator
from typing import Any

from g4f_lite.decoding.json_lines import JsonLinesDecoder
from g4f_lite.decoding.reply_decoder import ReplyDecoder
from g4f_lite.errors import UpstreamError
from g4f_lite.pieces import Finish, Piece, UpstreamState
from g4f_lite.protocols.olmo.thread import Thread, is_id

TEXT_TYPES = (None, "modelResponse", "thinking")
"""None: the chunks of older engines have no type."""
TOO_LONG = ("length", "unclosed stream")
"""Reasons that mean, before any text, that the prompt was too long."""
TOOL = "tool_call_result"
"""The role of a tool's result. The model continues after it."""


class OlmoReply(ReplyDecoder):
    """One reply. It has finished when the messages came again as final, or the end chunk came."""

    def __init__(self, provider: str, user: str, secrets: Collection[str] = ()) -> None:
        """user: the anonymous id of the request."""
        super().__init__(provider, secrets)
        self._user = user
        self._lines = JsonLinesDecoder(provider)
        self._parent = ""
        self._snapshots = 0
        self._is_typed = False
        self._is_final = False
        self._is_limited = False

    @property
    def has_finished(self) -> bool:
        return self._is_final or self._is_limited

    def take(self, block: bytes, pieces: list[Piece]) -> None:
        self.take_each(self._lines.feed(block), self._record, pieces)

    def take_rest(self, pieces: list[Piece]) -> None:
        self.take_each(self._lines.end(), self._record, pieces)

    def conclusion(self) -> Iterator[Piece]:
        if not self.has_finished:
            raise self.cut()
        if self._is_final and self._parent:
            yield UpstreamState(Thread(self._user, self._parent).state())
        yield Finish("length" if self._is_limited else "stop")

    def _record(self, record: Any, pieces: list[Piece]) -> None:
        if not isinstance(record, dict):
            self.pass_over()
            return
        if record.get("error") or record.get("type") == "error":
            self._error(record)
        elif "role" in record or "messages" in record:
            self._snapshot(_messages(record))
        else:
            self._chunk(record, pieces)

    def _chunk(self, chunk: dict[str, Any], pieces: list[Piece]) -> None:
        type_, text = chunk.get("type"), chunk.get("content") or ""
        if not {"content", "type"} & chunk.keys():
            self.raise_complaint(chunk)
        self._is_typed = self._is_typed or type_ is not None
        if type_ == "end":
            self._is_final = self.is_over = True
        elif type_ in TEXT_TYPES:
            if not isinstance(text, str):
                raise self.malformed("text of the wrong type")
            (self.texts.add_reasoning if type_ == "thinking" else self.texts.add_content)(text, pieces)

    def _snapshot(self, messages: list[dict[str, Any]]) -> None:
        """Read the created messages, which the service sends before and after the chunks of each round."""
        self._snapshots += 1
        self._is_final = self._snapshots > 1 and _are_final(messages) and not (self._is_typed and _go_on(messages))
        self.is_over = self._is_final and not self._is_typed
        if answer := next((message for message in reversed(messages) if message.get("role") == "assistant"), None):
            self._parent = id_ if is_id(id_ := answer.get("id")) else ""
            reason = answer.get("finish_reason") or answer.get("finishReason")
            self._is_limited = self._is_limited or (self._is_final and reason == "length")

    def _error(self, record: dict[str, Any]) -> None:
        """Read an error. After text, the error that the limit was reached is a normal end."""
        if record.get("reason") == "length" and self.texts.size:
            self._is_limited = True
        else:
            raise self._failure(record)

    def _failure(self, record: dict[str, Any]) -> UpstreamError:
        code = record.get("reason") or record.get("errorCode")
        if code in TOO_LONG and self.texts.size:
            return self.cut()
        if code in TOO_LONG:
            code = "context_length_exceeded"
        return self.error_from_record({"error": record.get("error") or record.get("errorDescription"), "code": code})


def _messages(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the messages of a flat list, or of a tree, each before its children."""
    rest, found = [record] if "role" in record else _objects(record.get("messages")), []
    rest.reverse()
    while rest:
        message = rest.pop()
        found.append(message)
        rest += reversed(_objects(message.get("children")))
    return found


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _are_final(messages: list[dict[str, Any]]) -> bool:
    return bool(messages) and messages[0].get("final") is True


def _go_on(messages: list[dict[str, Any]]) -> bool:
    """Return whether another round follows: the last message is an unfinished answer, or a tool's result."""
    return messages[-1].get("final") is False or messages[-1].get("role") == TOOL
