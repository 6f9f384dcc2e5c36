"""Counting in Redis: the real one where it runs, and none at all where it was lost."""

import json
import os
import socket
import threading
import time
from contextlib import suppress
from uuid import uuid4

import pytest
import redis

from g4f_lite.config.load import load
from g4f_lite.errors import ConfigError
from g4f_lite.providers import KINDS
from server.auth.access import Access
from server.config.site import Config
from server.limits import redis_counts as module
from server.limits.rate_limiter import MAX_HITS, RateLimiter
from server.limits.redis_counts import RedisCounts, redis_counts
from server.ops.logs import secrets_of
from tests.server.limits.test_key_limits import ask
from tests.server.limits.test_quota import anna, is_refused, send_native  # noqa: F401
from tests.server.limits.test_rate_limiter import fail
from tests.server.pages.test_api_keys import make
from tests.support.waiting import wait_for

URL = os.environ.get("CHAT_TEST_REDIS", "redis://127.0.0.1:6379/0")


@pytest.fixture
def prefix(monkeypatch):
    """Keys of this test alone; they are gone afterwards."""
    client = redis.Redis.from_url(URL)
    try:
        client.ping()
    except redis.ConnectionError:
        client.close()
        pytest.skip("needs Redis, at 127.0.0.1:6379 or CHAT_TEST_REDIS")
    prefix = f"g4f-lite-test-{uuid4()}:"
    monkeypatch.setattr(module, "PREFIX", prefix)
    yield prefix
    for key in client.scan_iter(f"{prefix}*"):
        client.delete(key)
    client.close()


@pytest.fixture
def counts(prefix):
    counts = RedisCounts(URL)
    yield counts
    counts.close()


def test_it_counts_as_memory_does(counts):
    limiter = RateLimiter(redis=counts)
    fail(limiter, "client", "pair")

    assert 179 < limiter.hit("client") <= 180
    assert limiter.hit("other client", "pair") > 0
    fail(limiter, "other client")


def test_a_restart_and_another_process_know_what_was_counted(counts):
    fail(RateLimiter(redis=counts), "client")
    other = RedisCounts(URL)

    assert RateLimiter(redis=other).hit("client") > 0
    other.close()


def test_what_succeeds_is_taken_back_there(counts):
    limiter = RateLimiter(redis=counts)
    for _ in range(3 * MAX_HITS):
        assert limiter.hit("client", "pair") == 0
        limiter.refund("client", "pair")

    fail(limiter, "client", "pair")


def test_it_is_over_when_the_window_is(counts):
    limiter = RateLimiter(2, 0.05, redis=counts)
    fail(limiter, "client", times=2)
    wait_s = limiter.hit("client")
    assert 0 < wait_s <= 0.05

    deadline = time.monotonic() + 5
    while limiter.hit("client") and time.monotonic() < deadline:
        pass
    assert time.monotonic() < deadline


def test_every_key_goes_away_by_itself_and_tells_nothing(counts, prefix):
    RateLimiter(redis=counts).hit(("account", "anna", "192.0.2.1"))
    with redis.Redis.from_url(URL) as client:
        [key] = client.scan_iter(f"{prefix}*")
        assert 0 < client.pttl(key) <= 180_000
        assert b"anna" not in key


def test_no_key_is_no_wait(counts):
    assert RateLimiter(redis=counts).hit_each({}) == 0


def test_where_nobody_answers_memory_counts_and_the_log_says_it_once(caplog):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        counts = RedisCounts(f"redis://127.0.0.1:{deaf.getsockname()[1]}")
        limiter = RateLimiter(redis=counts)
        began = time.monotonic()

        fail(limiter, "client")
        assert limiter.hit("client") > 0
        limiter.refund("client")

    assert time.monotonic() - began < 2
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "limits are counted in memory" in caplog.text
    counts.close()


def test_one_that_comes_back_is_used_again_and_nobody_waits_for_it(prefix, monkeypatch, caplog):
    monkeypatch.setattr(module, "RECONNECT_EVERY_S", 0.01)
    with Outage() as outage:
        counts = RedisCounts(outage.url)
        assert counts.hit_each({"client": 1}, 60) == 0

        outage.begin()
        assert counts.hit_each({"client": 1}, 60) is None
        assert not counts.refund(["client"])
        outage.end()
        with caplog.at_level("INFO"):
            wait_for(lambda: "Redis is back" in caplog.text)

        assert counts.hit_each({"client": 1}, 60) > 59
        assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
        counts.close()


class Outage:
    """Passes connections on to Redis, but for the time between `begin` and `end`."""

    def __enter__(self):
        self._target = redis.Redis.from_url(URL).connection_pool.connection_kwargs
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._server.getsockname()[1]}"
        self._open, self._is_out = [], False
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def begin(self):
        self._is_out = True
        self._end_all()

    def end(self):
        self._is_out = False

    def __exit__(self, *_):
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._end_all()

    def _accept(self):
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                if self._is_out:
                    near.close()
                    continue
                far = socket.create_connection((self._target["host"], self._target["port"]))
                self._open += [near, far]
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source, target):
        with suppress(OSError):
            while block := source.recv(4096):
                target.sendall(block)

    def _end_all(self):
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()


def test_a_wrong_password_is_not_told_and_stops_nothing(prefix, caplog):
    counts = RedisCounts(URL.replace("redis://", "redis://:SECRETWORD@"))

    counts.hit_each({"client": 1}, 60)  # None, unless this Redis wants no password and takes any

    assert "SECRETWORD" not in caplog.text
    counts.close()


def test_no_address_is_no_redis():
    assert redis_counts("") is None


@pytest.mark.parametrize("url", ["redis://127.0.0.1:port", "redis://[::1"])
def test_what_is_no_address_is_told(url):
    with pytest.raises(ConfigError, match="redis: must be an address"):
        redis_counts(url).hit_each({"x": 1}, 1)


@pytest.fixture
def settings(settings, prefix):
    settings |= {"auth": {"mode": "accounts"}, "limits": {"turns_per_minute": 1}, "redis": URL}
    return settings


def test_an_app_counts_turns_and_logins_there(app, anna, prefix):  # noqa: F811
    assert send_native(anna).status_code == 200
    is_refused(send_native(anna), "Too many messages")
    access: Access = app.extensions["chat"].access
    access.login_limiter.hit("client")

    memory = app.extensions["chat"].quota._turns._hits, access.login_limiter._hits
    assert memory == ({}, {})


def test_turns_of_a_key_are_counted_there_and_taken_back(app, anna):  # noqa: F811
    quota = app.extensions["chat"].quota
    key, other = make(anna, turns_per_minute="2"), make(anna, turns_per_minute="1")
    assert ask(app, key).status_code == 200
    for _ in range(2):
        assert "for this API key" not in ask(app, key).json["error"]["message"]
    ask(app, other)

    assert quota._turns._hits == {}


def test_the_password_of_redis_is_a_secret(tmp_path):
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"redis": "redis://:hushhush@127.0.0.1"}))
    config = load(file, Config, {}, KINDS)

    assert "hushhush" in secrets_of(config)
    assert "hushhush" not in repr(config)
