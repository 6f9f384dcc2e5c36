"""The HTTP client of synchronous calls: like `transport`, but with requests instead of aiohttp."""

import os
import re
import socket
import ssl
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPException, RemoteDisconnected
from http.cookiejar import Cookie
from typing import Any

import requests
from requests import exceptions
from requests.cookies import RequestsCookieJar
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError, ReadTimeoutError
from yarl import URL

from g4f_lite.config.settings import ProviderSettings, Timeout
from g4f_lite.decoding.error_responses import error_from_response
from g4f_lite.decoding.reply_decoder import ReplyDecoder
from g4f_lite.errors import MalformedReplyError, StreamCutError, UnreachableError, UpstreamError, UpstreamTimeoutError
from g4f_lite.http.timeouts import SyncTimeouts
from g4f_lite.http.transport import ERROR_BODY_BYTES, ERROR_BODY_S, HEADERS, secrets_of
from g4f_lite.pieces import Piece

BLOCK_BYTES = 65536
"""The most bytes that are read from a connection at once."""

REFUSED_BY_PROXY = re.compile(r"Tunnel connection failed: ([0-9]{3})")


class SyncHttp:
    """An HTTP client with a cookie jar, for one service. Closing it closes its connections."""

    def __init__(self, provider: str, settings: ProviderSettings) -> None:
        """provider: the name in config.json, for the sentence of an error."""
        self.provider = provider
        self._settings = settings
        self._session = _Session()
        self._session.trust_env = False
        self._session.headers.clear()
        self._session.headers.update(HEADERS)
        self._session.proxies = {"http": settings.proxy, "https": settings.proxy} if settings.proxy else {}
        self._session.cookies = _Cookies()

    @contextmanager
    def request(
        self,
        method: str,
        url: str,
        timeouts: SyncTimeouts,
        *,
        json: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        accepted: Collection[int] = (),
    ) -> Iterator[requests.Response]:
        """Yield a response, and raise errors, as `Http.request` does."""
        with _sending(self.provider, url, timeouts):
            left_s = timeouts.left_s()
            response = self._session.request(
                method,
                url,
                json=json,
                data=data,
                headers={**(headers or {}), **self._settings.headers},
                allow_redirects=False,
                stream=True,
                timeout=(min(timeouts.limits.connect, left_s), left_s),
            )
        try:
            if not 200 <= response.status_code < 300 and response.status_code not in accepted:
                body = _error_body(response, self.provider)
                raise error_from_response(
                    self.provider, response.status_code, response.headers, body, secrets_of(self._settings)
                )
            yield response
        finally:
            response.close()

    def close(self) -> None:
        """Close every connection."""
        self._session.close()


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return no target: requests looks for it even if it must not follow, and reads the whole body."""


class _Cookies(RequestsCookieJar):
    def set_cookie(self, cookie: Cookie, *args: Any, **kwargs: Any) -> None:
        """Allow the cookie over http: the service may run on this machine but be configured for the internet."""
        cookie.secure = False
        super().set_cookie(cookie, *args, **kwargs)


def read(response: requests.Response, limit: int, provider: str, timeouts: SyncTimeouts) -> bytes:
    """Return the body, or the beginning of a longer one. Raises: StreamCutError, UpstreamTimeoutError."""
    body = bytearray()
    for block in _blocks(response, provider, timeouts):
        body += block
        if len(body) >= limit:
            break
    return bytes(body[:limit])


def decode_reply(response: requests.Response, reply: ReplyDecoder, timeouts: SyncTimeouts) -> Iterator[Piece]:
    """Yield the pieces of a reply as its bytes arrive. Raises: UpstreamError, after the pieces before it."""
    try:
        for block in _blocks(response, reply.provider, timeouts):
            timeouts.bytes_arrived()
            for piece in reply.feed(block):
                yield piece
                timeouts.text_arrived()
            if reply.is_over:
                break
    except (StreamCutError, UpstreamTimeoutError):
        if not reply.has_finished:
            yield from reply.rest()
            raise
    yield from reply.end()


def _blocks(response: requests.Response, provider: str, timeouts: SyncTimeouts) -> Iterator[bytes]:
    """Yield the body as it arrives. `iter_content` would wait for the end of an unchunked body."""
    connection = _connection(response)
    while True:
        if connection:
            connection.settimeout(timeouts.left_s())
        with _reading(provider, timeouts):
            block: bytes = response.raw.read1(BLOCK_BYTES, decode_content=True)
        if not block:
            return
        yield block


def _connection(response: requests.Response) -> socket.socket | None:
    """Return the socket of the body, or None without a body.

    There is no public access, and requests itself waits for every part of the body as long as for the headers.
    """
    answer: Any = response.raw._original_response
    return answer.fp.raw._sock if answer.fp else None


def _error_body(response: requests.Response, provider: str) -> bytes:
    timeouts = SyncTimeouts(Timeout(first=ERROR_BODY_S, total=ERROR_BODY_S), provider)
    body = bytearray()
    try:
        for block in _blocks(response, provider, timeouts):
            body += block
            if len(body) >= ERROR_BODY_BYTES:
                break
    except UpstreamError:
        pass  # the status is enough
    return bytes(body[:ERROR_BODY_BYTES])


@contextmanager
def _sending(provider: str, url: str, timeouts: SyncTimeouts) -> Iterator[None]:
    """Turn a failure before the response headers into an UpstreamError."""
    try:
        yield
    except requests.Timeout as error:
        if timeouts.is_exhausted:
            raise timeouts.exhausted() from error
        raise _failure(provider, url, error) from error
    except exceptions.InvalidHeader as error:
        raise _failure(provider, url, error) from None  # its message holds the header, which may be a key
    except (HTTPError, OSError, ValueError) as error:
        raise _failure(provider, url, error) from error


@contextmanager
def _reading(provider: str, timeouts: SyncTimeouts) -> Iterator[None]:
    """Turn a failure while a body is read into an UpstreamError."""
    try:
        yield
    except ReadTimeoutError as error:
        raise timeouts.exhausted() from error
    except (HTTPError, OSError) as error:
        raise StreamCutError(f"The connection to {provider} was lost in the middle of the answer.") from error


def _failure(provider: str, url: str, error: Exception) -> UpstreamError:
    """Return the error for an exception before the response headers.

    provider: the name in config.json. url: the address of the request.
    """
    causes = list(_causes(error))
    match error:
        case exceptions.ProxyError():
            return _proxy_failure(provider, error, causes)
        case exceptions.Timeout():
            return UpstreamTimeoutError(
                f"{provider} did not accept a connection at {_origin(url)}. Check that it is running."
            )
        case exceptions.SSLError():
            return _unreachable(provider, url, causes)
        case exceptions.ConnectionError():
            return _connection_failure(provider, url, causes)
    return UnreachableError(f"Cannot send requests to {provider}. Check its base_url, proxy, headers and api_key.")


def _connection_failure(provider: str, url: str, causes: Sequence[BaseException]) -> UpstreamError:
    if any(isinstance(cause, NewConnectionError) for cause in causes):
        return _unreachable(provider, url, causes)
    if any(isinstance(cause, HTTPException) and not isinstance(cause, RemoteDisconnected) for cause in causes):
        return MalformedReplyError(
            f"The server at {_origin(url)} does not speak HTTP. Check the base_url of {provider}."
        )
    return StreamCutError(f"{provider} closed the connection without answering.")


def _unreachable(provider: str, url: str, causes: Sequence[BaseException]) -> UnreachableError:
    return UnreachableError(f"Cannot reach {provider} at {_origin(url)}: {_reason(causes)}")


def _proxy_failure(provider: str, error: Exception, causes: Sequence[BaseException]) -> UnreachableError:
    if refused := REFUSED_BY_PROXY.search(str(error)):
        return UnreachableError(f"The proxy of {provider} refused the connection (status {refused[1]}).")
    return UnreachableError(f"Cannot reach the proxy of {provider}: {_reason(causes)}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and its causes, which requests and urllib3 pass on as arguments and reasons."""
    while error:
        yield error
        inner = (getattr(error, "reason", None), *error.args, error.__cause__)
        error = next((cause for cause in inner if isinstance(cause, BaseException)), None)


def _reason(causes: Sequence[BaseException]) -> str:
    for cause in causes:
        match cause:
            case ssl.SSLCertVerificationError():
                return "its TLS certificate is not trusted."
            case ssl.SSLError():
                return "TLS failed. Check whether the address should start with https."
            case NameResolutionError():
                return "the host name was not found."
            case ConnectionRefusedError():
                return "the connection was refused. Check that it is running."
    numbers = [cause.errno for cause in causes if isinstance(cause, OSError) and cause.errno]
    return f"{os.strerror(numbers[-1]).lower()}." if numbers else "no connection."


def _origin(url: str) -> str:
    return str(URL(url).origin())
