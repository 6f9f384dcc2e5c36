"""`/backend-api/v2/live`: a WebSocket that tells a person's other pages what changed. They work without it, too."""

import json
from queue import Empty, Queue

from flask import Blueprint
from flask_sock import Sock
from simple_websocket import ConnectionClosed, Server

from server.current.identity import current_person
from server.current.services import services
from server.web.assets import assets

OPTIONS = {"ping_interval": 25, "max_message_size": 1 << 20}
"""Of every WebSocket; units are seconds and bytes."""
SERVICE_RESTART = 1012
"""The close code that makes a page come back: the server stops, or the listener has fallen too far behind."""
SESSION_ENDED = 1008
"""The close code for somebody who may not listen any more: "policy violation", as RFC 6455 calls it."""
LOOK_EVERY_S = 1
"""A client that has left is noticed after this time, when there was nothing to tell it."""

blueprint = Blueprint("live", __name__, url_prefix="/backend-api/v2")
sock = Sock()


@sock.route("/live", bp=blueprint)  # type: ignore[untyped-decorator]  # flask_sock has no types
def live(ws: Server) -> None:
    """Send the version of the page and how much was told before, then what changes, until the other side leaves.

    What a client sends is read and left alone.
    """
    person, app = current_person(), services()
    queue = app.notifications.listen(person.id)
    try:
        last_seq = app.notifications.last_seq(person.id)
        ws.send(json.dumps({"type": "hello", "version": assets().version, "told": last_seq}))
        with app.access.open_streams.track(person.token_hash) as stream:
            while ws.connected and stream.is_open and (text := _next(queue)) is not None:
                _forget_received(ws)
                if text:
                    ws.send(text)
        ws.close(SERVICE_RESTART if stream.is_open else SESSION_ENDED)
    except ConnectionClosed:
        return
    finally:
        app.notifications.leave(person.id, queue)


def _forget_received(ws: Server) -> None:
    """Drop what the client sent, which would be kept for us for ever. Raises: ConnectionClosed."""
    while ws.receive(timeout=0) is not None:
        pass


def _next(queue: "Queue[str | None]") -> str | None:
    """Return the next message, None when there is no more, or "" to look whether the client is still there."""
    try:
        return queue.get(timeout=LOOK_EVERY_S)
    except Empty:
        return ""
