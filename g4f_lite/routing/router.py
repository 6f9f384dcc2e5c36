"""From a model to an answer: its routes in order, until one of them answers."""

import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from g4f_lite.errors import G4FLiteError
from g4f_lite.http.timeouts import within
from g4f_lite.messages import Message, Params, with_system
from g4f_lite.pieces import Attempt, Content, Notice, Piece, UpstreamState, Via
from g4f_lite.routing.catalog import Model, Route

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers. Comes once, right before the first piece; from here on nothing else is tried.

    via: who answers behind a service that passes requests on; empty where nobody does. notices: sentences for the
    person about what was done to the request.
    """

    provider: str
    label: str
    model: str
    via: str = ""
    notices: tuple[str, ...] = ()


async def answer(
    model: Model,
    messages: Sequence[Message],
    params: Params,
    state: Mapping[str, Any] | None = None,
    system: str = "",
) -> AsyncGenerator[Piece | Answering, None]:
    """Yield the attempts that failed, who answers, and the pieces of the reply.

    state: what `UpstreamState` held after the answer this turn follows; only the provider that left it gets it back.
    system: what the person wants the model to be told, behind what the configuration says to it.
    Raises: the G4FLiteError of the route that was already answering, or of the last one tried.
    """
    told = instructed(model, messages, system)
    wanted = _with_defaults(params, model)
    routes = in_order(model.routes)
    for route in routes:
        answering = False
        try:
            async with route.member.asked(), aclosing(_reply(route, told, wanted, state)) as reply:
                async for piece in reply:
                    answering = answering or isinstance(piece, Answering)
                    yield piece
            return
        except G4FLiteError as error:
            if answering or route is routes[-1] or not error.worth_another_route:
                raise
            log.info("%s: provider %s, model %s; trying the next", error.code, route.member.name, model.name)
            failed = Attempt(route.member.name, error)
        yield failed


def instructed(model: Model, messages: Sequence[Message], system: str = "") -> list[Message]:
    """Return what a provider is told: the messages, behind what the configuration and the person say to the model."""
    return with_system("\n\n".join(filter(None, (model.system, system))), messages)


def in_order(routes: Sequence[Route]) -> list[Route]:
    """Return the routes to try: as the configuration has them, those that failed lately behind the others.

    One that wishes to be left alone is left alone, and one that is switched off left out, unless there is no other.
    """
    enabled = [route for route in routes if route.member.settings.enabled]
    willing = [route for route in enabled if not route.member.health.wishes_rest(route.model)]
    return sorted(willing or enabled or routes, key=lambda route: route.member.health.left_s(route.model))


async def _reply(
    route: Route, messages: Sequence[Message], params: Params, state: Mapping[str, Any] | None
) -> AsyncGenerator[Piece | Answering, None]:
    """Yield who else was tried behind the provider, who answers, and the pieces; keep the provider's health."""
    member, preface, answering = route.member, _Preface(), False
    own = state["state"] if state and state["provider"] == member.name else None
    member.health.asked(route.model)
    started = perf_counter()
    pieces = member.provider.stream(route.model, messages, params, own)
    try:
        async with aclosing(within(member.settings.timeout, member.name, pieces)) as timed:
            async for piece in timed:
                if answering:
                    yield piece if type(piece) is Content else _named(piece, member.name)
                elif isinstance(piece, Attempt):
                    yield Attempt(f"{member.name}/{piece.provider}", piece.error)
                elif not preface.takes(piece):
                    answering = True
                    member.health.succeeded(route.model, (perf_counter() - started) * 1000)
                    yield preface.answering(route)
                    yield _named(piece, member.name)
    except G4FLiteError as error:
        member.health.failed(error, route.model)
        raise


class _Preface:
    """What a provider says of itself before the first text."""

    def __init__(self) -> None:
        self._via = ""
        self._notices: tuple[str, ...] = ()

    def takes(self, piece: Piece) -> bool:
        """Keep a piece that belongs here; tell whether it does."""
        match piece:
            case Via(name):
                self._via = name
            case Notice(text):
                self._notices += (text,)
            case _:
                return False
        return True

    def answering(self, route: Route) -> Answering:
        label = route.member.provider.label
        shown = f"{label} · {self._via}" if self._via else label
        return Answering(route.member.name, shown, route.model, self._via, self._notices)


def _named(piece: Piece, provider: str) -> Piece:
    """Return a piece; if it is for the next turn, with the name of the provider that alone may have it."""
    return UpstreamState({"provider": provider, "state": piece.state}) if isinstance(piece, UpstreamState) else piece


def _with_defaults(params: Params, model: Model) -> Params:
    """Return the parameters of the request, filled up from the model's entry."""
    defaults = model.params
    return Params(
        temperature=defaults.temperature if params.temperature is None else params.temperature,
        top_p=defaults.top_p if params.top_p is None else params.top_p,
        max_tokens=defaults.max_tokens if params.max_tokens is None else params.max_tokens,
        stop=params.stop or defaults.stop,
        extra=params.extra,
    )
