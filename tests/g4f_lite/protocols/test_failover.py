"""Failover between candidates: the first text decides."""

import asyncio
from contextlib import aclosing

import pytest

from g4f_lite.errors import (
    ContentRefusedError,
    KeyRejectedError,
    MalformedReplyError,
    ModelNotSupportedError,
    OverloadedError,
    PaymentRequiredError,
    PromptTooLongError,
    RateLimitedError,
    RejectedError,
    StreamCutError,
    UnreachableError,
    UpstreamError,
    UpstreamTimeoutError,
)
from g4f_lite.pieces import Attempt, Content, Finish, Reasoning, Via
from g4f_lite.protocols.hugging_face.failover import Candidate, first_to_answer
from g4f_lite.routing.circuit_breaker import CircuitBreakers

REPLY = [Content("Hi"), Finish("stop")]


class Service:
    """One who yields what it was told to, errors raised, and notes what became of it."""

    def __init__(self, name, *script):
        self.candidate = Candidate(name, f"model-of-{name}", self.reply)
        self.script = script
        self.asked = self.closed = 0

    async def reply(self):
        self.asked += 1
        try:
            for step in self.script:
                if isinstance(step, Exception):
                    raise step
                if step is None:
                    await asyncio.Event().wait()
                yield step
        finally:
            self.closed += 1


async def answer(*services, silence_s=60.0, breakers=None):
    """Return the pieces, and the error behind them or None."""
    pieces = []
    now = asyncio.get_running_loop().time()
    try:
        candidates = [service.candidate for service in services]
        async for piece in first_to_answer(candidates, silence_s, now, breakers or CircuitBreakers()):
            pieces.append(piece)
    except UpstreamError as error:
        return pieces, error
    return pieces, None


def via(name):
    return Via(name, f"model-of-{name}")


async def test_a_provider_that_failed_lately_is_asked_after_the_others():
    first, second, breakers = Service("first", PaymentRequiredError("no")), Service("second", *REPLY), CircuitBreakers()
    await answer(first, second, breakers=breakers)

    assert await answer(first, second, breakers=breakers) == ([via("second"), *REPLY], None)
    assert first.asked == 1


async def test_a_provider_that_failed_lately_and_answers_now_is_asked_first_again():
    first, second, breakers = Service("first", *REPLY), Service("second", *REPLY), CircuitBreakers()
    breakers.open(first.candidate.route, PaymentRequiredError("no"))
    await answer(first, breakers=breakers)

    assert (await answer(first, second, breakers=breakers))[0][0] == via("first")


async def test_nothing_at_an_address_of_the_router_means_that_it_does_not_answer():
    _, error = await answer(Service("only", UpstreamError("nothing here. Check its base_url.", status=404)))

    assert (error.code, error.status) == ("model_not_supported", 404)
    assert error.message == "only does not answer for model-of-only (status 404). Choose another model."


async def test_the_first_to_answer_is_named_and_no_other_is_asked():
    first, second = Service("first", *REPLY), Service("second", *REPLY)

    assert await answer(first, second) == ([via("first"), *REPLY], None)
    assert (first.closed, second.asked) == (1, 0)


@pytest.mark.parametrize(
    "error",
    [
        PaymentRequiredError("Pay.", status=402),
        PaymentRequiredError("Pay."),
        PaymentRequiredError("Pay.", status=400),
        ModelNotSupportedError("No such model.", status=404),
        ModelNotSupportedError("No such model.", status=400),
        ModelNotSupportedError("Gone.", status=410),
        UpstreamError("Generation failed.", status=424),
        RateLimitedError("Slow down.", status=429),
        UpstreamError("Oops.", status=500),
        KeyRejectedError("The vendor's own key is wrong.", status=500),
        UpstreamError("Oops.", status=502),
        OverloadedError("Busy.", status=503),
        UpstreamTimeoutError("Too slow.", status=504),
        UpstreamError("While it answered."),
        UnreachableError("Down."),
        UpstreamTimeoutError("Too slow."),
        StreamCutError("Cut."),
        MalformedReplyError("Odd."),
    ],
    ids=repr,
)
async def test_the_next_one_may_do_better(error):
    failing = Service("failing", error)

    assert await answer(failing, Service("other", *REPLY)) == (
        [Attempt("failing", error), via("other"), *REPLY],
        None,
    )
    assert failing.closed == 1


