"""The base of all reply decoders: bytes in as they arrive, pieces out. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator
from typing import Any, TypeGuard, TypeVar

from g4f_lite.decoding.error_responses import error_from_record
from g4f_lite.decoding.text_assembler import TextAssembler
from g4f_lite.errors import MalformedReplyError, StreamCutError, UpstreamError
from g4f_lite.pieces import Piece

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
            yield from pieces

    def end(self) -> Iterator[Piece]:
        """Yield the text that was held back, and the conclusion. Raises: as `take_rest` and `conclusion`."""
        pieces: list[Piece] = []
        try:
            self.take_rest(pieces)
        finally:
            self.texts.end(pieces)
            yield from pieces
        yield from self.conclusion()

    def rest(self) -> Iterator[Piece]:
        """Yield the text that was held back. Use it when the connection is lost and nothing follows."""
        pieces: list[Piece] = []
        self.texts.end(pieces)
        yield from pieces

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


def is_count(value: Any) -> TypeGuard[int]:
    """Tell whether a JSON value is a number of tokens."""
    return type(value) is int and 0 <= value < MAX_COUNT
