"""A reply in the OpenAI chat protocol, decoded: bytes as they arrive in, pieces out.

Pure. A service may answer a streaming request with events, with one JSON value or with a web page, under any content
type; the first byte that is not blank tells which.
Source: https://platform.openai.com/docs/api-reference/chat-streaming
"""

import json
from collections.abc import Collection, Iterator
from typing import Any

from g4f_lite import sse
from g4f_lite.errors import MalformedReplyError, StreamCutError, UpstreamError
from g4f_lite.pieces import Finish, FinishReason, Piece, Usage
from g4f_lite.refusals import interruption, web_page
from g4f_lite.surrogates import Joiner
from g4f_lite.thinking import Blank, Splitter

MAX_TEXT = 8 << 20
"""Characters of one reply, reasoning included."""
MAX_BODY_BYTES = 16 << 20
"""The longest answer that is one JSON value."""
MAX_PAGE_BYTES = 65536
"""As much of a web page as is looked at."""

MAX_COUNT = 1 << 53
"""From here on other programs' JSON numbers are not exact, and no honest service gets there."""

BLANK = b"\xef\xbb\xbf \t\r\n"
DONE = "[DONE]"
REASONING_MEMBERS = ("reasoning_content", "reasoning", "reasoning_text")
CONTENT_MEMBERS = ("content", "refusal")
FINISH_REASONS: dict[str, FinishReason] = {
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "content_filter",
}
"""What services call the end of a reply, where it is not a plain stop."""


class Completion:
    """One reply. `is_over`: nothing that follows matters. `has_finished`: the service said why the reply ended."""

    def __init__(self, provider: str, secrets: Collection[str] = ()) -> None:
        """provider: the name in config.json. secrets: what must not show in an error."""
        self.is_over = False
        self._provider = provider
        self._secrets = secrets
        self._body = bytearray()
        self._form = b""
        self._events = sse.Decoder()
        self._text = Text()
        self._finish = ""
        self._usage: Usage | None = None

    @property
    def has_finished(self) -> bool:
        return bool(self._finish)

    def feed(self, block: bytes) -> Iterator[Piece]:
        """Yield the pieces that these bytes complete, also before a failure; to be exhausted before the next call.

        Raises: MalformedReplyError, and what `refusals.interruption` makes of an error in the stream.
        """
        pieces: list[Piece] = []
        try:
            self._read(block, pieces)
        except UpstreamError:
            self._text.end(pieces)
            raise
        finally:
            yield from pieces

    def end(self) -> Iterator[Piece]:
        """Yield what was held back, the usage and the Finish.

        Raises: as `feed`, and StreamCutError if the reply ended before it was said to.
        """
        pieces: list[Piece] = []
        try:
            self._last(pieces)
        finally:
            self._text.end(pieces)
            yield from pieces
        if not self.has_finished:
            self._judge_silence()
        if self._usage:
            yield self._usage
        yield Finish(FINISH_REASONS.get(self._finish, "stop"))

    def rest(self) -> Iterator[Piece]:
        """Yield the text that waits for what follows it: for when the connection is lost and nothing will."""
        pieces: list[Piece] = []
        self._text.end(pieces)
        yield from pieces

    def _read(self, block: bytes, pieces: list[Piece]) -> None:
        if not self._form:
            block = block.lstrip(BLANK)
            self._form = block[:1]
        if self._form in (b"{", b"[", b"<"):
            self._collect(block)
        else:
            for record in self._events.feed(block):
                self._record(record, pieces)
                if self.is_over:
                    return

    def _last(self, pieces: list[Piece]) -> None:
        if self._form == b"<":
            raise web_page(self._provider, bytes(self._body))
        if self._form in (b"{", b"["):
            self._whole(bytes(self._body), pieces)
        elif not self.is_over:
            self._last_record(pieces)

    def _collect(self, block: bytes) -> None:
        self._body += block
        if self._form == b"<" and len(self._body) > MAX_PAGE_BYTES:
            raise web_page(self._provider, bytes(self._body))
        if len(self._body) > MAX_BODY_BYTES:
            raise MalformedReplyError(f"{self._provider} sent an answer of more than 16 MiB.")

    def _whole(self, body: bytes, pieces: list[Piece]) -> None:
        """Read an answer that was not streamed; having come whole, it has finished."""
        value = self._decoded(body)
        self._chunk(value, pieces)
        if not self._text.size and not self.has_finished:
            raise self._malformed("an answer without a message")
        self._finish = self._finish or "stop"

    def _last_record(self, pieces: list[Piece]) -> None:
        """Read a record that lacks the empty line behind it: it is whole, or shows where the stream was cut."""
        try:
            for record in self._events.end():
                self._record(record, pieces)
        except MalformedReplyError as error:
            if not self.has_finished:
                raise self._cut() from error

    def _judge_silence(self) -> None:
        """Raise what it means that the service never said why the reply ended, unless `[DONE]` came behind text."""
        if not self.is_over:
            raise self._cut()
        if not self._text.size:
            raise self._malformed("an end without an answer")

    def _record(self, record: sse.Record, pieces: list[Piece]) -> None:
        if record.error or record.event == "error":
            raise self._interruption(_json_or_none(record.error or record.data))
        if record.data.lstrip().startswith(DONE):
            self.is_over = True
        else:
            self._chunk(self._decoded(record.data), pieces)

    def _decoded(self, data: str | bytes) -> Any:
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise self._malformed("something that is not JSON") from error

    def _chunk(self, value: Any, pieces: list[Piece]) -> None:
        if not isinstance(value, dict):
            raise self._malformed("JSON that is no part of an answer")
        for choice in _list(value.get("choices")):
            if isinstance(choice, dict) and not choice.get("index"):
                self._choice(choice, pieces)
        if value.get("error") or value.get("object") == "error":
            raise self._interruption(value)
        if usage := value.get("usage"):
            self._usage = _usage(usage) or self._usage

    def _choice(self, choice: dict[str, Any], pieces: list[Piece]) -> None:
        delta = choice.get("delta") or choice.get("message")
        if isinstance(delta, dict):
            self._text.take(delta, pieces)
        if finish := choice.get("finish_reason"):
            self._finish = str(finish)
        if choice.get("error") or finish == "error":
            raise self._interruption(choice)

    def _interruption(self, record: Any) -> UpstreamError:
        return interruption(self._provider, record, self._secrets)

    def _cut(self) -> StreamCutError:
        return StreamCutError(f"{self._provider} broke off in the middle of the reply.")

    def _malformed(self, what: str) -> MalformedReplyError:
        return MalformedReplyError(f"{self._provider} sent {what}.")


