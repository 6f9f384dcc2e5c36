"""What requests means by its exceptions: one error with a sentence for people."""

import os
import re
import ssl
from collections.abc import Iterator, Sequence
from http.client import HTTPException, RemoteDisconnected

from requests import exceptions
from urllib3.exceptions import NameResolutionError, NewConnectionError
from yarl import URL

from g4f_lite.errors import MalformedReplyError, StreamCutError, UnreachableError, UpstreamError, UpstreamTimeoutError

REFUSED_BY_PROXY = re.compile(r"Tunnel connection failed: ([0-9]{3})")


def failure(provider: str, url: str, error: Exception) -> UpstreamError:
    """Return the error behind an exception that came before the headers of an answer.

    provider: the name in config.json. url: what was asked.
    """
    causes = list(_causes(error))
    match error:
        case exceptions.ProxyError():
            return _proxy_failure(provider, error, causes)
        case exceptions.Timeout():
            return UpstreamTimeoutError(f"{provider} does not accept connections at {_origin(url)}. Is it running?")
        case exceptions.SSLError():
            return _unreachable(provider, url, causes)
        case exceptions.ConnectionError():
            return _connection_failure(provider, url, causes)
    return UnreachableError(f"{provider} cannot be called: check its base_url, proxy, headers and api_key.")


def _connection_failure(provider: str, url: str, causes: Sequence[BaseException]) -> UpstreamError:
    if any(isinstance(cause, NewConnectionError) for cause in causes):
        return _unreachable(provider, url, causes)
    if any(isinstance(cause, HTTPException) and not isinstance(cause, RemoteDisconnected) for cause in causes):
        return MalformedReplyError(f"{provider} does not answer in HTTP at {_origin(url)}. Check its base_url.")
    return StreamCutError(f"{provider} closed the connection before it answered.")


def _unreachable(provider: str, url: str, causes: Sequence[BaseException]) -> UnreachableError:
    return UnreachableError(f"{provider} cannot be reached at {_origin(url)}: {_reason(causes)}")


def _proxy_failure(provider: str, error: Exception, causes: Sequence[BaseException]) -> UnreachableError:
    if refused := REFUSED_BY_PROXY.search(str(error)):
        return UnreachableError(f"The proxy of {provider} refuses the connection (status {refused[1]}).")
    return UnreachableError(f"The proxy of {provider} cannot be reached: {_reason(causes)}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and those behind it; requests and urllib3 hand them on as arguments and as reasons."""
    while error:
        yield error
        behind = (getattr(error, "reason", None), *error.args, error.__cause__)
        error = next((cause for cause in behind if isinstance(cause, BaseException)), None)


def _reason(causes: Sequence[BaseException]) -> str:
    for cause in causes:
        match cause:
            case ssl.SSLCertVerificationError():
                return "its TLS certificate is not trusted."
            case ssl.SSLError():
                return "TLS failed. Does the address rightly begin with https?"
            case NameResolutionError():
                return "there is no such host in DNS."
            case ConnectionRefusedError():
                return "connection refused. Is it running?"
    numbers = [cause.errno for cause in causes if isinstance(cause, OSError) and cause.errno]
    return f"{os.strerror(numbers[-1]).lower()}." if numbers else "no connection."


def _origin(url: str) -> str:
    return str(URL(url).origin())
