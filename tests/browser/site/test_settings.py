import re

import pytest
from playwright.sync_api import expect

from tests.browser.chat.test_conversing import is_
from tests.support.services.openai_wire import DONE, chunk, delta
from tests.support.services.upstream import Gate, wait_until

BROWSER_SAYS = """([now, asked]) => {
  Object.defineProperty(Notification, "permission", { value: now, configurable: true })
  Notification.requestPermission = async () => asked
}"""


@pytest.fixture
def settings_dialog(chat):
    """The settings, opened over the chat."""
    chat.page.get_by_role("link", name="Settings").click()
    dialog = chat.page.get_by_role("dialog", name="Settings")
    expect(dialog).to_be_visible()
    return dialog


def saved(chat):
    return chat.page.get_by_role("status").filter(has_text=re.compile("^Saved$"))


def test_a_setting_is_kept_as_soon_as_it_is_chosen(chat):
    html = chat.page.locator("html")
    chat.page.goto("/chat/settings")

    chat.page.get_by_label("Theme", exact=True).select_option("dark")

    expect(html).to_have_attribute("data-theme", "dark")
    expect(saved(chat)).to_be_visible()
    chat.page.get_by_role("link", name="Back to chat").click()
    expect(html).to_have_attribute("data-theme", "dark")
    assert chat.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_the_dialog_leaves_a_running_answer_alone(chat, upstream):
    gate = Gate()
    upstream.will_answer([delta("Half of"), wait_until(gate), delta(" it"), chunk({}, "stop"), DONE])
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("Half of")

    chat.page.get_by_role("link", name="Settings").click()
    chat.page.get_by_label("Text size").select_option("larger")
    expect(saved(chat)).to_be_visible()
    chat.page.keyboard.press("Escape")
    gate.open()

    expect(chat.page.locator("html")).to_have_attribute("data-text-size", "larger")
    expect(chat.answers).to_have_attribute(**is_("complete"))
    expect(chat.answer).to_have_text("Half of it")


def test_closing_gives_the_focus_back(chat, settings_dialog):
    settings_dialog.get_by_role("button", name="Close").click()

    expect(settings_dialog).to_be_hidden()
    expect(chat.page.get_by_role("link", name="Settings")).to_be_focused()


def test_another_language_keeps_what_was_typed(chat):
    chat.field.fill("not yet sent")
    chat.page.get_by_role("link", name="Settings").click()

    with chat.page.expect_navigation():
        chat.page.locator("select[name=language]").select_option("ar")

    expect(chat.page.locator("html")).to_have_attribute("dir", "rtl")
    expect(chat.page.locator("#question")).to_have_value("not yet sent")


def test_a_reset_brings_the_default_back(chat, settings_dialog):
    theme, reset = (
        settings_dialog.get_by_label("Theme", exact=True),
        settings_dialog.get_by_role("button", name="Reset: Theme"),
    )
    expect(reset).to_be_hidden()
    theme.select_option("light")

    reset.click()

    expect(theme).to_have_value("system")
    expect(chat.page.locator("html")).to_have_attribute("data-theme", "system")
    expect(reset).to_be_hidden()
    chat.page.reload()
    expect(chat.page.locator("html")).to_have_attribute("data-theme", "system")


def test_examples_can_be_switched_off(chat, settings_dialog):
    examples = chat.page.locator(".examples")
    expect(examples).to_be_visible()

    settings_dialog.get_by_role("switch", name="Show examples").click()

    expect(examples).to_be_hidden()
    expect(saved(chat)).to_be_visible()
    chat.page.reload()
    expect(examples).to_be_hidden()


def test_what_cannot_be_kept_is_said(chat, settings_dialog):
    chat.page.route("**/chat/settings", lambda route: route.abort())

    settings_dialog.get_by_label("Theme", exact=True).select_option("dark")

    expect(settings_dialog.get_by_text("Not saved")).to_be_visible()
    expect(chat.page.locator("html")).to_have_attribute("data-theme", "system")


def test_settings_that_cannot_be_had_are_said(chat):
    chat.page.route("**/chat/parts/settings", lambda route: route.abort())

    chat.page.get_by_role("link", name="Settings").click()

    expect(chat.page.locator("chat-toast").get_by_text("Cannot reach the server.")).to_be_visible()


def test_a_browser_that_allows_notifications_gets_them(chat, settings_dialog):
    chat.page.evaluate(BROWSER_SAYS, ["default", "granted"])

    settings_dialog.get_by_role("switch", name="Notify me").click()

    expect(saved(chat)).to_be_visible()
    expect(chat.page.locator("html")).to_have_attribute("data-notify", "on")


