"""Limits of an API key: beside those of the person, the tighter one wins."""

import pytest
import requests

from server import create_app
from tests.server.pages.test_api_keys import CHAT, PAGE, PREFIX, QUESTION, listed, make, with_key
from tests.support.loops import on
from tests.support.members import FROM_OUR_PAGE
from tests.support.services.openai_wire import delta, openai_stream
from tests.support.services.upstream import Gate, wait_until
from tests.support.waiting import wait_for

MESSAGES = "/v1/messages"
A_QUESTION = {"model": "m", "messages": QUESTION, "max_tokens": 9}
BOTH = pytest.mark.parametrize("path", [CHAT, MESSAGES])


@pytest.fixture
def limits():
    return {}


@pytest.fixture
def settings(settings, limits):
    settings["auth"] = {"mode": "accounts"}
    settings["limits"] = {"turns_per_minute": 0, **limits}
    return settings


def ask(app, key, path=CHAT):
    return app.test_client().post(path, json=A_QUESTION, headers=with_key(key))


def is_refused(response, sentence):
    """Check that it is refused in the words of the API that was asked; return the seconds to wait."""
    error = response.json["error"]
    assert (response.status_code, error["type"]) == (429, "rate_limit_error")
    assert response.json.get("type", error.get("code")) in ("error", "rate_limit_exceeded")
    assert sentence in error["message"]
    return int(response.headers["Retry-After"])


@BOTH
def test_a_key_has_so_many_turns_a_minute(app, anna, path):
    key, other = make(anna, turns_per_minute="2"), make(anna)
    for _ in range(2):
        assert ask(app, key, path).status_code == 200

    assert 58 <= is_refused(ask(app, key, path), "in one minute for this API key. Try again in") <= 60
    assert ask(app, other, path).status_code == 200


@pytest.mark.parametrize("limits", [{"turns_per_minute": 2}])
def test_those_of_the_person_hold_too(app, anna):
    key, other = make(anna, turns_per_minute="3"), make(anna, turns_per_minute="1")
    assert ask(app, other).status_code == 200
    is_refused(ask(app, other), "for this API key")
    assert ask(app, key).status_code == 200  # what the key did not let begin is not counted for the person

    for _ in range(3):  # nor is it the other way round
        is_refused(ask(app, key), "Too many messages in one minute. Try")


@BOTH
def test_a_key_has_so_many_turns_at_a_time(app, server, anna, upstream, path):
    key, other, gate = make(anna, concurrent_turns="1"), make(anna, concurrent_turns="1"), Gate()
    upstream.will_answer([delta("One"), wait_until(gate), *openai_stream("end")])
    body = A_QUESTION | {"stream": True}
    with requests.post(f"{server}{path}", json=body, headers=with_key(key), stream=True, timeout=10) as running:
        assert running.raw.read(1)

        assert is_refused(ask(app, key, path), "An answer is already being written for this API key.") == 5
        assert ask(app, other, path).status_code == 200
        gate.open()

    wait_for(lambda: not app.extensions["chat"].quota._running)
    assert ask(app, key, path).status_code == 200


@BOTH
def test_the_tokens_of_a_day_are_used_up(app, anna, upstream, path):
    key, other = make(anna, tokens_per_day="100"), make(anna, tokens_per_day="100")
    upstream.will_answer(openai_stream("Hi", usage=(60, 40)))
    assert ask(app, key, path).status_code == 200

    assert (
        86_000
        < is_refused(ask(app, key, path), "This API key has used its token allowance for the last 24 hours.")
        <= 86_460
    )
    assert ask(app, other, path).status_code == 200


@pytest.mark.parametrize("limits", [{"tokens_per_day": 100}])
def test_what_a_key_used_was_used_by_the_person(app, anna, upstream):
    key, other = make(anna), make(anna, tokens_per_day="1000")
    upstream.will_answer(openai_stream("Hi", usage=(60, 40)))
    assert ask(app, key).status_code == 200

    is_refused(ask(app, other), "You have used your token allowance")


def test_the_tokens_of_a_day_are_known_after_a_restart(app, loop, config, anna, upstream):
    key, other = make(anna, tokens_per_day="100"), make(anna, tokens_per_day="100")
    upstream.will_answer(openai_stream("Hi", usage=(60, 40)))
    assert ask(app, key).status_code == 200
    on(loop, app.extensions["lifecycle"].close())

    again = create_app(config, loop=loop)

    is_refused(ask(again, key), "This API key has used its token allowance")
    assert ask(again, other).status_code == 200
    on(loop, again.extensions["lifecycle"].close())


def test_the_page_shows_them(anna):
    make(anna, turns_per_minute="20", concurrent_turns="1", tokens_per_day=" 50000 ")

    assert "All models · 20 messages per minute · 1 answer at a time · 50000 tokens per day" in listed(anna)


def test_a_key_without_any_shows_none(anna):
    make(anna, turns_per_minute="", concurrent_turns=" ")

    assert "All models Revoke" in listed(anna)


@pytest.mark.parametrize("limit", ["0", "-1", "2.5", "many", "1e3", "9" * 19 + "x"])
def test_what_is_no_limit_is_refused(anna, limit):
    response = anna.post(PAGE, data={"name": "A program", "tokens_per_day": limit}, headers=FROM_OUR_PAGE)

    assert response.status_code == 400
    assert "A limit must be a whole number of at least 1." in response.text
    assert PREFIX not in response.text


def test_one_that_nobody_can_reach_is_kept_as_the_largest(anna):
    make(anna, tokens_per_day="9" * 5000)

    assert "1000000000 tokens per day" in listed(anna)


class TestAlone:
    """Where nobody has to sign in, and there are no limits of the person."""

    @pytest.fixture
    def settings(self, settings):
        settings["auth"] = {"mode": "none"}
        return settings

    def test_they_hold_for_one_of_our_keys(self, app, client):
        key = make(client, turns_per_minute="1")
        assert ask(app, key).status_code == 200

        is_refused(ask(app, key), "for this API key")
        assert ask(app, "anything").status_code == 200
