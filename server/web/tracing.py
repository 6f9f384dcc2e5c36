"""Gives every request its id, sends the id with the response, and logs each response while debugging."""

import logging

from flask import Flask, Response, request

from server.ops import request_id

log = logging.getLogger(__name__)


def trace(app: Flask) -> None:
    """Give every request its id before anything else can fail."""

    @app.before_request
    def begin() -> None:
        request_id.begin(request.environ.get(request_id.KEY, ""))

    @app.after_request
    def send_id(response: Response) -> Response:
        response.headers[request_id.HEADER] = request_id.request_id()
        log.debug("%s %s: %d", request.method, request.path, response.status_code)
        return response

    @app.teardown_request
    def end(_: BaseException | None) -> None:
        request_id.end()
