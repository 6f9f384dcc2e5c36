"""Calling a provider's class directly, without a configuration file or, if wanted, without an event loop."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Self

from g4f_lite.deadlines import within
from g4f_lite.messages import Message, Params
from g4f_lite.pieces import Content
from g4f_lite.settings import ProviderSettings
from g4f_lite.transport import Http

if TYPE_CHECKING:
    from g4f_lite.provider import Provider

PARAMETERS = {field.name for field in fields(Params)}
SETTINGS = ProviderSettings.model_fields.keys() - {"kind", "missing_variables"}


class AsyncReply:
    """The texts of one reply. Iterating it asks the service; awaiting it gives it back, as some callers expect."""

    def __init__(
        self, kind: "type[Provider]", model: str, messages: Sequence[Mapping[str, str]], kwargs: Mapping[str, Any]
    ) -> None:
        self._texts = _texts(kind, model, [Message(**message) for message in messages], kwargs)  # type: ignore[arg-type]

    def __await__(self) -> Generator[Any, None, Self]:
        return self
        yield  # never reached: it makes this a generator, as awaiting wants one

    def __aiter__(self) -> AsyncIterator[str]:
        return self._texts

    async def aclose(self) -> None:
        """Close the connection to the service."""
        await self._texts.aclose()


def iterate(reply: Callable[[], AsyncReply]) -> Iterator[str]:
    """Yield the texts of a reply on an event loop of their own, which ends with them."""
    with asyncio.Runner() as runner:
        texts = aiter(reply())

        async def following() -> str | None:
            return await anext(texts, None)

        try:
            while (text := runner.run(following())) is not None:
                yield text
        finally:
            runner.run(texts.aclose())  # type: ignore[attr-defined]


async def listing(kind: "type[Provider]", kwargs: Mapping[str, Any]) -> list[str]:
    """Return the upstream ids that a kind lists with these settings."""
    async with _provider(kind, kwargs) as provider:
        return await provider.list_models()


async def _texts(
    kind: "type[Provider]", model: str, messages: Sequence[Message], kwargs: Mapping[str, Any]
) -> AsyncGenerator[str, None]:
    async with _provider(kind, kwargs) as provider:
        params = Params(**{name: value for name, value in kwargs.items() if name in PARAMETERS})
        pieces = provider.stream(model, messages, params)
        async with aclosing(within(provider.settings.timeout, provider.name, pieces)) as timed:
            async for piece in timed:
                if isinstance(piece, Content):
                    yield piece.text


@asynccontextmanager
async def _provider(kind: "type[Provider]", kwargs: Mapping[str, Any]) -> "AsyncIterator[Provider]":
    http = Http()
    settings = {name: value for name, value in kwargs.items() if name in SETTINGS}
    provider = kind(kind.kind, ProviderSettings(kind=kind.kind, **settings), http)
    try:
        if obstacle := provider.obstacle():
            raise obstacle
        yield provider
    finally:
        await provider.close()
        await http.close()
