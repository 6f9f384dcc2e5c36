"""Limits how many streams and WebSockets a person may have open, so that others can open theirs."""

from collections.abc import AsyncGenerator, AsyncIterator, Hashable

from flask import Flask, Response, g, request

from server.close_source import closing
from server.config.site import is_loopback
from server.current.identity import current_person
from server.current.services import services
from server.limits.open_counts import OpenCounts
from server.limits.rate_limiter import network
from server.problems import Problem
from server.translatable import N_
from server.web.i18n import gettext
from server.web.streaming import Stream

STREAMING = {
    "turns.run_turn",
    "turns.message_events",
    "no_script.live",
    "openai.complete_chat",
    "openai.complete",
    "anthropic.create_message",
}
"""Endpoints that answer with a stream."""
SOCKET = "live.live"
TOO_MANY_STREAMS = N_(
    "You have too many answers open at the same time. Close a page that shows one, or wait until one is complete."
)
TOO_MANY_SOCKETS = "You have too many WebSockets open at the same time. Close a page."
RETRY_S = 5
"""When to try again, in seconds: nobody knows when a stream will end."""


def limit_open(app: Flask) -> None:
    """Refuse what a person opens beyond the limits, before its view starts anything."""
    app.before_request(_check)
    app.after_request(_count_stream)
    app.teardown_request(_leave_socket)


def _check() -> None:
    if request.endpoint in STREAMING:
        _check_stream(services().open_streams)
    elif request.endpoint == SOCKET:
        _enter_socket(services().open_sockets)


def _check_stream(streams: OpenCounts) -> None:
    """Raises: Problem. Streams count when they start, so those that start at the same time may exceed the limit."""
    holder = _holder()
    if holder and streams.is_full(holder):
        raise Problem("rate_limited", gettext(TOO_MANY_STREAMS), retry_after=RETRY_S)


def _enter_socket(sockets: OpenCounts) -> None:
    """Count the WebSocket before its handshake. Raises: Problem."""
    holder = _holder()
    if holder and not sockets.open_if_free(holder):
        raise Problem("rate_limited", TOO_MANY_SOCKETS, retry_after=RETRY_S)
    g.socket_holder = holder


def _leave_socket(_error: BaseException | None) -> None:
    if holder := g.pop("socket_holder", None):
        services().open_sockets.close(holder)


def _count_stream(response: Response) -> Response:
    if isinstance(response, Stream) and (holder := _holder()):
        body = response.body_source
        body.source = _counted(body.source, services().open_streams, holder)
    return response


async def _counted(source: AsyncIterator[bytes], streams: OpenCounts, holder: Hashable) -> AsyncGenerator[bytes, None]:
    async with closing(source):
        streams.open(holder)
        try:
            async for block in source:
                yield block
        finally:
            streams.close(holder)


def _holder() -> Hashable:
    """Return whose streams these are; None if they are not limited.

    Without accounts all share one name, so that the client's network stands for the person. Programs on this machine
    are not limited there: a single person works with them, who would only be in their own way.
    """
    if services().access.mode == "accounts":
        return current_person().id
    address = request.remote_addr or ""
    return None if is_loopback(address) else network(address)
