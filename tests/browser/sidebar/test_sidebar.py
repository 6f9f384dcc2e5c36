"""The list of conversations: what can be done with one of them, and what the list shows of it."""

import re

import pytest
from playwright.sync_api import expect

from server.pages.sidebar import PAGE
from tests.browser.actions import Chat
from tests.support.services.upstream import silence
from tests.support.stores import a_turn, answered


@pytest.fixture
def store(app):
    return app.extensions["chat"].store


@pytest.fixture
def some(store, chat):
    """A page that lists three conversations, none of them open."""
    for title in ("One", "Two", "Three"):
        answered(store, a_turn(title=title))
    chat.page.reload()
    expect(titles(chat)).to_have_text(["Three", "Two", "One"])
    return chat


def titles(chat):
    return chat.page.get_by_role("navigation", name="Chats").locator("[data-title]")


def row(chat, name):
    return chat.page.get_by_role("listitem").filter(has=chat.page.get_by_role("link", name=name))


def act(chat, name, what):
    """Choose something in the menu of a conversation."""
    row(chat, name).hover()
    row(chat, name).get_by_role("button", name="More").click()
    chat.page.get_by_role("menuitem", name=what, exact=True).click()


def open_(chat, name):
    chat.conversation(name).click()
    expect(chat.page).to_have_title(f"{name} – g4f-lite")


def toast(chat):
    return chat.page.locator("chat-toast")


def test_without_conversations_the_list_says_so(chat):
    expect(chat.page.get_by_text("Your chats will appear here.")).to_be_visible()


class TestRenaming:
    def test_by_menu_and_enter(self, some):
        act(some, "Two", "Rename")
        field = some.page.get_by_role("textbox", name="Title")
        expect(field).to_be_focused()

        field.fill("Second")
        field.press("Enter")

        expect(titles(some)).to_have_text(["Three", "Second", "One"])
        expect(some.conversation("Second")).to_be_focused()
        some.page.reload()
        expect(titles(some)).to_have_text(["Three", "Second", "One"])

    def test_by_key_and_taken_back_by_escape(self, some):
        some.conversation("Two").focus()
        some.page.keyboard.press("F2")
        field = some.page.get_by_role("textbox", name="Title")

        field.fill("Second")
        field.press("Escape")

        expect(field).to_have_count(0)
        expect(titles(some)).to_have_text(["Three", "Two", "One"])
        expect(some.conversation("Two")).to_be_focused()

    def test_leaving_the_field_keeps_the_title(self, some):
        act(some, "Two", "Rename")
        some.page.get_by_role("textbox", name="Title").fill("Second")

        some.field.click()

        expect(titles(some)).to_have_text(["Three", "Second", "One"])

    def test_a_blank_title_is_refused_and_it_says_so(self, some):
        act(some, "Two", "Rename")
        field = some.page.get_by_role("textbox", name="Title")
        field.fill("  ")
        field.press("Enter")

        expect(field).to_be_focused()
        assert field.evaluate("field => field.validationMessage") == "Enter at least one character."
        some.field.click()
        expect(titles(some)).to_have_text(["Three", "Two", "One"])

    def test_a_double_click_on_the_open_one_changes_the_pages_title_too(self, some):
        open_(some, "Two")
        some.conversation("Two").dblclick()

        some.page.get_by_role("textbox", name="Title").fill("Second")
        some.page.keyboard.press("Enter")

        expect(some.page).to_have_title("Second – g4f-lite")
        expect(some.page.get_by_role("heading", level=1)).to_have_text("Second")

    def test_a_double_click_on_another_opens_it_and_changes_its_title(self, some):
        some.conversation("Two").dblclick()

        expect(some.page).to_have_title("Two – g4f-lite")
        some.page.get_by_role("textbox", name="Title").fill("Second")
        some.page.keyboard.press("Enter")
        expect(titles(some)).to_have_text(["Three", "Second", "One"])
        expect(some.page).to_have_title("Second – g4f-lite")

    def test_the_title_of_one_that_is_answering_is_all_there_is_to_change(self, chat, upstream):
        upstream.will_answer([silence()])
        chat.ask("Tell me")
        act(chat, "Tell me", "Rename")

        expect(chat.page.get_by_role("textbox", name="Title")).to_have_value("Tell me")
        chat.page.keyboard.press("Escape")
        chat.stop_button.click()

    @pytest.mark.parametrize("way", ["double click", "button", "F2"])
    def test_at_the_top_of_the_page(self, some, way):
        open_(some, "Two")
        heading = some.page.get_by_role("heading", level=1)
        if way == "double click":
            heading.dblclick()
        elif way == "button":
            some.page.get_by_role("banner").get_by_role("button", name="Rename").click()
        else:
            heading.click()
            some.page.keyboard.press("F2")

        some.page.get_by_role("textbox", name="Title").fill("Second")
        some.page.keyboard.press("Enter")

        expect(heading).to_have_text("Second")
        expect(titles(some)).to_have_text(["Three", "Second", "One"])

    def test_a_new_chat_has_no_title_to_change(self, chat):
        chat.page.get_by_role("heading", level=1).dblclick()

        expect(chat.page.get_by_role("textbox", name="Title")).to_have_count(0)

    def test_a_failure_puts_the_old_title_back_and_says_why(self, some):
        some.page.route("**/conversations/*", lambda route: route.abort())
        act(some, "Two", "Rename")
        some.page.get_by_role("textbox", name="Title").fill("Second")
        some.page.keyboard.press("Enter")

        expect(toast(some)).to_contain_text("Cannot reach the server.")
        expect(titles(some)).to_have_text(["Three", "Two", "One"])

    def test_news_do_not_take_the_field_away(self, some, store):
        act(some, "Two", "Rename")
        field = some.page.get_by_role("textbox", name="Title")
        field.fill("Second")
        other = Chat(some.page.context.new_page())
        other.page.goto("/chat/")

        other.ask("Something new")

        expect(other.conversation("Something new")).to_be_visible()
        expect(field).to_be_focused()
        field.press("Enter")
        expect(titles(some)).to_have_text(["Something new", "Three", "Second", "One"])


