import json

import pytest
from playwright.sync_api import expect

from tests.support.services.openai_wire import openai_stream

TRICKY = """Say "<b>it's</b>" & 'that' \\ </textarea>"""
LONG = "é" * 20_000


class Panel:
    """The parameters of a chat."""

    def __init__(self, page):
        self.page = page
        self.button = page.get_by_role("button", name="Parameters")
        self.dialog = page.get_by_role("dialog", name="Chat parameters")
        self.preset = self.dialog.get_by_label("Preset", exact=True)
        self.system = self.dialog.get_by_role("textbox", name="System prompt")
        self.temperature = self.dialog.get_by_role("spinbutton", name="Temperature")
        self.max_tokens = self.dialog.get_by_role("spinbutton", name="Maximum answer length")
        self.state = self.dialog.locator("[data-state]")

    def do(self, name):
        self.dialog.get_by_role("button", name=name).click()

    def save_as(self, name):
        self.do("Save as preset")
        self.page.keyboard.type(name)
        self.page.keyboard.press("Enter")
        expect(self.preset.locator("option:checked")).to_have_text(name)


@pytest.fixture
def settings(settings):
    settings["models"]["warm"] = {"routes": ["up/warm-model"], "params": {"temperature": 0.7}}
    return settings


@pytest.fixture
def panel(chat):
    """The parameters, open."""
    panel = Panel(chat.page)
    panel.button.click()
    expect(panel.dialog).to_be_visible()
    return panel


def asked(upstream):
    """Return the body of the last request for an answer."""
    return json.loads(upstream.requests[-1].body)


def test_what_is_set_before_the_first_message_goes_with_it(chat, panel, upstream):
    panel.system.fill("Be brief.")
    panel.temperature.fill("0.5")
    expect(panel.state).to_have_text("Saved")
    chat.page.reload()
    expect(panel.button).to_have_accessible_name("Parameters (changed)")

    chat.ask("Hello")

    expect(chat.answers).to_have_attribute("data-status", "complete")
    assert asked(upstream)["temperature"] == 0.5
    assert asked(upstream)["messages"][0] == {"role": "system", "content": "Be brief."}
    chat.page.goto("/chat/")
    expect(panel.button).to_have_accessible_name("Parameters")


def test_a_conversation_keeps_them_and_they_count_for_the_next_turn(chat, upstream):
    chat.ask("Hello")
    expect(chat.answers).to_have_attribute("data-status", "complete")
    assert "temperature" not in asked(upstream)
    panel = Panel(chat.page)
    panel.button.click()
    panel.system.fill(TRICKY)
    panel.temperature.fill("1.5")
    expect(panel.state).to_have_text("Saved")

    chat.page.reload()

    panel.button.click()
    expect(panel.temperature).to_have_value("1.5")
    expect(panel.system).to_have_value(TRICKY)
    chat.page.keyboard.press("Escape")
    with chat.page.expect_request("**/backend-api/v2/conversation") as sent:
        chat.ask("Again")
    assert "params" not in sent.value.post_data_json
    expect(chat.answers.last).to_have_attribute("data-status", "complete")
    assert asked(upstream)["temperature"] == 1.5


def test_what_could_not_be_saved_is_brought_by_the_next_message(chat, upstream):
    chat.ask("Hello")
    expect(chat.answers).to_have_attribute("data-status", "complete")
    panel = Panel(chat.page)
    panel.button.click()
    chat.page.route("**/backend-api/v2/conversations/*", lambda route: route.abort())
    panel.temperature.fill("1.5")
    expect(panel.state).to_have_text("Saved with your next message.")
    chat.page.unroute_all()
    chat.page.keyboard.press("Escape")

    chat.ask("Again")

    expect(chat.answers.last).to_have_attribute("data-status", "complete")
    assert asked(upstream)["temperature"] == 1.5


