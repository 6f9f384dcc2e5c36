"""Circuit breakers keep routes from being called while they are likely to fail again."""

import pytest

from g4f_lite.errors import (
    ContentRefusedError,
    KeyRejectedError,
    ModelNotSupportedError,
    NeedsBrowserError,
    OverloadedError,
    PromptTooLongError,
    RateLimitedError,
    RejectedError,
    UnreachableError,
)
from g4f_lite.routing import circuit_breaker
from g4f_lite.routing.circuit_breaker import FIRST_COOL_DOWN_S, LONGEST_COOL_DOWN_S, LONGEST_RETRY_AFTER_S
from g4f_lite.routing.health import Health

BUSY = OverloadedError("busy")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def health(clock):
    return Health(clock=clock)


def test_nothing_is_kept_from_being_asked_at_first(health):
    assert health.left_s("m") == 0
    assert not health.asked_for_rest("m")


def test_a_model_that_failed_is_left_alone_for_a_while(health, clock):
    health.failed(BUSY, "m")

    assert health.left_s("m") == FIRST_COOL_DOWN_S
    clock.now += FIRST_COOL_DOWN_S
    assert health.left_s("m") == 0


def test_other_models_of_the_provider_are_not_touched(health):
    health.failed(BUSY, "m")

    assert health.left_s("other") == 0


@pytest.mark.parametrize("error", [UnreachableError("no"), KeyRejectedError("no"), NeedsBrowserError("no")])
def test_what_fails_for_all_models_keeps_all_of_them_from_being_asked(health, error):
    health.failed(error, "m")

    assert health.left_s("other") > 0


@pytest.mark.parametrize("error", [ContentRefusedError("no"), PromptTooLongError("no"), RejectedError("no")])
def test_a_request_that_is_to_blame_itself_says_nothing_of_the_provider(health, error):
    health.failed(error, "m")

    assert health.left_s("m") == 0
    assert health.last_error is None


def test_each_failure_in_a_row_doubles_the_time_up_to_a_limit(health, clock):
    times = []
    for _ in range(8):
        health.failed(BUSY, "m")
        times.append(health.left_s("m"))
        clock.now += times[-1]

    assert times[:3] == [FIRST_COOL_DOWN_S, 2 * FIRST_COOL_DOWN_S, 4 * FIRST_COOL_DOWN_S]
    assert times[-1] == LONGEST_COOL_DOWN_S


def test_an_answer_ends_it(health):
    health.failed(UnreachableError("no"), "m")
    health.failed(BUSY, "m")

    health.succeeded("m", 5)

    assert health.left_s("m") == health.left_s("other") == 0
    health.failed(BUSY, "m")
    assert health.left_s("m") == FIRST_COOL_DOWN_S


def test_the_services_own_wish_is_granted_exactly(health, clock):
    health.failed(RateLimitedError("slow", retry_after=7), "m")

    assert health.asked_for_rest("m")
    assert health.left_s("m") == 7
    clock.now += 7
    assert not health.asked_for_rest("m")


def test_a_wish_of_days_is_granted_for_an_hour(health):
    health.failed(RateLimitedError("slow", retry_after=1e6), "m")

    assert health.left_s("m") == LONGEST_RETRY_AFTER_S


def test_while_one_call_finds_out_others_are_kept_away(health, clock):
    health.failed(BUSY, "m")
    clock.now += FIRST_COOL_DOWN_S

    health.called("m")

    assert health.left_s("m") > 0


def test_what_did_not_fail_may_be_asked_by_many_at_once(health):
    health.called("m")

    assert health.left_s("m") == 0


def test_a_list_of_models_shows_that_an_unreachable_service_is_back(health):
    health.failed(UnreachableError("no"), "m")
    health.reached()

    assert health.left_s("m") == 0
    assert health.last_error is None


@pytest.mark.parametrize("error", [KeyRejectedError("no"), NeedsBrowserError("no")])
def test_a_list_of_models_does_not_show_that_a_key_is_good_now(health, error):
    health.failed(error, "m")
    health.reached()

    assert health.last_error is error
    assert health.left_s("m") > 0


def test_a_list_that_fails_keeps_no_model_from_being_asked(health):
    down = UnreachableError("no")
    health.failed(down)

    assert health.left_s("m") == 0
    assert health.last_error is down


def test_a_service_that_wants_a_browser_is_out_of_rotation_for_long(health, clock):
    wants = NeedsBrowserError("no")
    health.failed(wants, "m")

    clock.now += LONGEST_COOL_DOWN_S
    assert health.out_of_rotation is wants
    clock.now += health.left_s("m")
    assert health.out_of_rotation is None


def test_a_model_that_is_not_there_says_nothing_of_the_others(health):
    health.failed(ModelNotSupportedError("no"), "m")

    assert health.left_s("m") > 0
    assert health.last_error is None


def test_no_more_models_are_remembered_than_a_limit(health, monkeypatch):
    monkeypatch.setattr(circuit_breaker, "MAX_BREAKERS", 2)
    for model in "abc":
        health.failed(BUSY, model)

    assert [health.left_s(model) > 0 for model in "abc"] == [False, True, True]