class Text:
    """The texts of one reply, from the members of a delta or a message to pieces. `size`: characters so far."""

    def __init__(self) -> None:
        self.size = 0
        self._content = Joiner()
        self._splitter = Splitter()
        self._reasoning = Joiner()
        self._blank = Blank()

    def take(self, delta: dict[str, Any], pieces: list[Piece]) -> None:
        """Add the reasoning and the text of a delta to the pieces. Raises: MalformedReplyError for too much of it."""
        for member in REASONING_MEMBERS:
            if reasoning := delta.get(member):
                pieces += self._blank.feed(self._reasoning.feed(self._counted(reasoning)))
                break
        for member in CONTENT_MEMBERS:
            if content := delta.get(member):
                pieces += self._splitter.feed(self._content.feed(self._counted(content)))

    def end(self, pieces: list[Piece]) -> None:
        """Add what was held back to the pieces."""
        pieces += self._blank.feed(self._reasoning.end())
        pieces += self._splitter.feed(self._content.end())
        pieces += self._splitter.end()

    def _counted(self, value: Any) -> str:
        text = value if isinstance(value, str) else _text_of_parts(value)
        self.size += len(text)
        if self.size > MAX_TEXT:
            raise MalformedReplyError("The service sent more text than a reply may have, 8 MiB.")
        return text


def _text_of_parts(parts: Any) -> str:
    """Return the text of a content that is a list of parts `{"type": "text", "text"}`."""
    texts = [part.get("text") for part in _list(parts) if isinstance(part, dict)]
    return "".join(text for text in texts if isinstance(text, str))


def _usage(value: Any) -> Usage | None:
    if not isinstance(value, dict):
        return None
    counts = value.get("prompt_tokens", 0), value.get("completion_tokens", 0)
    return Usage(*counts) if any(counts) and all(map(_is_count, counts)) else None


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < MAX_COUNT


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _json_or_none(data: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
