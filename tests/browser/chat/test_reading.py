import pytest
from playwright.sync_api import expect

from tests.support.services.openai_wire import DONE, chunk, delta
from tests.support.services.upstream import Gate, wait_until

END = [chunk({}, "stop"), DONE]
PARAGRAPHS = "".join(f"Paragraph {number}, which says little.\n\n" for number in range(40))
AT_THE_END = 4
"""Pixels that count as nothing."""


@pytest.fixture
def gate():
    return Gate()


@pytest.fixture
def long(chat, upstream, gate):
    """A chat with an answer longer than the window; each time `gate` lets one through, another part comes."""
    parts = [step for _ in range(3) for step in (wait_until(gate), delta(PARAGRAPHS))]
    upstream.will_answer([delta(PARAGRAPHS), *parts, delta("The end."), *END])
    chat.ask("Tell me a lot")
    expect(chat.answer).to_contain_text("Paragraph 39")
    return chat


def paragraphs(chat, count):
    expect(chat.answer.locator("p")).to_have_count(count)


def test_the_end_is_followed_while_the_reader_is_there(long, gate):
    long.page.wait_for_function(IS_AT_THE_END)

    gate.let_through()
    paragraphs(long, 80)

    long.page.wait_for_function(IS_AT_THE_END)


@pytest.mark.parametrize("way", ["wheel", "PageUp", "Home", "script"])
def test_a_reader_who_went_up_is_left_alone(long, gate, way):
    long.page.locator("body").click(position={"x": 600, "y": 100})
    if way == "wheel":
        long.page.mouse.wheel(0, -300)
    elif way == "script":  # as dragging the scroll bar does
        long.page.evaluate("scrollBy({ top: -300, behavior: 'instant' })")
    else:
        long.page.keyboard.press(way)
    expect(long.latest_button).to_be_visible()
    long.page.wait_for_function(SCROLL_HAS_SETTLED)
    before = long.page.evaluate("scrollY")

    gate.let_through()
    paragraphs(long, 80)

    assert long.page.evaluate("scrollY") == before
    gate.open()
    expect(long.answers).to_have_attribute("data-status", "complete")
    assert long.page.evaluate("scrollY") == before


def test_selecting_text_is_reading(long, gate):
    long.page.locator("p", has_text="Paragraph 39").dblclick()
    before = long.page.evaluate("scrollY")

    gate.let_through()
    paragraphs(long, 80)

    assert long.page.evaluate("scrollY") == before


def test_the_button_leads_back_and_the_end_is_followed_again(long, gate):
    long.page.mouse.wheel(0, -300)
    long.latest_button.click()
    expect(long.latest_button).to_be_hidden()

    gate.let_through()
    paragraphs(long, 80)

    long.page.wait_for_function(IS_AT_THE_END)


def test_nothing_moves_when_the_answer_ends(chat, upstream, gate):
    upstream.will_answer([delta(PARAGRAPHS), wait_until(gate), *END])
    chat.ask("Tell me a lot")
    expect(chat.answer).to_contain_text("Paragraph 39")
    last = chat.answer.locator("p").last
    before = last.bounding_box()

    gate.open()
    expect(chat.answers).to_have_attribute("data-status", "complete")

    assert last.bounding_box() == before


def test_a_conversation_opens_at_its_end(long, gate):
    gate.open()
    expect(long.answers).to_have_attribute("data-status", "complete")

    long.page.reload()

    expect(long.answer).to_contain_text("The end.")
    assert long.distance_to_end() <= AT_THE_END


class TestOnAPhone:
    @pytest.fixture
    def viewport(self):
        return {"width": 360, "height": 740}

    def test_nothing_scrolls_sideways(self, chat, upstream):
        wide = "x" * 300
        answer = (
            f"{wide}\n\n```python\n{wide}\n```\n\n| a | b |\n|--|--|\n| {wide} | {wide} |\n\n$${wide}$$\n\n`{wide}`"
        )
        upstream.will_answer([delta(answer), *END])

        chat.ask(wide)

        expect(chat.answers).to_have_attribute("data-status", "complete")
        assert chat.page.evaluate("document.documentElement.scrollWidth") <= 360

    def test_the_list_is_a_drawer(self, chat, upstream):
        chat.ask("One")
        expect(chat.answer).to_have_text("You said: One")
        expect(chat.conversation("One")).to_be_hidden()

        chat.page.get_by_role("button", name="Chats").click()
        expect(chat.conversation("One")).to_be_visible()
        chat.page.keyboard.press("Escape")
        expect(chat.conversation("One")).to_be_hidden()


IS_AT_THE_END = """() => {
  const { scrollHeight, clientHeight } = document.documentElement
  return scrollHeight - clientHeight - scrollY <= 4
}"""
SCROLL_HAS_SETTLED = """() => new Promise((resolve) => {
  let before = scrollY
  const look = () => requestAnimationFrame(() => (scrollY === before ? resolve(true) : ((before = scrollY), look())))
  requestAnimationFrame(look)
})"""
