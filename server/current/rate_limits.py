"""Keeps requests and turns within what the configuration allows a person, and an address."""

from flask import Flask, request

from server.current.person import person, someone
from server.current.services import services
from server.limits.quota import Place
from server.limits.rate_limiter import network
from server.problems import Problem

UNCOUNTED = {"pages.asset", "api.alive", "api.ready", "metrics.figures"}
"""Endpoints that cost nothing, or that are asked by who looks after the server."""
COUNTED_LATER = {"plain.send"}
"""Those that count a person's request themselves, since it holds a text which the refusal must not lose."""


def pace(app: Flask) -> None:
    """Count every request: of its address before anything is looked up, then of who it is."""
    app.before_request(_count)


def take_turn() -> None:
    """Count a turn of who asks. Raises: Problem."""
    here = services()
    here.allowance.take_turn(here.config.limits, someone(), _client())


def begin_turn() -> Place:
    """Count a turn of who asks, and let it run. Raises: Problem."""
    here = services()
    place = here.allowance.take_place(here.config.limits, someone())
    try:
        take_turn()
    except Problem:
        place.leave()
        raise
    return place


def count_request() -> None:
    """Count a request of who it is. Raises: Problem."""
    here = services()
    if here.config.limits.requests_per_minute and (found := person()):
        here.allowance.take_request(here.config.limits, user_id=found.id)


def _count() -> None:
    here = services()
    if request.endpoint in UNCOUNTED:
        return
    if here.config.limits.address_requests_per_minute:
        here.allowance.take_request(here.config.limits, client=_client())
    if request.endpoint not in COUNTED_LATER:
        count_request()


def _client() -> str:
    return network(request.remote_addr or "")
