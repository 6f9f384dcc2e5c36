import pytest

from g4f_lite.deadlines import within
from g4f_lite.errors import UpstreamTimeoutError
from g4f_lite.messages import Params, conversation
from g4f_lite.pieces import Content
from tests.scripted import SILENCE, scripted


async def heard_before_the_end(member):
    pieces = member.provider.stream("m", conversation("Hello"), Params())
    heard = []
    with pytest.raises(UpstreamTimeoutError) as raised:
        async for piece in within(member.settings.timeout, "up", pieces):
            heard.append(piece)
    return heard, str(raised.value)


async def test_the_first_piece_has_a_limit_of_its_own():
    up = scripted(first=0.01, idle=60)
    up.provider.will(SILENCE)

    heard, sentence = await heard_before_the_end(up)

    assert heard == []
    assert "begin to answer within 0.01 seconds" in sentence
    assert up.provider.closed


async def test_silence_in_the_middle_has_another():
    up = scripted(first=60, idle=0.01)
    up.provider.will(Content("Hi"), SILENCE)

    heard, sentence = await heard_before_the_end(up)

    assert heard == [Content("Hi")]
    assert "silent for 0.01 seconds" in sentence


async def test_the_whole_has_a_third():
    up = scripted(total=0.01)
    up.provider.will(Content("Hi"), SILENCE)

    _, sentence = await heard_before_the_end(up)

    assert "timeout.total" in sentence


async def test_a_reply_in_time_passes_unchanged():
    up = scripted()
    up.provider.will(Content("a"), Content("b"))
    pieces = up.provider.stream("m", conversation("Hello"), Params())

    assert [piece async for piece in within(up.settings.timeout, "up", pieces)] == [Content("a"), Content("b")]
