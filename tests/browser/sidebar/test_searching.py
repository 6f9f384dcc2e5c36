import pytest
from playwright.sync_api import expect

from tests.support.stores import ME, a_turn, an_outcome, answered

LONG = "\n\n".join(f"Paragraph {number}, which says little." for number in range(60))


@pytest.fixture
def warmth(app):
    """A conversation with a heat pump at its beginning, and a lot behind it."""
    store = app.extensions["chat"].store
    begun = answered(store, a_turn(content="What is a heat pump?", title="Warmth"), an_outcome(LONG))
    answered(store, a_turn(content="And now?", conversation_id=begun.conversation_id), an_outcome(LONG))
    answered(store, a_turn(content="Cold things", title="Heatless"), an_outcome("None."))
    return begun


class Search:
    """The search over the chat."""

    def __init__(self, page):
        self.page = page
        self.dialog = page.get_by_role("dialog", name="Search")
        self.field = page.get_by_role("combobox", name="Search chats")
        self.results = self.dialog.get_by_role("option")
        self.active = self.dialog.locator("[role=option][aria-selected=true]")

    def open(self):
        self.page.keyboard.press("Control+k")
        expect(self.field).to_be_focused()

    def type(self, text):
        self.page.keyboard.type(text)


@pytest.fixture
def search(warmth, chat):
    return Search(chat.page)


def test_a_message_is_found_and_opened_by_keyboard_alone(search, warmth):
    search.open()
    search.type("heat")
    expect(search.results).to_have_count(2)
    expect(search.page.locator("mark")).to_have_text(["Heat", "heat"])
    expect(search.dialog.get_by_role("status")).to_have_text("2 results")
    expect(search.active).to_contain_text("Heatless")

    search.page.keyboard.press("ArrowDown")
    expect(search.active).to_contain_text("What is a heat pump?")
    expect(search.field).to_have_attribute("aria-activedescendant", search.active.get_attribute("id"))
    search.page.keyboard.press("ArrowDown")
    expect(search.active).to_contain_text("Heatless")
    search.page.keyboard.press("ArrowUp")
    search.page.keyboard.press("Enter")

    message = warmth.user_message_id
    search.page.wait_for_url(f"**/chat/{warmth.conversation_id}?message={message}#message-{message}")
    expect(search.page.locator(f"#message-{message}")).to_be_in_viewport()
    expect(search.page.get_by_role("button", name="Jump to the latest message")).to_be_visible()


@pytest.mark.parametrize("way", ["dialog", "page"])
def test_days_are_written_as_the_reader_does(search, app, warmth, way):
    day = app.extensions["chat"].store.message(ME, warmth.user_message_id).created_at.astimezone()
    expected = f"{day:%b} {day.day}, {day.year}"
    if way == "dialog":
        search.open()
        search.type("pump")
    else:
        search.page.goto("/chat/search?q=pump")

    expect(search.page.locator("[data-hit] time")).to_have_text(expected)


def test_a_message_on_this_page_is_shown_without_loading_it_anew(search, warmth):
    search.page.goto(f"/chat/{warmth.conversation_id}")
    question = search.page.locator(f"#message-{warmth.user_message_id}")
    expect(question).not_to_be_in_viewport()
    search.page.evaluate("window.stays = true")

    search.open()
    search.type("pump")
    expect(search.results).to_have_count(1)
    search.page.keyboard.press("Enter")

    expect(search.dialog).to_be_hidden()
    expect(question).to_be_in_viewport()
    assert search.page.evaluate("window.stays")


def test_escape_closes_and_gives_the_focus_back(search):
    composer = search.page.get_by_role("textbox", name="Message", exact=True)
    expect(composer).to_be_focused()
    search.open()
    search.type("heat")
    expect(search.results).to_have_count(2)

    search.page.keyboard.press("Escape")

    expect(search.dialog).to_be_hidden()
    expect(composer).to_be_focused()
    search.open()
    search.type("cold")
    expect(search.results).to_have_count(1)


def test_the_entry_in_the_list_opens_it(search):
    link = search.page.get_by_role("link", name="Search")
    expect(link).to_contain_text("Ctrl K")

    link.click()

    expect(search.field).to_be_focused()
    search.dialog.get_by_role("button", name="Close").click()
    expect(search.dialog).to_be_hidden()
    expect(link).to_be_focused()


def test_it_says_that_nothing_was_found(search):
    search.open()
    search.type("<unheard of>")

    expect(search.dialog).to_contain_text("No results for")
    expect(search.dialog.locator("q")).to_have_text("<unheard of>")
    expect(search.dialog.get_by_role("status")).to_have_text("0 results")
    search.field.fill("")
    expect(search.dialog).not_to_contain_text("No results for")


def test_it_says_that_the_server_cannot_be_reached(search, context):
    context.set_offline(True)
    search.open()
    search.type("heat")

    expect(search.dialog.get_by_role("alert")).to_contain_text("No connection")
    context.set_offline(False)
    search.type(" pump")
    expect(search.results).to_have_count(1)
    expect(search.dialog.get_by_role("alert")).to_be_hidden()


def test_an_answer_that_was_overtaken_is_dropped(search):
    held = []
    search.page.route("**/chat/parts/search?q=heat", lambda route: held.append(route))
    search.open()
    with search.page.expect_request("**/chat/parts/search?q=heat"):
        search.type("heat")
    search.type(" pump")
    expect(search.results).to_have_count(1)

    with search.page.expect_response("**/chat/parts/search?q=heat"):
        held[0].continue_()

    expect(search.results).to_have_count(1)


def test_more_than_fits_leads_to_the_page(search, app):
    for number in range(40):
        answered(app.extensions["chat"].store, a_turn(content=f"gold {number}", title="#"))
    search.open()
    search.type("gold")
    expect(search.dialog.get_by_role("status")).to_have_text("Showing the latest 30 results")

    search.dialog.get_by_role("link", name="More results").click()

    expect(search.page.get_by_role("searchbox", name="Search chats")).to_have_value("gold")
    expect(search.page.locator(".search-hit")).to_have_count(10)


class TestOnAPhone:
    @pytest.fixture
    def viewport(self):
        return {"width": 360, "height": 740}

    def test_it_fills_the_screen(self, search):
        search.page.get_by_role("button", name="Chats").click()
        search.page.get_by_role("link", name="Search").click()
        search.type("heat")
        expect(search.results).to_have_count(2)

        assert search.dialog.bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 740}
        assert search.page.evaluate("document.documentElement.scrollWidth") <= 360


class TestWithoutScripts:
    @pytest.fixture
    def page(self, browser, address, warmth):
        context = browser.new_context(base_url=address, java_script_enabled=False)
        yield context.new_page()
        context.close()

    def test_the_page_searches_and_leads_to_the_message(self, page, warmth):
        page.goto("/chat/")
        page.get_by_role("link", name="Search").click()
        page.get_by_role("searchbox", name="Search chats").fill("heat pump")
        page.get_by_role("button", name="Search").click()

        expect(page.locator("mark")).to_have_text(["heat", "pump"])
        page.get_by_role("link", name="What is a").click()
        expect(page.locator(f"#message-{warmth.user_message_id}")).to_be_in_viewport()