@pytest.mark.parametrize(
    "error",
    [
        RejectedError("Wrong parameters.", status=400),
        KeyRejectedError("Wrong key.", status=401),
        KeyRejectedError("No permission.", status=403),
        PromptTooLongError("Too long.", status=413),
        RejectedError("Wrong type.", status=415),
        RejectedError("Wrong parameters.", status=422),
        ContentRefusedError("Flagged.", status=400),
        ContentRefusedError("Flagged."),
        KeyRejectedError("Wrong key."),
    ],
    ids=repr,
)
async def test_the_next_one_would_say_the_same(error):
    other = Service("other", *REPLY)

    assert await answer(Service("failing", error), other) == ([], error)
    assert other.asked == 0


async def test_a_failure_that_all_share_is_reported_although_one_wants_to_be_paid():
    services = [Service("a", PaymentRequiredError("Pay.")), Service("b", wrong := KeyRejectedError("No.", status=401))]

    assert (await answer(*services))[1] is wrong


@pytest.mark.parametrize("text", [Content("Hel"), Reasoning("Hm")], ids=repr)
async def test_after_the_first_text_no_other_is_asked(text):
    broken, other = Service("broken", text, cut := StreamCutError("Cut.")), Service("other", *REPLY)

    assert await answer(broken, other) == ([via("broken"), text], cut)
    assert other.asked == 0


async def test_of_many_failures_the_last_about_payment_is_reported():
    errors = [
        PaymentRequiredError("Pay the first."),
        PaymentRequiredError("Pay the second."),
        OverloadedError("Busy.", status=503),
    ]

    pieces, error = await answer(*(Service(str(index), error) for index, error in enumerate(errors)))

    assert pieces == [Attempt("0", errors[0]), Attempt("1", errors[1])]
    assert error is errors[1]


async def test_of_many_failures_without_one_about_payment_the_last_is_reported():
    pieces, error = await answer(*(Service(name, UpstreamError(name, status=500)) for name in "abc"))

    assert [piece.provider for piece in pieces] == ["a", "b"]
    assert error.message == "c"


async def test_a_provider_that_stays_silent_is_left_for_the_next():
    silent = Service("silent", None)

    pieces, error = await answer(silent, Service("other", *REPLY), silence_s=0.05)

    assert isinstance(pieces[0].error, UpstreamTimeoutError)
    assert (pieces[1:], error, silent.closed) == ([via("other"), *REPLY], None, 1)


async def test_each_has_its_own_time():
    pieces, error = await answer(Service("a", None), Service("b", None), silence_s=0.05)

    assert [piece.provider for piece in pieces] == ["a"]
    assert isinstance(error, UpstreamTimeoutError)


async def test_the_time_before_the_first_one_counts():
    silent = Service("silent", None)
    long_ago = asyncio.get_running_loop().time() - 60

    async with aclosing(first_to_answer([silent.candidate], 60, long_ago, CircuitBreakers())) as pieces:
        with pytest.raises(UpstreamTimeoutError):
            await anext(pieces)


async def test_silence_in_the_middle_is_nothing_to_judge_here():
    slow = Service("slow", Content("a"), None)
    now = asyncio.get_running_loop().time()

    async with aclosing(first_to_answer([slow.candidate], 0.01, now, CircuitBreakers())) as pieces:
        assert [await anext(pieces), await anext(pieces)] == [via("slow"), Content("a")]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(pieces), 0.05)
    assert slow.closed == 1


async def test_a_router_that_names_the_provider_is_not_repeated():
    routed = Service("groq", Via("Groq, Inc.", "model"), *REPLY)

    assert await answer(routed) == ([via("groq"), *REPLY], None)


async def test_leaving_early_closes_the_answer():
    service = Service("first", *REPLY)
    pieces = first_to_answer([service.candidate], 60, asyncio.get_running_loop().time(), CircuitBreakers())
    await anext(pieces)

    await pieces.aclose()

    assert service.closed == 1
