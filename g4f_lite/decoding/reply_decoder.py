"""A reply being decoded, whatever its protocol: bytes as they arrive in, pieces out. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from typing import Any, TypeGuard

from g4f_lite.decoding.error_responses import error_from_record
from g4f_lite.decoding.text_assembler import TextAssembler
from g4f_lite.errors import MalformedReplyError, StreamCutError, UpstreamError
from g4f_lite.pieces import Piece

MAX_COUNT = 1 << 53
"""From here on other programs' JSON numbers are not exact, and no honest service gets there."""


class ReplyDecoder(ABC):
    """One reply, decoded without I/O. `is_over`: nothing that follows matters."""

    def __init__(self, provider: str, secrets: Collection[str] = ()) -> None:
        """provider: the name in config.json. secrets: what must not show in an error."""
        self.is_over = False
        self.provider = provider
        self.texts = TextAssembler()
        self._secrets = secrets

    @property
    @abstractmethod
    def has_finished(self) -> bool:
        """Whether the service said that, or why, the reply ended; then a lost connection loses nothing."""

    @abstractmethod
    def take(self, block: bytes, pieces: list[Piece]) -> None:
        """Add what these bytes complete to the pieces; those added before it raises are not lost.

        Raises: MalformedReplyError, and what `error_responses.error_from_record` makes of an error in the stream.
        """

    @abstractmethod
    def take_rest(self, pieces: list[Piece]) -> None:
        """Add what was waiting for its end to the pieces: the input is over. Raises: as `take`."""

    @abstractmethod
    def conclusion(self) -> Iterator[Piece]:
        """Yield what stands behind the last text: usage, upstream state, Finish.

        Raises: StreamCutError if the reply ended before it was said to.
        """

    def feed(self, block: bytes) -> Iterator[Piece]:
        """Yield the pieces that these bytes complete, also before a failure; to be exhausted before the next call.

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
        """Yield what was held back, and the conclusion. Raises: as `take_rest` and `conclusion`."""
        pieces: list[Piece] = []
        try:
            self.take_rest(pieces)
        finally:
            self.texts.end(pieces)
            yield from pieces
        yield from self.conclusion()

    def rest(self) -> Iterator[Piece]:
        """Yield the text that waits for what follows it: for when the connection is lost and nothing will."""
        pieces: list[Piece] = []
        self.texts.end(pieces)
        yield from pieces

    def error_from_record(self, record: Any) -> UpstreamError:
        """Return the error that a record in mid-stream tells of."""
        return error_from_record(self.provider, record, self._secrets)

    def cut(self) -> StreamCutError:
        """Return the error for a reply that ended without an end."""
        return StreamCutError(f"{self.provider} broke off in the middle of the reply.")

    def malformed(self, what: str) -> MalformedReplyError:
        """Return the error for what is no part of the protocol."""
        return MalformedReplyError(f"{self.provider} sent {what}.")


def is_count(value: Any) -> TypeGuard[int]:
    """Tell whether a JSON value is a number of tokens."""
    return type(value) is int and 0 <= value < MAX_COUNT