class TestLeavingTheList:
    @pytest.mark.parametrize(("what", "said"), [("Delete", "1 chat deleted"), ("Archive", "1 chat archived")])
    def test_one_is_gone_at_once_and_comes_back_if_asked(self, some, what, said):
        act(some, "Two", what)

        expect(titles(some)).to_have_text(["Three", "One"])
        expect(toast(some)).to_contain_text(said)
        toast(some).get_by_role("button", name="Undo").click()
        expect(titles(some)).to_have_text(["Three", "Two", "One"])

    @pytest.mark.parametrize("what", ["Delete", "Archive"])
    def test_the_open_one_leads_to_a_new_chat_and_back(self, some, what):
        open_(some, "Two")
        act(some, "Two", what)

        expect(some.page).to_have_url(re.compile("/chat/$"))
        expect(titles(some)).to_have_text(["Three", "One"])
        toast(some).get_by_role("button", name="Undo").click()
        expect(some.page).to_have_title("Two – g4f-lite")
        expect(some.conversation("Two")).to_have_attribute("aria-current", "page")

    def test_one_that_could_not_be_deleted_is_back(self, some):
        some.page.route("**/conversations/*", lambda route: route.abort())

        act(some, "Two", "Delete")

        expect(toast(some)).to_contain_text("Cannot reach the server.")
        expect(titles(some)).to_have_text(["Three", "Two", "One"])

    def test_what_is_typed_in_one_that_is_deleted_elsewhere_is_carried_over(self, some):
        open_(some, "Two")
        other = Chat(some.page.context.new_page())
        with some.page.expect_websocket():
            some.page.reload()
        some.field.fill("half a thought")
        other.page.goto("/chat/")

        act(other, "Two", "Delete")

        expect(some.page).to_have_url(re.compile("/chat/$"))
        expect(some.field).to_have_value("half a thought")


def test_a_pinned_one_comes_first_until_it_is_unpinned(some):
    act(some, "One", "Pin")
    expect(titles(some)).to_have_text(["One", "Three", "Two"])
    expect(some.page.get_by_role("heading", name="Pinned")).to_be_visible()

    act(some, "One", "Unpin")

    expect(titles(some)).to_have_text(["Three", "Two", "One"])
    expect(some.page.get_by_role("heading", name="Pinned")).to_have_count(0)


