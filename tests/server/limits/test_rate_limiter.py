from server.limits.rate_limiter import MAX_HITS, WINDOW_S, RateLimiter


class Clock:
    time = 1000.0

    def __call__(self):
        return self.time


def fail(limiter, *keys, times=MAX_HITS):
    for _ in range(times):
        assert limiter.hit(*keys) == 0


def test_ten_may_fail_and_then_it_takes_three_minutes():
    clock = Clock()
    limiter = RateLimiter(clock=clock)
    fail(limiter, "client")

    assert limiter.hit("client") == WINDOW_S
    clock.time += WINDOW_S - 1
    assert limiter.hit("client") == 1
    clock.time += 1
    assert limiter.hit("client") == 0


def test_a_refused_attempt_makes_nobody_wait_longer():
    clock = Clock()
    limiter = RateLimiter(clock=clock)
    fail(limiter, "client")
    for _ in range(100):
        limiter.hit("client")

    clock.time += WINDOW_S

    fail(limiter, "client")


def test_any_key_is_enough_and_the_others_are_not_counted():
    limiter = RateLimiter()
    fail(limiter, "client", "pair")

    assert limiter.hit("other client", "pair") > 0

    fail(limiter, "other client")


def test_what_succeeds_is_taken_back():
    limiter = RateLimiter()
    for _ in range(3 * MAX_HITS):
        assert limiter.hit("client", "pair") == 0
        limiter.refund("client", "pair")

    fail(limiter, "client", "pair")


def test_what_is_remembered_has_a_limit():
    limiter = RateLimiter(max_keys=5)
    fail(limiter, "guesser")
    for number in range(4):
        limiter.hit(number)
    assert limiter.hit("guesser") > 0

    for number in range(1000):
        limiter.hit(number)

    assert len(limiter._hits) == 5
