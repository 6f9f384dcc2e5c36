"""Keeps requests and turns within the limits of the configuration, for a person and for an address."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, request

from server.current.identity import current_person, person_or_none
from server.current.services import services
from server.limits.quota import QuotaExceeded, Slot
from server.limits.rate_limiter import network
from server.problems import Problem
from server.web.i18n import catalogue, language

UNCOUNTED = {"assets.file", "health_checks.alive", "health_checks.ready", "metrics.show"}
"""Endpoints that cost nothing, and those that monitoring asks for."""
COUNTED_LATER = {"no_script.send"}
"""Endpoints that count the person's request themselves, so that a refusal keeps the text that was sent."""


def limit_requests(app: Flask) -> None:
    """Count every request: for its address before anything is looked up, then for the person."""
    app.before_request(_count)


def count_turn() -> None:
    """Count a turn of the person. Raises: QuotaExceeded."""
    app = services()
    with _translated():
        app.quota.count_turn(app.config.limits, current_person(), _address())


def take_slot() -> Slot:
    """Count a turn of the person, and return the slot to run it. Raises: QuotaExceeded."""
    app = services()
    with _translated():
        slot = app.quota.take_slot(app.config.limits, current_person())
    try:
        count_turn()
    except Problem:
        slot.release()
        raise
    return slot


def count_request() -> None:
    """Count a request of the person. Raises: QuotaExceeded."""
    app = services()
    if app.config.limits.requests_per_minute and (found := person_or_none()):
        with _translated():
            app.quota.count_request(app.config.limits, user_id=found.id)


def _count() -> None:
    app = services()
    if request.endpoint in UNCOUNTED:
        return
    if app.config.limits.address_requests_per_minute:
        with _translated():
            app.quota.count_request(app.config.limits, address=_address())
    if request.endpoint not in COUNTED_LATER:
        count_request()


@contextmanager
def _translated() -> Iterator[None]:
    """Put the message of a refusal into the reader's language."""
    try:
        yield
    except QuotaExceeded as exceeded:
        exceeded.translate(catalogue(language()))
        raise


def _address() -> str:
    return network(request.remote_addr or "")
