import pytest
from playwright.sync_api import expect

from g4f_lite.routing.model_info import ModelInfo
from tests.browser.actions import Chat
from tests.support.services.openai_wire import openai_stream
from tests.support.waiting import wait_for


@pytest.fixture
def settings(settings, upstream):
    closed = {"kind": "OpenAICompatible", "base_url": "http://127.0.0.1:9/v1", "api_key": "${NOT_SET}"}
    settings["providers"]["closed"] = closed
    settings["models"]["off"] = "closed/x"
    settings["models"]["big"] = {
        "routes": ["up/big-model"], "label": "Big", "vision": True, "context": 131072,
        "price": {"input": 0.5, "output": 2},
    }  # fmt: skip
    return settings


@pytest.fixture
def options(chat):
    """The list of models, open."""
    chat.picker.click()
    options = chat.models.get_by_role("option")
    expect(options).to_have_count(4)
    return options


def test_a_model_is_picked_and_answers_and_stays_picked_in_the_next_chat(chat):
    expect(chat.picker).to_have_text("Model: m")

    chat.pick("guide")

    expect(chat.models).to_be_hidden()
    expect(chat.picker).to_have_text("Model: guide")
    chat.ask("Hello")
    expect(chat.answers.locator("[data-model]")).to_have_text("guide")
    chat.page.goto("/chat/")
    expect(chat.picker).to_have_text("Model: guide")


def test_a_conversation_keeps_its_model_and_tells_it_to_the_server(chat, context):
    chat.ask("Hello")
    expect(chat.answers).to_have_attribute("data-status", "complete")

    with chat.page.expect_response(lambda response: response.request.method == "PATCH"):
        chat.pick("guide")

    other = Chat(context.new_page())
    other.page.goto(chat.page.url)
    expect(other.picker).to_have_text("Model: guide")


def test_the_page_stays_where_it_is(chat, upstream):
    upstream.will_answer(openai_stream("A paragraph.\n\n" * 60))
    chat.ask("Tell me a lot")
    expect(chat.answers).to_have_attribute("data-status", "complete")
    before = chat.page.evaluate("scrollY")

    chat.picker.click()
    expect(chat.models.get_by_role("option")).to_have_count(4)
    chat.page.keyboard.press("ArrowDown")
    expect(chat.models.locator("[data-active]")).to_be_in_viewport()

    assert chat.page.evaluate("scrollY") == before > 0


def test_typing_finds_and_enter_picks(chat, options):
    chat.page.keyboard.type("BIG mod")

    expect(options).to_have_count(1)
    expect(chat.models.get_by_role("status")).to_have_text("1 model")
    chat.page.keyboard.press("Enter")
    expect(chat.picker).to_have_text("Model: Big")
    expect(chat.picker).to_be_focused()


def test_arrows_move_and_escape_leaves_everything_as_it_was(chat, options):
    query = chat.models.get_by_role("combobox")
    expect(query).to_be_focused()
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(query).to_have_attribute("aria-activedescendant", options.first.get_attribute("id"))

    chat.page.keyboard.press("ArrowDown")

    expect(query).to_have_attribute("aria-activedescendant", options.nth(1).get_attribute("id"))
    chat.page.keyboard.press("Escape")
    expect(chat.models).to_be_hidden()
    expect(chat.picker).to_have_text("Model: m")


def test_nothing_found_is_said(chat, options):
    chat.page.keyboard.type("zebra")

    expect(options).to_have_count(0)
    expect(chat.models.get_by_text("No models found.")).to_be_visible()
    chat.page.keyboard.press("Enter")
    expect(chat.models).to_be_visible()


def test_a_model_says_what_it_can_and_costs(options):
    big = options.filter(has_text="Big")

    for said in ("big-model", "accepts images", "128K context", "$0.5 in, $2 out per million tokens"):
        expect(big).to_contain_text(said)


def test_a_model_that_cannot_answer_says_why_and_is_not_picked(chat, options):
    off = options.filter(has_text="off")
    expect(off).to_have_attribute("aria-disabled", "true")
    expect(off).to_contain_text("closed is off: set NOT_SET in")

    off.click(force=True)

    expect(chat.models).to_be_visible()
    expect(chat.picker).to_have_text("Model: m")


