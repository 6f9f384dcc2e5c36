"""The HTTP client that all providers share, and the errors for its failures."""

import asyncio
import os
import re
import ssl
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractCookieJar
from yarl import URL

from g4f_lite.config.settings import ProviderSettings
from g4f_lite.decoding.error_responses import error_from_response
from g4f_lite.errors import MalformedReplyError, StreamCutError, UnreachableError, UpstreamError, UpstreamTimeoutError
from g4f_lite.http.liveness import bytes_arrived

ERROR_BODY_BYTES = 65536
ERROR_BODY_S = 5
"""The limits for reading the body of an error: an error without its body is better than a late one."""

CODING = re.compile(r"content-encoding: .*\((\w+)\)")
"""How aiohttp names a compression for which its package is missing."""
HEADERS = {"Accept-Encoding": "identity", "User-Agent": "g4f-lite"}


class Http:
    """An HTTP client bound to the event loop of its first use. It reuses connections that were read to the end."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._lender: Http | None = None
        self._origin = ""

    def with_cookies(self, origin: str) -> Self:
        """Return a client with the same connections and a cookie jar of its own. Closing it keeps the connections open.

        origin: the source of the cookies. It counts as secure whatever its scheme, and may be a bare IP address, for a
        service on this machine that is configured for the internet.
        """
        other = type(self)()
        other._lender, other._origin = self, origin
        return other

    @asynccontextmanager
    async def request(
        self,
        method: str,
        url: str,
        settings: ProviderSettings,
        *,
        provider: str,
        json: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        accepted: Collection[int] = (),
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield a response with status 2xx, its body not yet read. Leaving the block ends the exchange.

        provider: the name in config.json, for the sentence of an error.
        data: a dictionary is sent URL-encoded, an aiohttp.FormData as it says.
        headers: the entry's own headers win. accepted: other statuses that count as success.
        Raises: UnreachableError, UpstreamTimeoutError, StreamCutError or MalformedReplyError before the headers came;
        the error of `error_responses.error_from_response` for another status. Read the body within `reading`.
        """
        clock = asyncio.get_running_loop().time
        due = clock() + settings.timeout.first
        with _sending(provider, url, settings.proxy):
            async with asyncio.timeout_at(due):
                response = await self._open().request(
                    method,
                    url,
                    json=json,
                    data=data,
                    headers={**(headers or {}), **settings.headers},
                    proxy=settings.proxy or None,
                    allow_redirects=False,
                    timeout=_timeout(settings),
                )
        bytes_arrived()
        try:
            if not 200 <= response.status < 300 and response.status not in accepted:
                body = await _error_body(response, min(ERROR_BODY_S, (due - clock()) / 2))
                raise error_from_response(provider, response.status, response.headers, body, secrets_of(settings))
            yield response
        finally:
            response.close()

    async def close(self) -> None:
        """Close every connection."""
        if self._session:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=self._lender._open().connector if self._lender else aiohttp.TCPConnector(limit=0),
                connector_owner=self._lender is None,
                cookie_jar=self._jar(),
                headers=HEADERS,
            )
        return self._session

    def _jar(self) -> AbstractCookieJar:
        if self._lender:
            return aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=URL(self._origin).origin())
        return aiohttp.DummyCookieJar()


@contextmanager
def reading(provider: str) -> Iterator[None]:
    """Turn a failure while a body is read into a StreamCutError."""
    try:
        yield
    except (aiohttp.ClientError, OSError) as error:
        raise StreamCutError(f"The connection to {provider} was lost in the middle of the answer.") from error


async def read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Return the body. Raises: MalformedReplyError if it has more bytes than the limit."""
    body = bytearray()
    async for block in response.content.iter_any():
        body += block
        if len(body) > limit:
            raise MalformedReplyError(f"The service sent an answer larger than {limit >> 20} MiB.")
    return bytes(body)


def secrets_of(settings: ProviderSettings) -> list[str]:
    """Return every secret in a provider's entry; empty without a key, headers and a proxy password."""
    words = " ".join(settings.headers.values()).split()
    return [secret for secret in (settings.api_key, *words, URL(settings.proxy).password) if secret]


async def _error_body(response: aiohttp.ClientResponse, limit_s: float) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(limit_s):
            async for block in response.content.iter_any():
                body += block
                if len(body) >= ERROR_BODY_BYTES:
                    break
    except (aiohttp.ClientError, OSError):
        pass  # the status is enough
    return bytes(body[:ERROR_BODY_BYTES])


def _timeout(settings: ProviderSettings) -> aiohttp.ClientTimeout:
    connect_s = settings.timeout.connect
    return aiohttp.ClientTimeout(total=None, connect=connect_s, sock_connect=connect_s)


@contextmanager
def _sending(provider: str, url: str, proxy: str) -> Iterator[None]:
    """Turn a failure before the response headers into an UpstreamError."""
    try:
        yield
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise _failure(provider, url, proxy, error) from error


def _failure(provider: str, url: str, proxy: str, error: Exception) -> UpstreamError:
    match error:
        case aiohttp.ClientConnectorDNSError(host=host) if proxy and host == URL(proxy).host:
            return UnreachableError(f"Cannot reach the proxy of {provider}: {_reason(error)}")
        case aiohttp.ClientHttpProxyError():
            return UnreachableError(f"The proxy of {provider} refused the connection (status {error.status}).")
        case aiohttp.ClientProxyConnectionError():
            return UnreachableError(f"Cannot reach the proxy of {provider}: {_reason(error)}")
        case aiohttp.ClientConnectorError() | ssl.SSLError():
            return UnreachableError(f"Cannot reach {provider} at {_origin(url)}: {_reason(error)}")
        case aiohttp.ConnectionTimeoutError():
            return UpstreamTimeoutError(
                f"{provider} did not accept a connection at {_origin(url)}. Check that it is running."
            )
        case TimeoutError():
            return UpstreamTimeoutError(
                f"{provider} did not start to answer in time. Try again, or choose another model."
            )
        case aiohttp.ClientResponseError() if coding := CODING.search(error.message):
            return MalformedReplyError(
                f"{provider} compresses its answers with {coding[1]} although asked not to. Turn that off at "
                f"{_origin(url)}, or at the proxy before it."
            )
        case aiohttp.ClientResponseError():
            return MalformedReplyError(
                f"The server at {_origin(url)} does not speak HTTP. Check the base_url of {provider}."
            )
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError() | ValueError():
            return UnreachableError(
                f"Cannot send requests to {provider}. Check its base_url, proxy, headers and api_key."
            )
    return StreamCutError(f"{provider} closed the connection without answering.")


def _reason(error: OSError) -> str:
    cause: OSError = getattr(error, "os_error", error)
    match error, cause:
        case (aiohttp.ClientConnectorCertificateError(), _):
            return "its TLS certificate is not trusted."
        case (_, ssl.SSLError()):
            return "TLS failed. Check whether the address should start with https."
        case (aiohttp.ClientConnectorDNSError(), _):
            return "the host name was not found."
        case (_, ConnectionRefusedError()):
            return "the connection was refused. Check that it is running."
    return f"{os.strerror(cause.errno).lower()}." if cause.errno else "no connection."


def _origin(url: str) -> str:
    return str(URL(url).origin())
