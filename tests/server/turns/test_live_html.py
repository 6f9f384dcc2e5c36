import asyncio
import time
from dataclasses import dataclass

from server.render import blocks
from server.render.rendering import LONG_TAIL
from server.turns import live_html
from server.turns.live_html import LiveRendering


@dataclass
class Answer:
    content: str = ""
    content_seq: int = 0

    def say(self, text: str) -> None:
        self.content += text
        self.content_seq += 1


def html(rendering):
    return "".join(block.html for block in rendering.blocks)


async def test_it_is_rendered_when_it_is_looked_at():
    answer = Answer()
    shown = LiveRendering(answer)
    answer.say("some *text*")

    assert html(await shown.render()) == "<p>some <em>text</em></p>\n"


async def test_a_second_look_a_moment_later_costs_nothing():
    answer = Answer()
    shown = LiveRendering(answer)
    answer.say("one")
    await shown.render()
    answer.say(" two")

    assert (await shown.render()).seq == 1
    assert (await shown.render(now=True)).seq == 2


async def test_the_next_rendering_comes_after_its_pause():
    answer = Answer()
    shown = LiveRendering(answer)
    answer.say("one")
    await shown.render()
    answer.say(" two")

    await shown.wait()

    assert (await shown.render()).seq == 2


async def test_a_busy_loop_makes_the_pauses_longer():
    answer = Answer()
    shown = LiveRendering(answer)
    asyncio.get_running_loop().call_soon(time.sleep, 0.05)  # something else takes the loop meanwhile

    await shown.wait()
    answer.say("one")
    await shown.render(now=True)

    assert shown._pause_s() >= 0.05 * live_html.LAG_FACTOR


async def test_the_last_look_is_what_history_shows():
    answer = Answer()
    shown = LiveRendering(answer)
    answer.say("see [there]\n\n")
    await shown.render()
    answer.say("[there]: https://example.org")
    shown.complete()

    assert html(await shown.render()) == "".join(blocks(answer.content))


async def test_a_long_open_block_is_rendered_in_a_thread_and_arrives_whole():
    answer = Answer()
    shown = LiveRendering(answer)
    answer.say("- item\n" * (LONG_TAIL // 4))

    assert html(await shown.render()).count("<li>") >= LONG_TAIL // 4 - 1


async def test_an_answer_that_goes_on_is_rendered_off_the_loop_even_if_the_first_reader_leaves():
    answer = Answer("some *text*", 7)
    shown = LiveRendering(answer)
    first = asyncio.create_task(shown.render())
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])

    rendering = await shown.render()

    assert html(rendering) == "<p>some <em>text</em></p>\n"
    assert rendering.seq == 7


async def test_the_last_rendering_comes_even_if_its_first_reader_leaves():
    answer = Answer()
    shown = LiveRendering(answer)
    answer.say("see [there]\n\n[there]: https://example.org")
    await shown.render()
    shown.complete()
    first = asyncio.create_task(shown.render())
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])

    assert html(await shown.render()) == "".join(blocks(answer.content))
