"""The WSGI environ of a request, as PEP 3333 describes it."""

import asyncio
import re
import sys
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from server.front import web
from server.front.forwarded import apply
from server.ops.request_id import KEY, request_id
from server.web.environ_keys import LOOP

ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)(.*)", re.DOTALL)
UNPREFIXED = {"CONTENT_TYPE", "CONTENT_LENGTH"}
OURS = {"CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING", "HTTP_EXPECT"}
"""Headers that described the transfer and no longer apply once the body was read."""


def environ(request: web.BaseRequest, trusted_proxies: int) -> dict[str, Any]:
    """Return the environ of a request, with an empty body."""
    authority, path, query = _target(request)
    made = {
        **_server(request),
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{request.version.major}.{request.version.minor}",
        "REMOTE_ADDR": request.remote or "",
        **_headers(request),
        "CONTENT_LENGTH": "0",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": BytesIO(),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        LOOP: asyncio.get_running_loop(),
        KEY: request_id(),
    }
    if authority:
        made["HTTP_HOST"] = authority.decode("latin-1")
    return apply(made, trusted_proxies)


def _target(request: web.BaseRequest) -> tuple[bytes, bytes, bytes]:
    """Return authority, path and query of the request target; the authority is empty but in the absolute form.

    Source: https://www.rfc-editor.org/rfc/rfc9112#section-3.2
    """
    target = request.raw_path.encode("utf-8", "surrogateescape")
    parts = ABSOLUTE.fullmatch(target)
    authority, target = parts.groups() if parts else (b"", target)
    path, _, query = target.partition(b"?")
    return authority, path, query


def _server(request: web.BaseRequest) -> dict[str, str]:
    """Return the address the client connected to."""
    assert request.transport
    host, port = request.transport.get_extra_info("sockname")[:2]
    return {"SERVER_NAME": host, "SERVER_PORT": str(port)}


def _headers(request: web.BaseRequest) -> dict[str, str]:
    """Return the headers under their WSGI names, joining repeated ones.

    A name with an underscore is dropped: it could pass for the one with a dash.
    """
    made: dict[str, str] = {}
    for raw_name, raw_value in request.raw_headers:
        if b"_" in raw_name:
            continue
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        key = name if name in UNPREFIXED else f"HTTP_{name}"
        value = raw_value.decode("latin-1")
        if key in made:
            value = made[key] + ("; " if key == "HTTP_COOKIE" else ",") + value
        made[key] = value
    return {key: value for key, value in made.items() if key not in OURS}