def test_a_browser_that_blocks_notifications_is_said(chat, settings_dialog):
    chat.page.evaluate(BROWSER_SAYS, ["default", "denied"])
    switch = settings_dialog.get_by_role("switch", name="Notify me")

    switch.click()

    expect(settings_dialog.get_by_text("Your browser blocks notifications")).to_be_visible()
    expect(switch).not_to_be_checked()
    expect(chat.page.locator("html")).to_have_attribute("data-notify", "off")


def test_notifications_without_https_are_explained(chat):
    chat.page.evaluate("Object.defineProperty(window, 'isSecureContext', { value: false })")

    chat.page.get_by_role("link", name="Settings").click()

    expect(chat.page.get_by_text("Notifications need HTTPS")).to_be_visible()
    expect(chat.page.get_by_role("switch", name="Notify me")).to_be_disabled()


def test_notifications_that_the_browser_blocks_by_now_are_not_called_on(chat, context, address):
    context.add_cookies([{"name": "chat_notify", "value": "on", "url": address}])
    chat.page.evaluate(BROWSER_SAYS, ["denied", "denied"])

    chat.page.get_by_role("link", name="Settings").click()

    expect(chat.page.get_by_text("Your browser blocks notifications")).to_be_visible()
    expect(chat.page.get_by_role("switch", name="Notify me")).not_to_be_checked()


def test_deleting_all_chats_names_how_many_and_asks(chat, upstream):
    for question in ("One", "Two"):
        chat.page.goto("/chat/")
        chat.ask(question)
        expect(chat.answers).to_have_attribute(**is_("complete"))
    chat.page.get_by_role("link", name="Settings").click()
    chat.page.get_by_role("button", name="Delete all…").click()
    asks = chat.page.get_by_role("alertdialog", name="Delete all chats?")

    asks.get_by_role("button", name="Cancel").click()
    expect(asks).to_be_hidden()
    chat.page.get_by_role("button", name="Delete all…").click()
    asks.get_by_role("button", name="Delete 2 chats").click()

    expect(chat.page).to_have_url(re.compile("/chat/$"))
    expect(chat.page.locator(".sidebar-link")).to_have_count(0)


def test_everything_is_exported_as_one_file(chat, upstream):
    chat.ask("Tell me")
    expect(chat.answers).to_have_attribute(**is_("complete"))
    chat.page.get_by_role("link", name="Settings").click()

    with chat.page.expect_download() as download:
        chat.page.get_by_role("link", name="Export").click()

    assert "Tell me" in download.value.path().read_text()
    expect(chat.page.get_by_role("dialog", name="Settings")).to_be_visible()


def test_the_browsers_frame_has_the_colour_of_the_page(chat):
    painted = """(scheme) => {
      const dot = document.createElement("canvas").getContext("2d")
      dot.fillStyle = getComputedStyle(document.documentElement).backgroundColor
      dot.fillRect(0, 0, 1, 1)
      const [r, g, b] = dot.getImageData(0, 0, 1, 1).data
      return "#" + [r, g, b].map((one) => one.toString(16).padStart(2, "0")).join("")
    }"""
    for scheme in ("light", "dark"):
        chat.page.emulate_media(color_scheme=scheme)
        colour = chat.page.locator(f"meta[name=theme-color][data-scheme={scheme}]").get_attribute("content")
        assert colour == chat.page.evaluate(painted, scheme)


def test_the_browsers_frame_follows_the_theme(chat, settings_dialog):
    colours = "Array.from(document.querySelectorAll('meta[name=theme-color]'), (meta) => meta.content)"
    light, dark = chat.page.evaluate(colours)

    settings_dialog.get_by_label("Theme", exact=True).select_option("dark")
    expect(saved(chat)).to_be_visible()
    assert chat.page.evaluate(colours) == [dark, dark]
    chat.page.reload()
    assert chat.page.evaluate(colours) == [dark, dark]
    assert light != dark


class TestWithoutScripts:
    @pytest.fixture
    def context(self, browser, address, viewport):
        context = browser.new_context(base_url=address, viewport=viewport, java_script_enabled=False)
        yield context
        context.close()

    def test_the_form_is_sent_by_its_button(self, page):
        page.goto("/chat/settings")

        page.get_by_label("Theme", exact=True).select_option("dark")
        page.get_by_role("switch", name="Show examples").click()
        page.get_by_role("button", name="Save").click()

        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        expect(page.get_by_role("switch", name="Show examples")).not_to_be_checked()
        page.get_by_role("button", name="Reset: Theme").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "system")
        expect(page.get_by_role("switch", name="Show examples")).not_to_be_checked()
