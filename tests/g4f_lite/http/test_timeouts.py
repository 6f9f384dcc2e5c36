import asyncio
import time
from contextlib import suppress

import pytest

from g4f_lite.errors import UpstreamTimeoutError
from g4f_lite.http.liveness import bytes_arrived
from g4f_lite.http.timeouts import within
from g4f_lite.messages import Params, conversation
from g4f_lite.pieces import Content, Finish
from tests.support.services.scripted import SILENCE, scripted


async def heard_before_the_end(provider):
    pieces = provider.instance.stream("m", conversation("Hello"), Params())
    heard = []
    with pytest.raises(UpstreamTimeoutError) as raised:
        async for piece in within(provider.settings.timeout, "up", pieces):
            heard.append(piece)
    return heard, str(raised.value)


async def test_the_first_piece_has_a_limit_of_its_own():
    up = scripted(first=0.01, idle=60)
    up.instance.will(SILENCE)

    heard, sentence = await heard_before_the_end(up)

    assert heard == []
    assert "start to answer within 0.01 seconds" in sentence
    assert up.instance.closed


async def test_silence_in_the_middle_has_another():
    up = scripted(first=60, idle=0.01)
    up.instance.will(Content("Hi"), SILENCE)

    heard, sentence = await heard_before_the_end(up)

    assert heard == [Content("Hi")]
    assert "sent nothing for 0.01 seconds" in sentence


async def test_the_whole_has_a_third():
    up = scripted(total=0.01)
    up.instance.will(Content("Hi"), SILENCE)

    _, sentence = await heard_before_the_end(up)

    assert "timeout.total" in sentence


async def test_bytes_restart_the_clock_of_a_silence_and_not_that_of_the_whole():
    async def alive():
        for text in "ab":
            for _ in range(8):
                await asyncio.sleep(0.02)
                bytes_arrived()
            yield Content(text)
        while True:
            await asyncio.sleep(0.02)
            bytes_arrived()

    limits = scripted(first=0.15, idle=0.15, total=1.0).settings.timeout
    heard = []
    with pytest.raises(UpstreamTimeoutError, match=r"timeout\.total"):
        async for piece in within(limits, "up", alive()):
            heard.append(piece)

    assert heard == [Content("a"), Content("b")]


async def test_bytes_of_one_reply_say_nothing_about_another():
    quiet = scripted(first=0.03)
    quiet.instance.will(SILENCE)
    waiting = asyncio.create_task(anext(limited(quiet)))
    for _ in range(4):
        await asyncio.sleep(0.01)
        bytes_arrived()

    with pytest.raises(UpstreamTimeoutError):
        await waiting


async def test_a_reply_in_time_passes_unchanged():
    up = scripted()
    up.instance.will(Content("a"), Content("b"))
    pieces = up.instance.stream("m", conversation("Hello"), Params())

    assert [piece async for piece in within(up.settings.timeout, "up", pieces)] == [Content("a"), Content("b")]


async def test_a_silence_after_the_end_of_the_reply_is_no_failure():
    up = scripted(idle=0.01)
    up.instance.will(Content("a"), Finish("stop"), SILENCE)

    assert [piece async for piece in limited(up)] == [Content("a"), Finish("stop")]
    assert up.instance.closed


async def test_the_readers_time_does_not_count():
    up = scripted(first=0.01, idle=0.01)
    up.instance.will(Content("a"), Content("b"), Content("c"))
    heard = []
    async for piece in limited(up):
        heard.append(piece)
        await asyncio.sleep(0.03)

    assert len(heard) == 3


async def test_silence_after_a_slow_reader_still_ends():
    up = scripted(first=0.01, idle=0.02)
    up.instance.will(Content("a"), SILENCE)
    pieces = limited(up)
    await anext(pieces)
    await asyncio.sleep(0.03)

    with pytest.raises(UpstreamTimeoutError, match=r"sent nothing for 0\.02 seconds"):
        await anext(pieces)


async def test_a_wait_may_last_longer_than_the_one_before():
    async def pieces():
        yield Content("a")
        await asyncio.sleep(0.03)
        yield Content("b")

    limits = scripted(first=0.01, idle=60).settings.timeout

    assert [piece async for piece in within(limits, "up", pieces())] == [Content("a"), Content("b")]


async def test_each_piece_may_be_asked_for_by_another_task():
    up = scripted(first=60, idle=0.01)
    up.instance.will(Content("a"), Content("b"), SILENCE)
    pieces = limited(up)

    async def following():
        return await anext(pieces)

    assert [await asyncio.create_task(following()) for _ in "ab"] == [Content("a"), Content("b")]
    with pytest.raises(UpstreamTimeoutError):
        await asyncio.create_task(following())


async def test_a_time_out_leaves_the_task_as_it_was():
    up = scripted(first=0.01)
    up.instance.will(SILENCE)
    with pytest.raises(UpstreamTimeoutError):
        await anext(limited(up))

    assert asyncio.current_task().cancelling() == 0


async def test_a_task_that_overcame_a_stop_before_can_meet_a_time_out():
    up = scripted(first=0.01)
    up.instance.will(SILENCE)

    async def stubborn():
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        with pytest.raises(UpstreamTimeoutError):
            await anext(limited(up))
        return asyncio.current_task().cancelling()

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    task.cancel()

    assert await task == 1


@pytest.mark.parametrize("stop_s", [0.009, 0.011], ids=["just before", "just after"])
async def test_a_stop_at_the_moment_of_the_time_out_is_a_stop(stop_s):
    up = scripted(first=0.01)
    up.instance.will(SILENCE)
    task = asyncio.ensure_future(anext(limited(up)))
    asyncio.get_running_loop().call_later(stop_s, task.cancel)
    await asyncio.sleep(0)
    time.sleep(0.03)  # the loop finds both due when it comes to look

    with pytest.raises(asyncio.CancelledError):
        await task
    assert up.instance.closed


async def test_a_time_out_that_its_source_overcame_hides_no_later_stop():
    async def stubborn():
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        yield Content("a")
        await asyncio.Event().wait()

    pieces = within(scripted(first=0.01).settings.timeout, "up", stubborn())
    assert await anext(pieces) == Content("a")
    task = asyncio.ensure_future(anext(pieces))
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_of_many_stops_that_race_with_the_time_out_each_has_one_end():
    async def race(lead_s):
        up = scripted(first=0.05)
        up.instance.will(SILENCE)
        task = asyncio.ensure_future(anext(limited(up)))
        stops = []
        asyncio.get_running_loop().call_later(0.05 + lead_s, lambda: stops.append(task.cancel()))
        await asyncio.wait({task})
        while not stops:
            await asyncio.sleep(0.001)
        assert up.instance.closed
        assert task.cancelled() == stops[0]
        assert task.cancelled() or type(task.exception()) is UpstreamTimeoutError

    await asyncio.gather(*(race((number - 300) * 1e-5) for number in range(600)))


def limited(provider):
    return within(provider.settings.timeout, "up", provider.instance.stream("m", conversation("Hello"), Params()))
