"""Failover: asks several candidates in turn until one of them begins to answer."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from g4f_lite.errors import (
    ModelNotSupportedError,
    PaymentRequiredError,
    RejectedError,
    UpstreamError,
    UpstreamTimeoutError,
)
from g4f_lite.http.liveness import restarting
from g4f_lite.pieces import Attempt, Piece, Via
from g4f_lite.routing.circuit_breaker import CircuitBreakers

SAME_ELSEWHERE = (400, 401, 403, 413, 415, 422)
"""Statuses that mean the request or the key, which are the same for the next candidate."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One provider that could answer. model: its name there. ask: begins the reply."""

    name: str
    model: str
    ask: Callable[[], AsyncGenerator[Piece, None]]

    @property
    def route(self) -> str:
        """The name of its circuit breaker."""
        return f"{self.name}/{self.model}"


async def first_to_answer(
    candidates: Sequence[Candidate], silence_s: float, since: float, breakers: CircuitBreakers
) -> AsyncGenerator[Piece, None]:
    """Yield an Attempt for each candidate that failed, then the Via of the one that answers, then its reply.

    silence_s: seconds that each candidate may be silent before its first text. since: the start of the first one's
    time, on the loop's clock.
    breakers: by the candidates' routes. Candidates that failed recently are asked after the others.
    Raises: at once, an error about the request or the key; if all failed, the last error about payment, or else the
    last error; any error after the first text.
    """
    failures: list[UpstreamError] = []
    in_turn = sorted(candidates, key=lambda candidate: breakers.left_s(candidate.route))
    for candidate in in_turn:
        async with aclosing(candidate.ask()) as pieces:
            try:
                first = await _first(pieces, since, silence_s, candidate.name)
            except UpstreamError as error:
                failures.append(_judged(error, candidate))
                if error.fault != "request":
                    breakers.open(candidate.route, error)
            else:
                breakers.close(candidate.route)
                yield Via(candidate.name, candidate.model)
                if not isinstance(first, Via):
                    yield first
                async for piece in pieces:
                    yield piece
                return
        if candidate is in_turn[-1] or _is_same_elsewhere(failures[-1]):
            break
        yield Attempt(candidate.name, failures[-1])
        since = asyncio.get_running_loop().time()
    raise _most_telling(failures)


async def _first(pieces: AsyncGenerator[Piece, None], since: float, silence_s: float, name: str) -> Piece:
    clock = asyncio.get_running_loop().time
    try:
        async with asyncio.timeout_at(since + silence_s) as limit:
            with restarting(lambda: limit.reschedule(clock() + silence_s)):
                return await anext(pieces)
    except TimeoutError as error:
        raise UpstreamTimeoutError(
            f"{name} did not start to answer in time. Try again, or choose another model."
        ) from error


def _judged(error: UpstreamError, candidate: Candidate) -> UpstreamError:
    """Return the error. A 404 of the router means that this provider does not answer for the model."""
    if type(error) is not UpstreamError or error.status != 404:
        return error
    sentence = f"{candidate.name} does not answer for {candidate.model} (status 404). Choose another model."
    return ModelNotSupportedError(sentence, detail=error.detail, status=404)


def _is_same_elsewhere(error: UpstreamError) -> bool:
    if isinstance(error, PaymentRequiredError | ModelNotSupportedError):
        return False
    return isinstance(error, RejectedError) if error.status is None else error.status in SAME_ELSEWHERE


def _most_telling(failures: Sequence[UpstreamError]) -> UpstreamError:
    payments = [error for error in failures if isinstance(error, PaymentRequiredError)]
    return failures[-1] if _is_same_elsewhere(failures[-1]) or not payments else payments[-1]
