"""The base of all reply decoders: bytes in as they arrive, pieces out. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator
from typing import Any, TypeGuard, TypeVar

from g4f_lite.decoding.error_bodies import error_body_of
from g4f_lite.decoding.error_responses import error_from_record
from g4f_lite.decoding.text_assembler import TextAssembler
from g4f_lite.errors import EmptyReplyError, MalformedReplyError, StreamCutError, UpstreamError
from g4f_lite.pieces import Content, Finish, FinishReason, Piece, Reasoning, ToolCalls

FINE: FinishReason = "stop"
EMPTY: dict[FinishReason, str] = {
    "stop": "{0} answered with nothing. Try again, or choose another model.",
    "length": (
        "{0} answered with nothing: it reached the limit of tokens before its answer began. Raise max_tokens, or "
        "choose another model."
    ),
    "content_filter": (
        "{0} answered with nothing: its content filter withheld the answer. Rephrase your message, or choose another "
        "model."
    ),
}
"""What an empty reply means, by why it ended."""

T = TypeVar("T")


MAX_COUNT = 1 << 53
"""Larger numbers are not exact in other programs' JSON, and no honest service reaches them."""


class ReplyDecoder(ABC):
    """Decodes one reply without I/O. `is_over`: the rest of the input does not matter."""

    def __init__(self, provider: str, secrets: Collection[str] = ()) -> None:
        """provider: the name in config.json. secrets: texts that must not show in an error."""
        self.is_over = False
        self.provider = provider
        self.texts = TextAssembler()
        self._secrets = secrets
        self._has_passed_over = False
        self._has_answered = self._has_thought = False

    @property
    @abstractmethod
    def has_finished(self) -> bool:
        """Whether the service said that the reply ended, or why. Then a lost connection loses nothing."""

    @abstractmethod
    def take(self, block: bytes, pieces: list[Piece]) -> None:
        """Add the pieces that these bytes complete. Pieces that were added before an error are not lost.

        Raises: MalformedReplyError; for an error in the stream, the one of `error_responses.error_from_record`.
        """

    @abstractmethod
    def take_rest(self, pieces: list[Piece]) -> None:
        """Add the pieces that were still incomplete: the input is over. Raises: as `take`."""

    @abstractmethod
    def conclusion(self) -> Iterator[Piece]:
        """Yield the pieces that follow the last text: usage, upstream state, Finish.

        Raises: StreamCutError if the service did not announce the end.
        """

    def take_each(self, records: Iterator[T], take: Callable[[T, list[Piece]], None], pieces: list[Piece]) -> None:
        """Take records until the reply is over. What follows its stated end cannot make it fail. Raises: as `take`."""
        while not self.is_over:
            had_finished = self.has_finished
            try:
                record = next(records)
            except StopIteration:
                return
            except UpstreamError:
                if not had_finished:
                    raise
                self.is_over = True  # nothing more can be read
                return
            try:
                take(record, pieces)
            except UpstreamError:
                if not had_finished:
                    raise

    def feed(self, block: bytes) -> Iterator[Piece]:
        """Yield the pieces that these bytes complete, also those before a failure. Exhaust it before the next call.

        Raises: as `take`.
        """
        pieces: list[Piece] = []
        try:
            self.take(block, pieces)
        except UpstreamError:
            self.texts.end(pieces)
            raise
        finally:
            if not self._has_answered:
                self._note(pieces)
            yield from pieces

    def end(self) -> Iterator[Piece]:
        """Yield the text that was held back, and the conclusion. Raises: as `take_rest` and `conclusion`."""
        pieces: list[Piece] = []
        try:
            self.take_rest(pieces)
        finally:
            self.texts.end(pieces)
            self._note(pieces)
            yield from pieces
        conclusion = list(self.conclusion())
        self._note(conclusion)
        if not self._has_answered:
            self._judge_emptiness(conclusion)
        yield from conclusion

    def rest(self) -> Iterator[Piece]:
        """Yield the text that was held back. Use it when the connection is lost and nothing follows."""
        pieces: list[Piece] = []
        self.texts.end(pieces)
        yield from pieces

    def raise_complaint(self, value: dict[str, Any]) -> None:
        """Raise the error that a record tells of which is no part of a reply, such as `{"detail": "…"}`, if it does."""
        if error_body_of(value).text:
            raise self.error_from_record(value)

    def _note(self, pieces: Collection[Piece]) -> None:
        """Take note of whether there is an answer, or only thoughts."""
        self._has_answered = self._has_answered or any(map(_is_answer, pieces))
        self._has_thought = self._has_thought or any(isinstance(piece, Reasoning) for piece in pieces)

    def _judge_emptiness(self, conclusion: Collection[Piece]) -> None:
        """Raise EmptyReplyError, unless the limit ended a reply that had only begun to think: it can be continued."""
        reason = next((piece.reason for piece in conclusion if isinstance(piece, Finish)), FINE)
        if not (self._has_thought and reason == "length"):
            raise EmptyReplyError(EMPTY.get(reason, EMPTY[FINE]).format(self.provider))

    def pass_over(self) -> None:
        """Leave a record out that is no part of any reply, such as `null` or a proxy's words."""
        self._has_passed_over = True

    def error_from_record(self, record: Any) -> UpstreamError:
        """Return the error that a record in the stream reports."""
        return error_from_record(self.provider, record, self._secrets)

    def cut(self) -> UpstreamError:
        """Return the error for a reply without its end, or for something else in place of a reply."""
        if self._has_passed_over and not self.texts.size:
            return self.malformed("something else in place of an answer")
        return StreamCutError(f"{self.provider} ended its answer before it was complete.")

    def malformed(self, what: str) -> MalformedReplyError:
        """Return the error for input that the protocol does not allow."""
        return MalformedReplyError(f"{self.provider} sent {what}.")


def _is_answer(piece: Piece) -> bool:
    return isinstance(piece, ToolCalls) or (isinstance(piece, Content) and bool(piece.text.strip()))


def is_count(value: Any) -> TypeGuard[int]:
    """Return whether a JSON value is a number of tokens."""
    return type(value) is int and 0 <= value < MAX_COUNT
