from server.limits.rate_limiter import MOST, WINDOW_S, Throttle


class Clock:
    time = 1000.0

    def __call__(self):
        return self.time


def fail(throttle, *keys, times=MOST):
    for _ in range(times):
        assert throttle.attempt(*keys) == 0


def test_ten_may_fail_and_then_it_takes_three_minutes():
    clock = Clock()
    throttle = Throttle(clock=clock)
    fail(throttle, "client")

    assert throttle.attempt("client") == WINDOW_S
    clock.time += WINDOW_S - 1
    assert throttle.attempt("client") == 1
    clock.time += 1
    assert throttle.attempt("client") == 0


def test_a_refused_attempt_makes_nobody_wait_longer():
    clock = Clock()
    throttle = Throttle(clock=clock)
    fail(throttle, "client")
    for _ in range(100):
        throttle.attempt("client")

    clock.time += WINDOW_S

    fail(throttle, "client")


def test_any_key_is_enough_and_the_others_are_not_counted():
    throttle = Throttle()
    fail(throttle, "client", "pair")

    assert throttle.attempt("other client", "pair") > 0

    fail(throttle, "other client")


def test_what_succeeds_is_taken_back():
    throttle = Throttle()
    for _ in range(3 * MOST):
        assert throttle.attempt("client", "pair") == 0
        throttle.succeeded("client", "pair")

    fail(throttle, "client", "pair")


def test_what_is_remembered_has_a_limit():
    throttle = Throttle(largest=5)
    fail(throttle, "guesser")
    for number in range(4):
        throttle.attempt(number)
    assert throttle.attempt("guesser") > 0

    for number in range(1000):
        throttle.attempt(number)

    assert len(throttle._attempts) == 5
