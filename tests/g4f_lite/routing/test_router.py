import asyncio
from contextlib import aclosing

import pytest

from g4f_lite.config.settings import DefaultParams
from g4f_lite.errors import (
    ContentRefusedError,
    MissingKeyError,
    ModelNotSupportedError,
    OverloadedError,
    PromptTooLongError,
    RateLimitedError,
    RejectedError,
    StreamCutError,
    UnreachableError,
)
from g4f_lite.messages import Message, Params, conversation
from g4f_lite.pieces import Answering, Attempt, Content, Finish, Notice, UpstreamState, Via
from g4f_lite.routing import concurrency_limit
from g4f_lite.routing.circuit_breaker import FIRST_COOL_DOWN_S
from g4f_lite.routing.router import answer
from tests.support.services.scripted import SILENCE, a_model, scripted

HELLO = conversation("Hello")
LATE = RateLimitedError("up asks to slow down.", retry_after=3)


async def everything(model, messages=HELLO, params=None, state=None):
    return [piece async for piece in answer(model, messages, params or Params(), state)]


async def test_the_route_is_announced_right_before_the_first_piece():
    up = scripted()
    up.instance.will(Content("Hi"), Finish("stop"))

    assert await everything(a_model(up)) == [Answering("up", "Scripted", "upstream-m"), Content("Hi"), Finish("stop")]


async def test_the_next_route_is_tried_before_any_text():
    first, second = scripted("first"), scripted("second")
    first.instance.will(LATE)
    second.instance.will(Content("Hi"))

    pieces = await everything(a_model(first, second))

    assert pieces == [Attempt("first", LATE), Answering("second", "Scripted", "upstream-m"), Content("Hi")]


async def test_a_provider_with_an_obstacle_is_not_asked():
    first, second = scripted("first"), scripted("second")
    missing = MissingKeyError("first is off.")
    first.instance.obstacle = lambda: missing
    second.instance.will(Content("Hi"))

    assert (await everything(a_model(first, second)))[0] == Attempt("first", missing)
    assert not hasattr(first.instance, "asked")


async def test_the_next_turn_goes_straight_to_the_route_that_answered():
    first, second, third = scripted("first"), scripted("second"), scripted("third")
    first.instance.will(UnreachableError("first is down."))
    second.instance.will(LATE)
    third.instance.will(Content("Hi"))
    model = a_model(first, second, third)
    assert [type(piece) for piece in await everything(model)] == [Attempt, Attempt, Answering, Content]

    assert await everything(model) == [Answering("third", "Scripted", "upstream-m"), Content("Hi")]


async def test_a_route_that_failed_lately_is_tried_when_the_others_fail():
    first, second = scripted("first"), scripted("second")
    first.instance.will(OverloadedError("busy"))
    second.instance.will(Content("Hi"))
    model = a_model(first, second)
    await everything(model)
    first.instance.will(Content("back"))
    second.instance.will(OverloadedError("busy"))

    assert [type(piece) for piece in await everything(model)] == [Attempt, Answering, Content]


async def test_a_route_that_wishes_to_be_left_alone_is_asked_only_if_there_is_no_other():
    first, second = scripted("first"), scripted("second")
    first.instance.will(LATE)
    second.instance.will(Content("Hi"))
    await everything(a_model(first, second))
    first.instance.will(Content("back"))
    second.instance.will(OverloadedError("busy"))

    with pytest.raises(OverloadedError):
        await everything(a_model(first, second))
    assert (await everything(a_model(first)))[-1] == Content("back")


async def test_only_one_turn_finds_out_whether_a_route_is_back():
    first, second = scripted("first"), scripted("second")
    first.instance.will(OverloadedError("busy"))
    second.instance.will(Content("Hi"))
    model = a_model(first, second)
    await everything(model)
    later = first.health.clock() + FIRST_COOL_DOWN_S
    first.health.clock = lambda: later
    first.instance.will(SILENCE)
    finding_out = asyncio.create_task(everything(model))
    await asyncio.sleep(0.01)

    assert await everything(model) == [Answering("second", "Scripted", "upstream-m"), Content("Hi")]

    assert first.instance.closed is False
    finding_out.cancel()
    await asyncio.wait([finding_out])


async def test_a_provider_that_is_switched_off_is_skipped_in_silence():
    off, on = scripted("off"), scripted("on")
    off.settings = off.settings.model_copy(update={"enabled": False})
    on.instance.will(Content("Hi"))

    assert await everything(a_model(off, on)) == [Answering("on", "Scripted", "upstream-m"), Content("Hi")]
    with pytest.raises(ModelNotSupportedError, match="off is turned off"):
        await everything(a_model(off))


