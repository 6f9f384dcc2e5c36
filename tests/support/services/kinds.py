"""The rows of the provider contract: how the service of each kind answers. Each row is beside its fake service."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from g4f_lite.provider import Provider
from tests.support.services.upstream import Answer, Request, not_found

KEY = "tiger-secret"
"""The key of the entry. It must not appear anywhere."""
PAGE = b"<html><h1>Bad gateway</h1></html>"
CALLED, INPUT = "look_up", {"word": 'Grü\\ße "👋"'}
"""A function, and what a model calls it with."""


def no_options(address: str) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Kind:
    """A row of the contract: a provider class, and the answers of its service.

    base_url: from the address of the scripted service. paths: the ends of the URLs of replies.
    text: returns a record with text. start, end: the records before the first text and after the last one.
    errors: records of failures; each should contain the key. headers: of a good answer.
    line_ends: line ends that are allowed beside LF. comment: bytes that are ignored between records.
    otherwise: answers other requests, such as those before the question.
    refused: the error's code by status, where it is not the usual one.
    call: the records of a call of CALLED with INPUT, and of its end; empty if the kind supports no tools.
    options: those of the entry, from the address of the scripted service.
    """

    provider: type[Provider]
    base_url: Callable[[str], str]
    paths: Sequence[str]
    text: Callable[[str], bytes]
    end: Sequence[bytes]
    errors: Sequence[bytes]
    headers: Mapping[str, str]
    start: Sequence[bytes] = ()
    line_ends: Sequence[bytes] = (b"\n",)
    comment: bytes = b""
    otherwise: Callable[[Request], Answer] = not_found
    refused: Mapping[int, str] = field(default_factory=dict)
    options: Callable[[str], Mapping[str, Any]] = no_options
    call: Sequence[bytes] = ()

    def reply(self, texts: Sequence[str]) -> list[bytes]:
        return [*self.start, *map(self.text, texts), *self.end]
