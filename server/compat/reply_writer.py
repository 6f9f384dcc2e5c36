"""The format of a reply in another API: what each implementation has to write."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from g4f_lite.decoding.call_assembler import CallAssembler
from g4f_lite.pieces import FinishReason, Usage
from server.compat.api_errors import ApiError
from server.problems import Problem


@dataclass(slots=True)
class CollectedReply:
    """The parts of a reply, put together."""

    content: str = ""
    reasoning: str = ""
    reason: FinishReason = "stop"
    calls: CallAssembler = field(default_factory=CallAssembler)
    usage: Usage = field(default_factory=lambda: Usage(0, 0))


class ReplyWriter(ABC):
    """Writes one reply in the format of an API. Each method returns the bytes to send, which may be none."""

    ping: ClassVar[bytes] = b": ping\n\n"

    @abstractmethod
    def start(self) -> bytes: ...

    @abstractmethod
    def reasoning(self, text: str) -> bytes: ...

    @abstractmethod
    def content(self, text: str) -> bytes: ...

    def tool_calls(self, parts: Sequence[Mapping[str, Any]]) -> bytes:
        """Return the parts of tool calls; nothing in an API without tools."""
        return b""

    @abstractmethod
    def end(self, reason: FinishReason, usage: Usage) -> bytes: ...

    @abstractmethod
    def error(self, problem: ApiError) -> bytes:
        """Return the error that ends a stream after its start."""

    @abstractmethod
    def complete(self, reply: CollectedReply) -> bytes:
        """Return a complete reply, which is not streamed."""

    @abstractmethod
    def api_error(self, problem: Problem) -> ApiError:
        """Return a problem in the shape of the API."""
