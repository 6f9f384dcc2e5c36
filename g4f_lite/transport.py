"""The one HTTP client that all providers share, and how its failures are named."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientResponse

from g4f_lite.settings import ProviderSettings


class Http:
    """An HTTP client bound to the event loop it is first used on."""

    @asynccontextmanager
    async def request(
        self,
        method: str,
        url: str,
        settings: ProviderSettings,
        *,
        provider: str,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[ClientResponse]:
        """Yield a response whose status is 2xx, its body not yet read; leaving the block closes the connection.

        provider: the name in config.json, for the sentence of an error.
        Raises: UnreachableError, UpstreamTimeoutError; whatever `refusals.refusal` makes of another status.
        """
        raise AssertionError
        yield

    async def close(self) -> None:
        """Close every connection."""
