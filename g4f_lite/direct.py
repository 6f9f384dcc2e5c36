"""Direct calls of a provider's class: without a configuration file and, if you like, without an event loop."""

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
from g4f_lite.generator_task import in_own_task
from g4f_lite.http.timeouts import within
from g4f_lite.http.transport import Http
from g4f_lite.messages import Message, Params, message_of
from g4f_lite.pieces import Content, Piece
from g4f_lite.routing.model_info import ModelInfo

T = TypeVar("T")
P = TypeVar("P", bound="DirectProvider")

PARAMETERS = {field.name for field in fields(Params)}
SETTINGS = ProviderSettings.model_fields.keys() - {"kind", "missing_variables"}


class DirectProvider(Protocol):
    """The part of `Provider` that direct calls use."""

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
    """Return the text of a piece for the caller; None if it is not text of the answer."""
    return piece.text if isinstance(piece, Content) else None


class AsyncReply:
    """One reply. Iterating over it calls the service; awaiting it returns itself, as some callers expect."""

    def __init__(
        self,
        kind: type[DirectProvider],
        model: str,
        messages: Sequence[Mapping[str, Any]],
        kwargs: Mapping[str, Any],
        state: Mapping[str, Any] | None = None,
        convert: Callable[[Piece], Any] = text_of,
    ) -> None:
        """kwargs: as for `Provider.create_async_generator`. state: as for `Provider.stream`.

        convert: returns the caller's value for a piece; None values are left out.
        """
        given = {name: value for name, value in kwargs.items() if value is not None}
        parsed = [message_of(message) for message in messages]
        self._values = in_own_task(_values(kind, model, parsed, given, state, convert))

    def __await__(self) -> Generator[Any, None, Self]:
        return self
        yield  # never reached: makes this a generator, as `await` needs

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._values

    async def aclose(self) -> None:
        """Close the connection to the service."""
        await self._values.aclose()


def iterate(reply: Callable[[], AsyncReply]) -> Iterator[str]:
    """Yield the texts of a reply, run on its own event loop."""
    with _loop() as run:
        values = aiter(reply())

        async def next_value() -> Any:
            return await anext(values, None)

        try:
            while (value := run(next_value())) is not None:
                if isinstance(value, str):
                    yield value
        finally:
            run(values.aclose())  # type: ignore[attr-defined]


def listing(kind: type[DirectProvider], kwargs: Mapping[str, Any]) -> list[str]:
    """Return the upstream ids that a kind lists with these settings."""

    async def ids() -> list[str]:
        async with opened(kind, kwargs) as provider:
            return [info.id for info in await provider.list_models()]

    return wait_for(ids())


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on its own event loop, and return its result."""
    with _loop() as run:
        return run(work)


@asynccontextmanager
async def opened(kind: type[DirectProvider], kwargs: Mapping[str, Any]) -> AsyncIterator[DirectProvider]:
    """Yield a provider made from keys of an entry and of its options; other keys are ignored. Raises: its obstacle."""
    async with made(kind, kwargs) as provider:
        if obstacle := provider.obstacle():
            raise obstacle
        yield provider


@asynccontextmanager
async def made(kind: type[P], kwargs: Mapping[str, Any]) -> AsyncIterator[P]:
    """Yield a provider like `opened`, but without asking for an obstacle. None values are ignored."""
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
    """Return a provider made from keys of an entry and of its options; other keys and None values are ignored."""
    given = {name: value for name, value in kwargs.items() if value is not None}
    settings = {name: value for name, value in given.items() if name in SETTINGS}
    options = {name: value for name, value in given.items() if name in kind.option_names()}
    settings["options"] = {**given.get("options", {}), **options}
    return kind(kind.kind, ProviderSettings(kind=kind.kind, **settings), http)


def params_in(kwargs: Mapping[str, Any]) -> Params:
    """Return the parameters among the keywords of a direct call."""
    return Params(**{name: value for name, value in kwargs.items() if name in PARAMETERS})


async def _values(
    kind: type[DirectProvider],
    model: str,
    messages: Sequence[Message],
    kwargs: Mapping[str, Any],
    state: Mapping[str, Any] | None,
    convert: Callable[[Piece], Any],
) -> AsyncGenerator[Any, None]:
    async with opened(kind, kwargs) as provider:
        pieces = provider.stream(model, messages, params_in(kwargs), state)
        async with aclosing(within(provider.settings.timeout, provider.name, pieces)) as timed:
            async for piece in timed:
                if (value := convert(piece)) is not None:
                    yield value


class _Run(Protocol):
    def __call__(self, work: Coroutine[Any, Any, T], /) -> T: ...


@contextmanager
def _loop() -> Iterator[_Run]:
    """Yield a function that runs coroutines on their own loop; in their own thread if another loop is running."""
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
