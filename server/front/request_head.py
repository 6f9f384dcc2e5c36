"""Rejects requests by their head, before any of the body is read."""

from aiohttp import HttpVersion10, HttpVersion11, hdrs

from server.front import web
from server.front.connection_limits import FrontLimits
from server.problems import Problem


def check(request: web.BaseRequest, limits: FrontLimits) -> None:
    """Raises: Problem if the head alone is reason to reject the request."""
    _check_size(request, limits)
    _check_request_line(request)
    _check_encodings(request)
    _check_expectation(request)


def headers_too_large(limits: FrontLimits) -> Problem:
    """Return the problem of a head over the limit."""
    return Problem(
        "headers_too_large", f"The address and headers are larger than {limits.head_bytes} bytes. Send less."
    )


def _check_size(request: web.BaseRequest, limits: FrontLimits) -> None:
    size = len(request.raw_path) + sum(len(name) + len(value) + 4 for name, value in request.raw_headers)
    if size > limits.head_bytes:
        raise headers_too_large(limits)


def _check_request_line(request: web.BaseRequest) -> None:
    if request.version not in (HttpVersion10, HttpVersion11):
        raise Problem("invalid_request", "This server supports HTTP 1.0 and 1.1.")
    if request.method == hdrs.METH_CONNECT:
        raise Problem("method_not_allowed", "This server is not a proxy. Request a path.")


def _check_encodings(request: web.BaseRequest) -> None:
    if request.headers.get(hdrs.TRANSFER_ENCODING, "chunked").lower() != "chunked":
        raise Problem("invalid_request", "The only supported transfer encoding is chunked.")
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise Problem("unsupported_media_type", "Compressed bodies are not supported. Send the body uncompressed.")


def _check_expectation(request: web.BaseRequest) -> None:
    if request.headers.get(hdrs.EXPECT, "100-continue").lower() != "100-continue":
        raise Problem("expectation_failed", "The only supported expectation is 100-continue.")
