"""Compresses pages and lists with gzip if the client accepts it, and never a stream, so that nothing waits."""

import gzip

from flask import Flask, Response, request

MIMETYPES = {"text/html", "application/json", "application/manifest+json"}
SMALLEST = 1024
"""Bytes. Compressing less gains nothing."""
LEVEL = 5
"""About 20 ms per megabyte. Static files are compressed once, and better: see `assets`."""


def compress_responses(app: Flask) -> None:
    """Compress the responses of an app."""

    @app.after_request
    def compress(response: Response) -> Response:
        if response.is_streamed or response.mimetype not in MIMETYPES or "Content-Encoding" in response.headers:
            return response
        response.vary.add("Accept-Encoding")
        body = response.get_data()
        if len(body) >= SMALLEST and accepts_gzip():
            response.set_data(gzip.compress(body, LEVEL, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
        return response


def accepts_gzip() -> bool:
    """Return whether the client of the current request accepts gzip."""
    return request.accept_encodings.quality("gzip") > 0