def test_the_menu_works_by_keyboard_and_gives_the_focus_back(some):
    button = row(some, "Two").get_by_role("button", name="More")
    button.focus()
    some.page.keyboard.press("Enter")
    expect(some.page.get_by_role("menuitem", name="Rename")).to_be_focused()
    some.page.keyboard.press("ArrowDown")
    expect(some.page.get_by_role("menuitem", name="Pin", exact=True)).to_be_focused()

    some.page.keyboard.press("Escape")

    expect(button).to_be_focused()


def test_the_menu_moves_to_the_row_whose_button_is_pressed(some):
    menu = some.page.get_by_role("menu", name="Chat")
    row(some, "One").hover()
    row(some, "One").get_by_role("button", name="More").click()
    at_last = menu.bounding_box()
    row(some, "Three").hover()
    row(some, "Three").get_by_role("button", name="More").click()

    expect(menu).to_be_visible()
    assert menu.bounding_box()["y"] < at_last["y"]
    some.page.get_by_role("menuitem", name="Delete").click()
    expect(titles(some)).to_have_text(["Two", "One"])


class TestALongList:
    @pytest.fixture
    def long(self, store, chat):
        """A page with three pages of conversations, the oldest of which is `Number 0`."""
        for number in range(2 * PAGE + 20):
            answered(store, a_turn(title=f"Number {number}"))
        chat.page.reload()
        expect(titles(chat)).to_have_count(PAGE)
        return chat

    def scroll_to_end(self, chat):
        chat.page.locator(".sidebar-list").evaluate("list => list.scrollTo(0, list.scrollHeight)")

    def test_more_comes_as_the_end_comes_near(self, long):
        self.scroll_to_end(long)
        expect(titles(long)).to_have_count(2 * PAGE)
        self.scroll_to_end(long)

        expect(titles(long)).to_have_count(2 * PAGE + 20)
        expect(titles(long).last).to_have_text("Number 0")
        expect(long.page.get_by_role("heading", name="Today")).to_have_count(1)
        expect(long.page.get_by_role("link", name="Older chats")).to_have_count(0)

    def test_news_keep_what_is_shown_where_it_is(self, long, store):
        self.scroll_to_end(long)
        expect(titles(long)).to_have_count(2 * PAGE)
        entry = long.conversation(f"Number {PAGE}")
        entry.scroll_into_view_if_needed()
        entry.focus()
        at = entry.bounding_box()["y"]
        other = Chat(long.page.context.new_page())
        other.page.goto("/chat/")

        act(other, f"Number {2 * PAGE + 19}", "Pin")

        expect(long.page.get_by_role("heading", name="Pinned")).to_be_attached()
        expect(titles(long)).to_have_count(2 * PAGE)
        expect(entry).to_be_focused()
        assert abs(entry.bounding_box()["y"] - at) < 120

    def test_without_scripts_it_is_turned_over_like_pages(self, long, browser, address):
        with browser.new_context(base_url=address, java_script_enabled=False) as context:
            page = context.new_page()
            page.goto("/chat/")

            page.get_by_role("link", name="Older chats").click()

            expect(page.locator("[data-title]").first).to_have_text(f"Number {PAGE + 19}")


def test_the_archive_is_a_list_of_its_own(some):
    act(some, "Two", "Archive")
    expect(toast(some)).to_contain_text("1 chat archived")

    some.page.get_by_role("link", name="Archived").click()
    expect(titles(some)).to_have_text(["Two"])
    act(some, "Two", "Unarchive")

    expect(some.page.get_by_text("No archived chats.")).to_be_visible()
    some.page.get_by_role("link", name="All chats").click()
    expect(titles(some)).to_have_text(["Three", "Two", "One"])


def test_one_is_exported_as_markdown(some):
    row(some, "Two").hover()
    row(some, "Two").get_by_role("button", name="More").click()
    with some.page.expect_download() as download:
        some.page.get_by_role("menuitem", name="Export as Markdown").click()

    assert download.value.suggested_filename == "Two.md"


def test_a_click_on_the_open_one_loads_nothing(some):
    open_(some, "Two")
    some.field.fill("half a thought")
    some.page.evaluate("window.isThisPage = true")

    some.conversation("Two").click()

    assert some.page.evaluate("window.isThisPage")
