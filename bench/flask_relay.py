"""The obvious implementation: a Flask view that relays a stream with requests, one thread per stream.

python -m bench.flask_relay PORT UPSTREAM_PORT
"""

import logging
import sys
from collections.abc import Iterator

import requests
from flask import Flask, Response, request


def create_app(upstream: str) -> Flask:
    """Return a relay to this upstream, an address without a path."""
    app = Flask(__name__)

    @app.get("/v1/models")
    def models() -> Response:
        return Response(requests.get(f"{upstream}/v1/models", timeout=10).content, mimetype="application/json")

    @app.post("/v1/chat/completions")
    def complete() -> Response:
        reply = requests.post(f"{upstream}/v1/chat/completions", json=request.get_json(), stream=True, timeout=(5, 60))
        return Response(records(reply), reply.status_code, mimetype="text/event-stream")

    return app


def records(reply: requests.Response) -> Iterator[bytes]:
    """Yield each record as soon as it arrives."""
    with reply:
        for line in reply.iter_lines():
            if line:
                yield line + b"\n\n"


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    port, upstream_port = map(int, sys.argv[1:])
    create_app(f"http://127.0.0.1:{upstream_port}").run("127.0.0.1", port, threaded=True)
