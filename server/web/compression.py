"""Pages and lists leave compressed where the client takes it; what streams never does, so that nothing waits."""

import gzip

from flask import Flask, Response, request

KINDS = {"text/html", "application/json", "application/manifest+json"}
SMALLEST = 1024
"""Bytes; less gains nothing."""
LEVEL = 5
"""Some 20 ms per megabyte. What never changes is compressed once, and harder: see `assets`."""


def compress_responses(app: Flask) -> None:
    """Compress the answers of an app."""

    @app.after_request
    def shorten(response: Response) -> Response:
        if response.is_streamed or response.mimetype not in KINDS or "Content-Encoding" in response.headers:
            return response
        response.vary.add("Accept-Encoding")
        body = response.get_data()
        if len(body) >= SMALLEST and accepts_gzip():
            response.set_data(gzip.compress(body, LEVEL, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
        return response


def accepts_gzip() -> bool:
    """Tell whether the client of the current request takes gzip."""
    return request.accept_encodings.quality("gzip") > 0
