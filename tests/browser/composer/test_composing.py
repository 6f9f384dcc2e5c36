import pytest
from playwright.sync_api import expect

from tests.browser.actions import Chat
from tests.support.services.openai_wire import delta
from tests.support.services.upstream import silence


def lines(chat, number):
    """Return the height of the field with so many lines."""
    chat.field.fill("\n" * (number - 1))
    return chat.field.bounding_box()["height"]


def test_the_field_has_the_focus_when_a_chat_opens(chat):
    expect(chat.field).to_be_focused()
    chat.ask("One")
    expect(chat.answer).to_have_text("You said: One")

    chat.page.reload()

    expect(chat.field).to_be_focused()


def test_it_shrinks_after_sending(chat):
    one = lines(chat, 1)
    chat.field.fill("a\nb\nc")
    assert chat.field.bounding_box()["height"] > one

    chat.field.press("Enter")

    expect(chat.field).to_have_value("")
    assert chat.field.bounding_box()["height"] == one


def test_where_control_enter_sends_enter_is_a_new_line(chat, context, address):
    context.add_cookies([{"name": "chat_send_key", "value": "ctrl-enter", "url": address}])
    chat.page.reload()
    chat.field.fill("One")

    chat.field.press("Enter")
    expect(chat.field).to_have_value("One\n")
    chat.field.press("Control+Enter")

    expect(chat.answer).to_have_text("You said: One")


def test_enter_that_ends_a_composition_does_not_send_in_safari_either(chat):
    chat.field.fill("にほん")

    chat.field.evaluate(
        """field => {
          field.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true }))
          field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }))
          field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true }))
        }"""
    )

    expect(chat.field).to_have_value("にほん")
    expect(chat.messages).to_have_count(0)


def test_send_becomes_stop_in_the_same_place(chat, upstream):
    upstream.will_answer([delta("Half"), silence()])
    place = chat.send_button.bounding_box()

    chat.ask("Tell me")

    expect(chat.answer).to_have_text("Half")
    stop = chat.stop_button.bounding_box()
    assert (stop["x"], stop["width"]) == (place["x"], place["width"])
    chat.stop_button.click()
    expect(chat.send_button).to_be_visible()


def test_a_reload_in_mid_answer_keeps_the_draft_and_offers_to_stop(chat, upstream):
    upstream.will_answer([delta("Half"), silence()])
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("Half")
    chat.field.fill("and more")

    chat.page.reload()

    expect(chat.field).to_have_value("and more")
    expect(chat.stop_button).to_be_visible()
    chat.stop_button.click()


def test_the_draft_of_another_tab_shows_up_but_never_over_what_is_written_here(chat, context):
    other = Chat(context.new_page())
    other.page.goto("/chat/")
    chat.field.fill("from here")
    expect(other.field).to_have_value("from here")
    other.field.fill("from there")

    expect(chat.field).to_have_value("from here")


def test_sending_in_one_tab_keeps_what_another_wrote_since(chat, context, upstream):
    chat.field.fill("mine")
    other = Chat(context.new_page())
    other.page.goto("/chat/")
    other.field.fill("theirs")

    chat.field.press("Enter")
    expect(chat.answer).to_have_text("You said: mine")
    other.page.reload()

    expect(other.field).to_have_value("theirs")


def test_a_late_word_of_a_draft_does_not_bring_it_back(chat, context):
    other = Chat(context.new_page())
    other.page.goto("/chat/")

    chat.page.evaluate("dispatchEvent(new StorageEvent('storage', { key: 'draft:', newValue: 'sent meanwhile' }))")

    expect(chat.field).to_have_value("sent meanwhile")
    assert chat.page.evaluate("localStorage.getItem('draft:')") in (None, "")
    expect(other.field).to_have_value("")


@pytest.mark.parametrize("name", ["q", "prompt"])
def test_the_address_can_fill_the_field_and_forgets_it(chat, name):
    chat.page.goto(f"/chat/?{name}=What%20is%0Athis%3F&x=1")

    expect(chat.field).to_have_value("What is\nthis?")
    expect(chat.messages).to_have_count(0)
    assert chat.page.url.endswith("/chat/?x=1")


def test_the_address_does_not_erase_a_draft(chat):
    chat.field.fill("Precious words")

    chat.page.goto("/chat/?q=More")

    expect(chat.field).to_have_value("Precious words\nMore")


def test_an_example_takes_the_place_of_another_but_not_of_what_was_written(chat):
    examples = chat.page.get_by_role("group", name="Examples").get_by_role("button")
    one, two = (examples.nth(index).inner_text() for index in (0, 1))
    examples.nth(0).click()
    examples.nth(1).click()
    expect(chat.field).to_have_value(two)

    chat.field.fill("Precious words")
    examples.nth(0).click()

    expect(chat.field).to_have_value(f"Precious words\n{one}")


def test_examples_can_be_switched_off(chat, context, address):
    context.add_cookies([{"name": "chat_examples", "value": "off", "url": address}])

    chat.page.reload()

    expect(chat.page.locator(".examples")).to_be_hidden()
    expect(chat.field).to_be_visible()


def test_arrow_up_in_the_empty_field_changes_the_last_question(chat):
    chat.ask("One")
    expect(chat.answers).to_have_attribute("data-status", "complete")

    chat.field.press("ArrowUp")

    expect(chat.questions.get_by_role("textbox")).to_have_value("One")
    chat.page.keyboard.press("Escape")
    chat.field.fill("Two")
    chat.field.press("ArrowUp")
    expect(chat.field).to_have_value("Two")
    expect(chat.questions.get_by_role("textbox")).to_have_count(0)


class TestOnAPhone:
    @pytest.fixture
    def viewport(self):
        return {"width": 360, "height": 700}

    @pytest.fixture
    def is_phone(self):
        return True

    def test_the_keyboard_does_not_pop_up_by_itself(self, chat):
        expect(chat.field).not_to_be_focused()

    def test_enter_is_a_new_line_and_the_button_sends(self, chat):
        expect(chat.field).to_have_attribute("enterkeyhint", "enter")
        chat.field.fill("One")
        chat.field.press("Enter")
        expect(chat.field).to_have_value("One\n")

        chat.send_button.tap()

        expect(chat.answer).to_have_text("You said: One")

    def test_it_grows_no_further_than_four_lines_and_does_not_make_the_page_zoom(self, chat):
        assert lines(chat, 1) < lines(chat, 3) < lines(chat, 4) == lines(chat, 9)
        assert chat.field.evaluate("field => parseFloat(getComputedStyle(field).fontSize)") >= 16

    def test_what_is_written_during_an_answer_can_wait_for_its_end(self, chat, upstream):
        upstream.will_answer([delta("Half"), silence()])
        chat.field.fill("One")
        chat.send_button.tap()
        expect(chat.answer).to_have_text("Half")
        chat.field.fill("Two")

        chat.page.get_by_role("button", name="Queue message").tap()

        expect(chat.page.get_by_role("group", name="Queued message")).to_contain_text("Two")
        chat.stop_button.tap()
        expect(chat.field).to_have_value("Two")