async def test_a_request_that_is_at_fault_is_not_carried_to_the_next_route():
    first, second = scripted("first"), scripted("second")
    first.instance.will(RejectedError("temperature must be a number"))

    with pytest.raises(RejectedError, match="temperature"):
        await everything(a_model(first, second))
    assert first.state == "ready"


async def test_a_prompt_that_is_too_long_for_one_model_may_fit_the_next():
    first, second = scripted("first"), scripted("second")
    first.instance.will(PromptTooLongError("too long"))
    second.instance.will(Content("Hi"))

    assert (await everything(a_model(first, second)))[-1] == Content("Hi")


async def test_the_via_and_its_failed_attempts_are_reported():
    up = scripted()
    up.instance.will(Attempt("together", LATE), Via("novita", "vendor/m"), Content("Hi"))

    assert await everything(a_model(up)) == [
        Attempt("up/together", LATE),
        Answering("up", "Scripted · novita", "upstream-m", via="novita"),
        Content("Hi"),
    ]


async def test_notices_come_with_the_route():
    up = scripted()
    up.instance.will(Notice("Two messages were left out."), Content("Hi"))

    answering, _ = await everything(a_model(up))

    assert answering.notices == ("Two messages were left out.",)


async def test_what_a_route_that_failed_had_to_notice_is_not_said():
    first, second = scripted("first"), scripted("second")
    first.instance.will(Notice("Two messages were left out."), LATE)
    second.instance.will(Content("Hi"))

    _, answering, _ = await everything(a_model(first, second))

    assert answering.notices == ()


async def test_a_state_without_text_is_named_as_well():
    up = scripted()
    up.instance.will(UpstreamState({"parent": "p"}), Finish("stop"))

    assert (await everything(a_model(up)))[1] == UpstreamState({"provider": "up", "state": {"parent": "p"}})


async def test_nothing_else_is_tried_after_the_first_text():
    first, second = scripted("first"), scripted("second")
    first.instance.will(Content("Hi"), StreamCutError("cut"))
    second.instance.will(Content("unwanted"))
    heard = []

    with pytest.raises(StreamCutError):
        async for piece in answer(a_model(first, second), HELLO, Params()):
            heard.append(piece)

    assert heard[-1] == Content("Hi")
    assert not hasattr(second.instance, "asked")


async def test_the_last_failure_is_raised_when_all_routes_fail():
    first, second = scripted("first"), scripted("second")
    first.instance.will(LATE)
    second.instance.will(OverloadedError("busy"))

    with pytest.raises(OverloadedError):
        await everything(a_model(first, second))


async def test_a_refusal_of_the_content_is_not_carried_to_the_next_route():
    first, second = scripted("first"), scripted("second")
    first.instance.will(ContentRefusedError("no"))

    with pytest.raises(ContentRefusedError):
        await everything(a_model(first, second))


async def test_closing_the_answer_closes_the_provider():
    up = scripted()
    up.instance.will(Content("Hi"), SILENCE)

    async with aclosing(answer(a_model(up), HELLO, Params())) as pieces:
        while await anext(pieces) != Content("Hi"):
            pass

    assert up.instance.closed


async def test_the_models_entry_fills_what_the_request_leaves_open():
    up = scripted()
    up.instance.will(Content("Hi"))
    model = a_model(up, params=DefaultParams(temperature=0.4, max_tokens=7), system="Be brief.")

    await everything(model, params=Params(max_tokens=9))

    _, messages, params, _ = up.instance.asked
    assert messages == [Message("system", "Be brief."), *HELLO]
    assert params == Params(temperature=0.4, max_tokens=9)


async def test_upstream_state_returns_to_the_provider_that_left_it():
    first, second = scripted("first"), scripted("second")
    first.instance.will(LATE)
    second.instance.will(Content("Hi"), UpstreamState({"parent": "p"}))

    *_, left = await everything(a_model(first, second), state={"provider": "second", "state": {"parent": "o"}})

    assert first.instance.asked[3] is None
    assert second.instance.asked[3] == {"parent": "o"}
    assert left == UpstreamState({"provider": "second", "state": {"parent": "p"}})


async def test_a_provider_answers_no_more_at_a_time_than_its_limit():
    up = scripted(max_concurrent=2)
    up.instance.will(Content("Hi"), SILENCE)
    one, two, three = (answer(a_model(up), HELLO, Params()) for _ in range(3))
    await anext(one)
    await anext(two)
    third = asyncio.ensure_future(anext(three))
    await asyncio.sleep(0.01)
    assert not third.done()

    await two.aclose()

    assert await third == Answering("up", "Scripted", "upstream-m")
    await one.aclose()
    await three.aclose()