@pytest.mark.parametrize(("field", "wrong", "said"), [
    ("temperature", "2.1", "Enter a number from 0 to 2."),
    ("max_tokens", "1.5", "Enter a whole number from 1 to 1,000,000."),
    ("max_tokens", "0", "Enter a whole number from 1 to 1,000,000."),
    ("system", LONG, "Too long. The limit is 32 KiB"),
])  # fmt: skip
def test_a_wrong_value_is_said_beside_its_field_and_goes_nowhere(chat, panel, upstream, field, wrong, said):
    getattr(panel, field).fill(wrong)

    expect(panel.dialog.get_by_text(said)).to_be_visible()
    expect(getattr(panel, field)).to_have_attribute("aria-invalid", "true")
    chat.page.keyboard.press("Escape")
    with chat.page.expect_request("**/backend-api/v2/conversation") as sent:
        chat.ask("Hello")
    assert "params" not in sent.value.post_data_json


def test_a_value_can_be_reset(panel):
    reset = panel.dialog.get_by_role("button", name="Reset: Temperature")
    expect(reset).to_be_hidden()
    panel.temperature.fill("0.5")
    expect(panel.button).to_have_accessible_name("Parameters (changed)")

    reset.click()

    expect(panel.temperature).to_have_value("")
    expect(panel.temperature).to_be_focused()
    expect(panel.button).to_have_accessible_name("Parameters")
    expect(reset).to_be_hidden()


def test_an_empty_field_shows_what_the_model_has_by_itself(chat, panel):
    expect(panel.temperature).to_have_attribute("placeholder", "model default")
    chat.page.keyboard.press("Escape")

    chat.pick("warm")

    panel.button.click()
    expect(panel.temperature).to_have_attribute("placeholder", "0.7")


def test_a_ready_preset_fills_everything_in(panel):
    panel.max_tokens.fill("5")

    panel.preset.select_option("Careful reviewer")

    expect(panel.temperature).to_have_value("0.2")
    expect(panel.max_tokens).to_have_value("")
    expect(panel.state).to_have_text("Saved")
    panel.temperature.fill("0.3")
    expect(panel.preset.locator("option:checked")).to_have_text("Custom")
    panel.preset.select_option("None")
    expect(panel.system).to_have_value("")


def test_a_preset_of_ones_own_is_saved_changed_and_renamed(chat, panel):
    panel.temperature.fill("0.5")
    panel.save_as("Mine")

    panel.temperature.fill("0.6")
    panel.do("Update preset")
    expect(panel.preset.locator("option:checked")).to_have_text("Mine")
    panel.do("Rename")
    chat.page.keyboard.type("Yours")
    chat.page.keyboard.press("Enter")
    expect(panel.preset.locator("option:checked")).to_have_text("Yours")

    chat.page.reload()
    panel.button.click()
    panel.preset.select_option("None")
    panel.preset.select_option("Yours")
    expect(panel.temperature).to_have_value("0.6")


def test_a_preset_needs_a_name_and_escape_leaves_it(chat, panel):
    panel.temperature.fill("0.5")
    panel.do("Save as preset")

    chat.page.keyboard.press("Enter")

    expect(panel.dialog.get_by_text("Enter at least one character.")).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(panel.dialog.get_by_placeholder("Preset name")).to_be_hidden()
    expect(panel.dialog).to_be_visible()


def test_a_deleted_preset_can_be_brought_back(panel):
    panel.temperature.fill("0.5")
    panel.save_as("Mine")

    panel.do("Delete preset")

    expect(panel.dialog.get_by_text("“Mine” was deleted.")).to_be_visible()
    expect(panel.preset.locator("option:checked")).to_have_text("Custom")
    panel.do("Undo")
    expect(panel.preset.locator("option:checked")).to_have_text("Mine")


def test_without_the_server_a_preset_says_that_it_is_not_saved(chat, panel):
    panel.temperature.fill("0.5")
    chat.page.route("**/backend-api/v2/presets", lambda route: route.abort())
    panel.do("Save as preset")
    chat.page.keyboard.type("Mine")

    chat.page.keyboard.press("Enter")

    expect(panel.dialog.get_by_text("Cannot reach the server.")).to_be_visible()


def test_escape_closes_and_the_focus_returns(chat, panel, upstream):
    upstream.will_answer(openai_stream("x"))

    chat.page.keyboard.press("Escape")

    expect(panel.dialog).to_be_hidden()
    expect(panel.button).to_be_focused()
