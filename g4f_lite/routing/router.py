"""The router: tries a model's routes in order until one of them answers."""

import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from time import perf_counter
from typing import Any

from g4f_lite.errors import G4FLiteError
from g4f_lite.http.timeouts import within
from g4f_lite.messages import Message, Params, with_system
from g4f_lite.pieces import Answering, Attempt, Content, Notice, Piece, UpstreamState, Via
from g4f_lite.routing.model import Model, Route

log = logging.getLogger(__name__)


async def answer(
    model: Model,
    messages: Sequence[Message],
    params: Params,
    state: Mapping[str, Any] | None = None,
    system: str = "",
) -> AsyncGenerator[Piece | Answering, None]:
    """Yield the attempts that failed, who answers, and the pieces of the reply.

    state: the `UpstreamState` of the answer that this turn follows; only the provider that left it gets it back.
    system: the person's own system prompt, which follows the one of the configuration.
    Raises: the G4FLiteError of the route that was already answering, or of the last one tried.
    """
    prompt = with_system_prompt(model, messages, system)
    wanted = _with_defaults(params, model)
    routes = in_order(model.routes)
    for route in routes:
        answering = False
        try:
            async with route.provider.in_use(), aclosing(_reply(route, prompt, wanted, state)) as reply:
                async for piece in reply:
                    answering = answering or isinstance(piece, Answering)
                    yield piece
            return
        except G4FLiteError as error:
            if answering or route is routes[-1] or not error.worth_another_route:
                raise
            log.info("%s: provider %s, model %s; trying the next", error.code, route.provider.name, model.name)
            failed = Attempt(route.provider.name, error)
        yield failed


def with_system_prompt(model: Model, messages: Sequence[Message], system: str = "") -> list[Message]:
    """Return the messages after the system prompts of the model's entry and of the person."""
    return with_system("\n\n".join(filter(None, (model.system, system))), messages)


def in_order(routes: Sequence[Route]) -> list[Route]:
    """Return the routes to try: in the configured order, but recent failures come last.

    A route whose service asked for a pause is left out, and so is a disabled one, unless there is no other.
    """
    enabled = [route for route in routes if route.provider.settings.enabled]
    willing = [route for route in enabled if not route.provider.health.asked_for_rest(route.model)]
    return sorted(willing or enabled or routes, key=lambda route: route.provider.health.left_s(route.model))


async def _reply(
    route: Route, messages: Sequence[Message], params: Params, state: Mapping[str, Any] | None
) -> AsyncGenerator[Piece | Answering, None]:
    """Yield the provider's own failed attempts, who answers, and the pieces; record the provider's health."""
    provider, preface, answering = route.provider, _Preface(), False
    own = state["state"] if state and state["provider"] == provider.name else None
    provider.health.called(route.model)
    started = perf_counter()
    pieces = provider.instance.stream(route.model, messages, params, own)
    try:
        async with aclosing(within(provider.settings.timeout, provider.name, pieces)) as timed:
            async for piece in timed:
                if answering:
                    yield piece if type(piece) is Content else _named(piece, provider.name)
                elif isinstance(piece, Attempt):
                    yield Attempt(f"{provider.name}/{piece.provider}", piece.error)
                elif not preface.takes(piece):
                    answering = True
                    provider.health.succeeded(route.model, (perf_counter() - started) * 1000)
                    yield preface.answering(route)
                    yield _named(piece, provider.name)
    except G4FLiteError as error:
        provider.health.failed(error, route.model)
        raise


class _Preface:
    """What a provider says about itself before the first text."""

    def __init__(self) -> None:
        self._via = ""
        self._notices: tuple[str, ...] = ()

    def takes(self, piece: Piece) -> bool:
        """Keep a piece that belongs here; return whether it does."""
        match piece:
            case Via(name):
                self._via = name
            case Notice(text):
                self._notices += (text,)
            case _:
                return False
        return True

    def answering(self, route: Route) -> Answering:
        label = route.provider.instance.label
        shown = f"{label} · {self._via}" if self._via else label
        return Answering(route.provider.name, shown, route.model, self._via, self._notices)


def _named(piece: Piece, provider: str) -> Piece:
    """Return the piece; an upstream state gets the name of the provider that may have it back."""
    return UpstreamState({"provider": provider, "state": piece.state}) if isinstance(piece, UpstreamState) else piece


def _with_defaults(params: Params, model: Model) -> Params:
    """Return the request's parameters, with the model's own for those that are not set."""
    defaults = model.params
    return Params(
        temperature=defaults.temperature if params.temperature is None else params.temperature,
        top_p=defaults.top_p if params.top_p is None else params.top_p,
        max_tokens=defaults.max_tokens if params.max_tokens is None else params.max_tokens,
        stop=params.stop or defaults.stop,
        extra=params.extra,
        extra_body=model.extra_body,
    )