async def test_without_a_limit_many_are_answered_at_a_time():
    up = scripted()
    up.instance.will(Content("Hi"), SILENCE)
    replies = [answer(a_model(up), HELLO, Params()) for _ in range(50)]

    assert len(await asyncio.gather(*map(anext, replies))) == 50
    await asyncio.gather(*(reply.aclose() for reply in replies))


async def test_a_provider_at_its_limit_for_too_long_leaves_the_turn_to_the_next(monkeypatch):
    monkeypatch.setattr(concurrency_limit, "LONGEST_WAIT_S", 0.01)
    full, free = scripted("full", max_concurrent=1), scripted("free")
    full.instance.will(Content("Hi"), SILENCE)
    free.instance.will(Content("Hello"))

    async with aclosing(answer(a_model(full), HELLO, Params())) as taking:
        await anext(taking)
        attempt, *reply = await everything(a_model(full, free))

    assert isinstance(attempt.error, OverloadedError)
    assert "full is already handling 1 requests, the limit set by max_concurrent" in attempt.error.message
    assert reply == [Answering("free", "Scripted", "upstream-m"), Content("Hello")]
    assert full.state == "ready"


async def test_the_queue_is_no_longer_than_the_patience_for_a_first_piece():
    up = scripted(max_concurrent=1, first=0.01)
    up.instance.will(Content("Hi"), SILENCE)

    async with aclosing(answer(a_model(up), HELLO, Params())) as taking:
        await anext(taking)
        with pytest.raises(OverloadedError):
            await everything(a_model(up))


@pytest.mark.parametrize("how", ["whole", "failed", "stopped", "stopped in the queue", "closed"])
async def test_a_place_is_given_back_in_every_case(how):
    up = scripted(max_concurrent=1)
    up.instance.will(*([LATE] if how == "failed" else [Content("Hi")]), *([] if how == "whole" else [SILENCE]))
    if how == "closed":
        async with aclosing(answer(a_model(up), HELLO, Params())) as pieces:
            await anext(pieces)
    else:
        turns = [asyncio.create_task(everything(a_model(up))) for _ in range(1 + ("queue" in how))]
        await asyncio.sleep(0.01)
        for turn in reversed(turns):
            turn.cancel()
        await asyncio.wait(turns)
    up.instance.will(Content("Hello"))

    async with asyncio.timeout(1):
        assert (await everything(a_model(up)))[-1] == Content("Hello")


async def test_a_stopped_turn_leaves_the_queue_at_once():
    up = scripted(max_concurrent=1)
    up.instance.will(Content("Hi"), SILENCE)
    async with aclosing(answer(a_model(up), HELLO, Params())) as taking:
        await anext(taking)
        waiting = asyncio.create_task(everything(a_model(up)))
        await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            async with asyncio.timeout(1):
                await waiting


async def test_places_are_not_lost_when_turns_are_stopped_as_they_are_let_in():
    up = scripted(max_concurrent=3)
    up.instance.will(Content("Hi"))
    turns = [asyncio.create_task(everything(a_model(up))) for _ in range(200)]
    for number in range(0, 200, 2):
        await asyncio.sleep(0)
        turns[number].cancel()
    await asyncio.wait(turns)

    up.instance.will(Content("Hi"), SILENCE)
    replies = [answer(a_model(up), HELLO, Params()) for _ in range(3)]
    async with asyncio.timeout(1):
        await asyncio.gather(*map(anext, replies))
    await asyncio.gather(*(reply.aclose() for reply in replies))


async def test_only_failures_that_lead_to_another_route_are_logged(caplog):
    caplog.set_level("DEBUG", "g4f_lite")
    first, second = scripted("first"), scripted("second")
    first.instance.will(LATE)
    second.instance.will(OverloadedError("busy"))
    with pytest.raises(OverloadedError):
        await everything(a_model(first, second))

    assert caplog.messages == ["provider_rate_limited: provider first, model m; trying the next"]


async def test_health_follows_the_calls():
    up = scripted()
    up.instance.will(LATE)
    with pytest.raises(RateLimitedError):
        await everything(a_model(up))
    assert (up.state, up.health.last_error) == ("failing", LATE)

    up.instance.will(Content("Hi"))
    await everything(a_model(up))

    assert up.state == "ready"
    assert up.health.latency_ms >= 0
    assert up.health.last_success_at is not None
