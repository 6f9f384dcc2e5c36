"""`/backend-api/v2/live`: the WebSocket that sends changes to a person's open pages. They also work without it."""

import json
from queue import Empty, Queue

from flask import Blueprint
from flask_sock import Sock
from simple_websocket import ConnectionClosed, Server

from server.current.identity import current_person
from server.current.services import services
from server.web.assets import assets

OPTIONS = {"ping_interval": 25, "max_message_size": 1 << 20}
"""Options of every WebSocket, in seconds and bytes."""
SERVICE_RESTART = 1012
"""The close code after which a page reconnects: the server stops, or the client has fallen too far behind."""
SESSION_ENDED = 1008
"""The close code when the session has ended: "policy violation" in RFC 6455."""
POLL_S = 1
"""A client that has left is noticed after this time at most."""

blueprint = Blueprint("live", __name__, url_prefix="/backend-api/v2")
sock = Sock()


@sock.route("/live", bp=blueprint)  # type: ignore[untyped-decorator]  # flask_sock has no types
def live(ws: Server) -> None:
    """Send the version of the page and the number of the last notification, then each change until the client leaves.

    Messages from the client are ignored.
    """
    person, app = current_person(), services()
    queue = app.notifications.listen(person.id)
    try:
        last_seq = app.notifications.last_seq(person.id)
        ws.send(json.dumps({"type": "hello", "version": assets().version, "told": last_seq}))
        with app.access.open_streams.track(person.token_hash) as stream:
            while ws.connected and stream.is_open and (text := _next(queue)) is not None:
                _discard_received(ws)
                if text:
                    ws.send(text)
        ws.close(SERVICE_RESTART if stream.is_open else SESSION_ENDED)
    except ConnectionClosed:
        return
    finally:
        app.notifications.leave(person.id, queue)


def _discard_received(ws: Server) -> None:
    """Drop the client's messages, which the library would otherwise keep. Raises: ConnectionClosed."""
    while ws.receive(timeout=0) is not None:
        pass


def _next(queue: "Queue[str | None]") -> str | None:
    """Return the next message, None at the end, or "" when it is time to check whether the client is still there."""
    try:
        return queue.get(timeout=POLL_S)
    except Empty:
        return ""