def test_favourites_come_first_and_are_still_there_after_a_reload(chat, options):
    chat.page.keyboard.type("big")
    expect(options).to_have_count(1)
    chat.page.keyboard.press("Tab")
    chat.page.keyboard.press("Enter")
    expect(chat.models.get_by_role("button", name="Favourite: Big", pressed=True)).to_be_focused()

    chat.page.reload()
    chat.picker.click()

    favourites = chat.models.get_by_role("group", name="Favourites")
    expect(favourites.get_by_role("option")).to_have_count(1)
    expect(options.first).to_contain_text("Big")


def test_a_click_on_the_star_picks_nothing_and_moves_nothing(chat, options):
    big = options.filter(has_text="Big")
    place = big.bounding_box()

    big.locator("[data-aside]").click()

    expect(chat.models.get_by_role("button", name="Favourite: Big", pressed=True)).to_be_visible()
    assert big.bounding_box() == place
    expect(chat.picker).to_have_text("Model: m")
    big.locator("[data-aside]").click()
    expect(chat.models.get_by_role("button", name="Favourite: Big", pressed=False)).to_be_visible()


def test_a_model_that_comes_into_memory_is_marked_while_one_looks(app, chat, options):
    services = app.extensions["chat"]
    up = services.catalog.providers["up"]
    wait_for(lambda: services.notifications.has_listeners("local") and up.listed_at)
    loaded = options.get_by_text("loaded").filter(visible=True)
    expect(loaded).to_have_count(0)

    up.listed = (ModelInfo("test-model", loaded=True),)
    services.notifications.publish_to_all({"type": "providers"})

    expect(loaded).to_have_count(1)


def test_without_the_server_the_list_says_so(chat):
    chat.page.route("**/backend-api/v2/models", lambda route: route.abort())

    chat.picker.click()

    expect(chat.models.get_by_text("Cannot reach the server")).to_be_visible()


def test_a_new_chat_asks_the_last_pick_before_the_list_has_come(chat):
    chat.pick("Big")
    chat.page.route("**/backend-api/v2/models", lambda route: None)

    chat.page.reload()

    expect(chat.picker).to_have_text("Model: Big")
    with chat.page.expect_request("**/backend-api/v2/conversation") as sent:
        chat.ask("Hello")
    assert sent.value.post_data_json["model"] == "big"


def test_a_last_pick_that_cannot_answer_any_more_gives_way(chat):
    chat.page.evaluate("localStorage.setItem('model', 'off')")

    chat.page.reload()

    expect(chat.picker).to_have_text("Model: m")


class TestTenThousand:
    @pytest.fixture
    def many(self, app, chat):
        up = app.extensions["chat"].catalog.providers["up"]
        wait_for(lambda: up.listed_at)
        up.listed = tuple(ModelInfo(f"model-{number}") for number in range(10_000))
        chat.picker.click()
        expect(chat.models.get_by_role("status")).to_have_text("10,004 models")
        return chat

    def test_only_what_is_seen_is_made_and_more_on_the_way_down(self, many):
        options = many.models.get_by_role("option")
        assert options.count() < 100

        many.models.get_by_role("listbox").evaluate("list => (list.scrollTop = list.scrollHeight)")

        expect(options.nth(100)).to_be_attached()
        expect(options.first).to_have_attribute("aria-setsize", "10004")

    def test_the_list_can_have_the_focus_and_picks_as_well(self, many):
        many.page.keyboard.press("Tab")
        many.page.keyboard.press("ArrowDown")
        expect(many.models.get_by_role("button", name="Favourite: Big")).to_be_visible()

        many.page.keyboard.press("Enter")

        expect(many.picker).to_have_text("Model: Big")

    def test_the_last_one_is_found(self, many):
        many.page.keyboard.type("model-9999")
        many.page.keyboard.press("Enter")

        expect(many.picker).to_have_text("Model: model-9999")
        many.picker.click()
        expect(many.models.get_by_role("option").first).to_contain_text("model-9999")


class TestOnAPhone:
    @pytest.fixture
    def viewport(self):
        return {"width": 360, "height": 700}

    @pytest.fixture
    def is_phone(self):
        return True

    def test_the_list_is_as_wide_as_the_page_and_the_keyboard_stays_down(self, chat):
        chat.picker.tap()

        expect(chat.models).to_be_visible()
        box = chat.models.bounding_box()
        assert (box["x"], box["width"]) == (0, 360)
        assert round(box["y"] + box["height"]) == 700
        expect(chat.models.get_by_role("combobox")).not_to_be_focused()
        chat.models.get_by_role("option").filter(has_text="guide").tap()
        expect(chat.picker).to_have_text("Model: guide")
