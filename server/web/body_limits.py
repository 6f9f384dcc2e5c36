"""How large a request's body may be, by kind of address, and how many fields a form may have."""

from collections.abc import Mapping
from typing import Any

from flask import Flask, request

from server.problems import Problem, body_too_large

FORM_BYTES = 64 << 10
"""A form of names, passwords and settings; also what is sent to an address that does not exist."""
API_BYTES = 2 << 20
"""A message of 1 MiB as the page sends it, with its parameters. No pictures arrive at the page's own API."""
LARGEST_BODIES = {
    "/v1/": 16 << 20,  # whole conversations with pictures
    "/backend-api/": API_BYTES,
    "/chat/": 4 << 20,  # the form without scripts, in which a message takes up to three times its size
}
"""Bytes, by how the path begins."""
MOST_FIELDS = 1000
"""Of a form; the page's own have fewer than a hundred. Millions of empty ones would take seconds to parse."""
URL_ENCODED = "application/x-www-form-urlencoded"
TOO_MANY_FIELDS = f"A form can have at most {MOST_FIELDS} fields. Send fewer."


def largest_body(environ: Mapping[str, Any], url_prefix: str) -> int:
    """Return how many bytes a request's body may have, given the request's head."""
    path = environ["PATH_INFO"].removeprefix(url_prefix)
    return next((limit for start, limit in LARGEST_BODIES.items() if path.startswith(start)), FORM_BYTES)


def limit_bodies(app: Flask, url_prefix: str) -> None:
    """Check the body of every request before its view runs; under another server than our own, its size too."""
    app.config["MAX_FORM_PARTS"] = MOST_FIELDS  # of multipart forms

    @app.before_request
    def check() -> None:
        most_bytes = request.max_content_length = largest_body(request.environ, url_prefix)
        request.max_form_memory_size = most_bytes
        if (request.content_length or 0) > most_bytes:
            raise body_too_large(most_bytes)
        if request.mimetype == URL_ENCODED and request.get_data().count(b"&") >= MOST_FIELDS:
            raise Problem("too_large", TOO_MANY_FIELDS)
