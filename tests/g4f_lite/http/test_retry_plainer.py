"""A service that rejects a field is asked again without it, and the field is remembered."""

from contextlib import asynccontextmanager

import pytest

from g4f_lite.errors import RejectedError
from g4f_lite.http.retry_plainer import retry_plainer
from g4f_lite.http.unsupported_fields import UnsupportedFields, without

BODY = {"model": "m", "a": 1, "b": 2, "c": 3}


class Service:
    """Refuses some fields, one at a time. `asked`: the fields of each request."""

    def __init__(self, *refused):
        self.refused = refused
        self.asked = []
        self.open = 0

    @asynccontextmanager
    async def send(self, body):
        self.asked.append("".join(body)[5:])
        for field in self.refused:
            if field in body:
                raise RejectedError("no", detail=field)
        self.open += 1
        try:
            yield "answer"
        finally:
            self.open -= 1


@pytest.fixture
def kept():
    return UnsupportedFields()


def ask(service, kept, named=lambda body, error: error.detail):
    return retry_plainer("m", kept, lambda fields: without(BODY, fields), service.send, named)


async def test_what_is_refused_is_left_out_once_and_for_all(kept):
    service = Service("a", "c")

    for _ in range(2):
        async with ask(service, kept) as (response, _):
            assert (response, service.open) == ("answer", 1)

    assert service.asked == ["abc", "bc", "b", "b"]
    assert service.open == 0


async def test_a_complaint_about_something_else_is_final(kept):
    service = Service("a")

    with pytest.raises(RejectedError):
        async with ask(service, kept, lambda body, error: ""):
            pass
    assert service.asked == ["abc"]


async def test_a_complaint_about_what_was_left_out_is_final(kept):
    service = Service("a")

    with pytest.raises(RejectedError):
        async with ask(service, kept, lambda body, error: "b"):
            pass
    assert service.asked == ["abc", "ac"]


async def test_what_did_not_help_is_not_remembered(kept):
    service = Service("a", "model")

    with pytest.raises(RejectedError):
        async with ask(service, kept, lambda body, error: error.detail if error.detail == "a" else ""):
            pass
    assert kept.of("m") == frozenset()


async def test_an_error_within_the_answer_passes_and_closes_it(kept):
    service = Service()

    with pytest.raises(RejectedError, match="late"):
        async with ask(service, kept):
            raise RejectedError("late", detail="a")
    assert (service.asked, service.open) == (["abc"], 0)
