"""Calling a provider's class directly, without a configuration file or, if wanted, without an event loop."""

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Collection,
    Coroutine,
    Generator,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import fields
from typing import Any, ClassVar, Protocol, Self, TypeVar

from g4f_lite.config.settings import ProviderSettings
from g4f_lite.errors import G4FLiteError
from g4f_lite.http.timeouts import within
from g4f_lite.http.transport import Http
from g4f_lite.messages import Message, Params, message_of
from g4f_lite.own_task import in_own_task
from g4f_lite.pieces import Content, Piece
from g4f_lite.routing.model_info import ModelInfo

T = TypeVar("T")
P = TypeVar("P", bound="DirectProvider")

PARAMETERS = {field.name for field in fields(Params)}
SETTINGS = ProviderSettings.model_fields.keys() - {"kind", "missing_variables"}


class DirectProvider(Protocol):
    """What a direct call needs of a provider: the part of `Provider` that it uses."""

    kind: ClassVar[str]
    name: str
    settings: ProviderSettings

    def __init__(self, name: str, settings: ProviderSettings, http: Http) -> None: ...

    def stream(
        self, model: str, messages: Sequence[Message], params: Params, state: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[Piece, None]: ...

    async def list_models(self) -> list[ModelInfo]: ...

    def obstacle(self) -> G4FLiteError | None: ...

    async def close(self) -> None: ...

    @classmethod
    def option_names(cls) -> Collection[str]: ...


def text_of(piece: Piece) -> str | None:
    """Return what a caller gets of a piece: the answer's text, and nothing of the others."""
    return piece.text if isinstance(piece, Content) else None


class AsyncReply:
    """One reply. Iterating it asks the service; awaiting it gives it back, as some callers expect."""

    def __init__(
        self,
        kind: type[DirectProvider],
        model: str,
        messages: Sequence[Mapping[str, Any]],
        kwargs: Mapping[str, Any],
        state: Mapping[str, Any] | None = None,
        shown: Callable[[Piece], Any] = text_of,
    ) -> None:
        """kwargs: as for `Provider.create_async_generator`. state: as for `Provider.stream`.

        shown: what the caller gets for a piece; None is left out.
        """
        given = {name: value for name, value in kwargs.items() if value is not None}
        asked = [message_of(message) for message in messages]
        self._shown = in_own_task(_shown(kind, model, asked, given, state, shown))

    def __await__(self) -> Generator[Any, None, Self]:
        return self
        yield  # never reached: it makes this a generator, as awaiting wants one

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._shown

    async def aclose(self) -> None:
        """Close the connection to the service."""
        await self._shown.aclose()


def iterate(reply: Callable[[], AsyncReply]) -> Iterator[str]:
    """Yield the texts of a reply on an event loop of its own, which ends with it."""
    with _loop() as run:
        shown = aiter(reply())

        async def following() -> Any:
            return await anext(shown, None)

        try:
            while (one := run(following())) is not None:
                if isinstance(one, str):
                    yield one
        finally:
            run(shown.aclose())  # type: ignore[attr-defined]


def listing(kind: type[DirectProvider], kwargs: Mapping[str, Any]) -> list[str]:
    """Return the upstream ids that a kind lists with these settings."""

    async def ids() -> list[str]:
        async with opened(kind, kwargs) as provider:
            return [offer.id for offer in await provider.list_models()]

    return wait_for(ids())


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine does, on an event loop of its own."""
    with _loop() as run:
        return run(work)


@asynccontextmanager
async def opened(kind: type[DirectProvider], kwargs: Mapping[str, Any]) -> AsyncIterator[DirectProvider]:
    """Yield a provider made from keys of an entry and of its options; others are left out. Raises: its obstacle."""
    async with made(kind, kwargs) as provider:
        if obstacle := provider.obstacle():
            raise obstacle
        yield provider


@asynccontextmanager
async def made(kind: type[P], kwargs: Mapping[str, Any]) -> AsyncIterator[P]:
    """Yield a provider as `opened` does, whatever its obstacle. What is None counts as not given."""
    http = Http()
    provider = provider_of(kind, kwargs, http)
    try:
        yield provider
    finally:
        try:
            await provider.close()
        finally:
            await http.close()


def provider_of(kind: type[P], kwargs: Mapping[str, Any], http: Http) -> P:
    """Return a provider made from keys of an entry and of its options; others are left out, and so is what is None."""
    given = {name: value for name, value in kwargs.items() if value is not None}
    settings = {name: value for name, value in given.items() if name in SETTINGS}
    options = {name: value for name, value in given.items() if name in kind.option_names()}
    settings["options"] = {**given.get("options", {}), **options}
    return kind(kind.kind, ProviderSettings(kind=kind.kind, **settings), http)


def params_in(kwargs: Mapping[str, Any]) -> Params:
    """Return the parameters among the keywords of a direct call."""
    return Params(**{name: value for name, value in kwargs.items() if name in PARAMETERS})


async def _shown(
    kind: type[DirectProvider],
    model: str,
    messages: Sequence[Message],
    kwargs: Mapping[str, Any],
    state: Mapping[str, Any] | None,
    shown: Callable[[Piece], Any],
) -> AsyncGenerator[Any, None]:
    async with opened(kind, kwargs) as provider:
        pieces = provider.stream(model, messages, params_in(kwargs), state)
        async with aclosing(within(provider.settings.timeout, provider.name, pieces)) as timed:
            async for piece in timed:
                if (one := shown(piece)) is not None:
                    yield one


class _Run(Protocol):
    def __call__(self, work: Coroutine[Any, Any, T], /) -> T: ...


@contextmanager
def _loop() -> Iterator[_Run]:
    """Yield what runs a coroutine on a loop of its own: in a thread of its own where another loop is running."""
    if not _is_in_a_loop():
        with asyncio.Runner() as runner:
            yield runner.run
        return
    runner = asyncio.Runner()
    with ThreadPoolExecutor(1) as thread:

        def run(work: Coroutine[Any, Any, T]) -> T:
            return thread.submit(runner.run, work).result()

        try:
            yield run
        finally:
            thread.submit(runner.close).result()


def _is_in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
