"""Recognises and checks WebSocket handshakes."""

import base64
import binascii

from aiohttp import HttpVersion11, hdrs

from server.front import web
from server.problems import Problem


def wants_socket(request: web.BaseRequest) -> bool:
    """Return whether the request is a WebSocket handshake. Raises: Problem for one that cannot succeed.

    The check comes first because simple_websocket treats every mistake it meets as its own.
    Source: https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1
    """
    if request.headers.get(hdrs.UPGRADE, "").lower() != "websocket":
        return False
    version = request.headers.get(hdrs.SEC_WEBSOCKET_VERSION)
    if not (version == "13" and _is_upgrade(request) and _has_key(request) and _is_ascii(request)):
        raise Problem("invalid_request", "This is not a valid WebSocket handshake (RFC 6455, version 13).")
    return True


def _is_upgrade(request: web.BaseRequest) -> bool:
    tokens = ",".join(request.headers.getall(hdrs.CONNECTION, [])).lower().split(",")
    return (
        request.method == hdrs.METH_GET
        and request.version >= HttpVersion11
        and not request.body_exists
        and "upgrade" in {token.strip() for token in tokens}
    )


def _has_key(request: web.BaseRequest) -> bool:
    keys = request.headers.getall(hdrs.SEC_WEBSOCKET_KEY, [])
    try:
        return len(keys) == 1 and len(base64.b64decode(keys[0], validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def _is_ascii(request: web.BaseRequest) -> bool:
    names = (hdrs.HOST, hdrs.CONNECTION, hdrs.SEC_WEBSOCKET_PROTOCOL)
    return all(value.isascii() for name in names for value in request.headers.getall(name, []))
