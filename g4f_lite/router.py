"""From a model to an answer: its routes in order, until one of them answers."""

import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from g4f_lite.catalog import Model, Route
from g4f_lite.deadlines import within
from g4f_lite.errors import G4FLiteError
from g4f_lite.messages import Message, Params, with_system
from g4f_lite.pieces import Attempt, Piece, UpstreamState

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers. Comes once, right before the first piece; from here on nothing else is tried."""

    provider: str
    label: str
    model: str


async def answer(
    model: Model, messages: Sequence[Message], params: Params, state: Mapping[str, Any] | None = None
) -> AsyncGenerator[Piece | Answering, None]:
    """Yield the attempts that failed, who answers, and the pieces of the reply.

    state: what `UpstreamState` held after the answer this turn follows; only the provider that left it gets it back.
    Raises: the G4FLiteError of the route that was already answering, or of the last one tried.
    """
    prompt = with_system(model.system, messages)
    wanted = _with_defaults(params, model)
    for route in model.routes:
        answering = False
        try:
            async with route.member.asked(), aclosing(_reply(route, prompt, wanted, state)) as reply:
                async for piece in reply:
                    if not answering:
                        answering = True
                        yield Answering(route.member.name, route.member.provider.label, route.model)
                    yield piece
            return
        except G4FLiteError as error:
            if answering or route is model.routes[-1] or not error.worth_another_route:
                raise
            log.info("%s: provider %s, model %s; trying the next", error.code, route.member.name, model.name)
            failed = Attempt(route.member.name, error)
        yield failed


async def _reply(
    route: Route, messages: Sequence[Message], params: Params, state: Mapping[str, Any] | None
) -> AsyncGenerator[Piece, None]:
    """Yield one route's reply within its time limits, and keep the provider's health up to date."""
    member = route.member
    own = state["state"] if state and state["provider"] == member.name else None
    started, first = perf_counter(), True
    pieces = member.provider.stream(route.model, messages, params, own)
    try:
        async with aclosing(within(member.settings.timeout, member.name, pieces)) as timed:
            async for piece in timed:
                if first:
                    first = False
                    member.health.succeeded((perf_counter() - started) * 1000)
                yield (
                    UpstreamState({"provider": member.name, "state": piece.state})
                    if isinstance(piece, UpstreamState)
                    else piece
                )
    except G4FLiteError as error:
        member.health.failed(error)
        raise


def _with_defaults(params: Params, model: Model) -> Params:
    """Return the parameters of the request, filled up from the model's entry."""
    defaults = model.params
    return Params(
        temperature=defaults.temperature if params.temperature is None else params.temperature,
        top_p=defaults.top_p if params.top_p is None else params.top_p,
        max_tokens=defaults.max_tokens if params.max_tokens is None else params.max_tokens,
        stop=params.stop or defaults.stop,
    )
