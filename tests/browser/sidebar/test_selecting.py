"""Several conversations of the list at once."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.sidebar.test_sidebar import act, open_, row, titles, toast
from tests.support.stores import a_turn, answered

NAMES = ["Five", "Four", "Three", "Two", "One"]


@pytest.fixture
def five(app, chat):
    for title in reversed(NAMES):
        answered(app.extensions["chat"].store, a_turn(title=title))
    chat.page.reload()
    expect(titles(chat)).to_have_text(NAMES)
    return chat


def bar(chat):
    return chat.page.get_by_role("toolbar", name="Selected chats")


def check(chat, name):
    return chat.page.get_by_role("checkbox", name=name)


def selected(chat):
    return [name for name in NAMES if check(chat, name).is_checked()]


def test_shift_and_click_select_a_range(five):
    five.conversation("Four").click(modifiers=["Shift"])
    expect(bar(five)).to_contain_text("1 selected")

    five.conversation("Two").click(modifiers=["Shift"])

    expect(bar(five)).to_contain_text("3 selected")
    assert selected(five) == ["Four", "Three", "Two"]
    expect(five.page).to_have_url(re.compile("/chat/$"))


def test_while_selecting_a_click_goes_on_and_the_last_one_ends_it(five):
    act(five, "Four", "Select")
    expect(check(five, "Four")).to_be_focused()

    five.conversation("Two").click()
    assert selected(five) == ["Four", "Two"]
    five.conversation("Two").click()
    five.conversation("Four").click()

    expect(bar(five)).to_be_hidden()
    five.conversation("Two").click()
    expect(five.page).to_have_title("Two – g4f-lite")


def test_it_works_by_keyboard_alone(five):
    act(five, "Four", "Select")
    check(five, "Three").focus()
    five.page.keyboard.press("Space")
    five.conversation("Two").focus()
    five.page.keyboard.press("Space")
    assert selected(five) == ["Four", "Three", "Two"]

    five.page.keyboard.press("Escape")

    expect(bar(five)).to_be_hidden()
    expect(five.page.locator("[data-check]:checked")).to_have_count(0)
    expect(five.conversation("Two")).to_be_focused()


def test_without_a_selection_ctrl_and_click_open_a_tab(five):
    with five.page.context.expect_page() as opening:
        five.conversation("Two").click(modifiers=["ControlOrMeta"])

    expect(opening.value).to_have_title("Two – g4f-lite")
    expect(bar(five)).to_be_hidden()


@pytest.mark.parametrize(("what", "said"), [("Delete", "3 chats deleted"), ("Archive", "3 chats archived")])
def test_all_go_at_once_and_one_undo_brings_all_back(five, what, said):
    five.conversation("Four").click(modifiers=["Shift"])
    five.conversation("Two").click(modifiers=["Shift"])

    bar(five).get_by_role("button", name=what).click()

    expect(titles(five)).to_have_text(["Five", "One"])
    expect(toast(five)).to_contain_text(said)
    expect(bar(five)).to_be_hidden()
    toast(five).get_by_role("button", name="Undo").click()
    expect(titles(five)).to_have_text(NAMES)


def test_the_open_one_among_them_leads_to_a_new_chat_and_back(five):
    open_(five, "Three")
    five.conversation("Four").click(modifiers=["Shift"])
    five.conversation("Two").click(modifiers=["Shift"])

    bar(five).get_by_role("button", name="Delete").click()

    expect(five.page).to_have_url(re.compile("/chat/$"))
    expect(titles(five)).to_have_text(["Five", "One"])
    toast(five).get_by_role("button", name="Undo").click()
    expect(five.page).to_have_title("Three – g4f-lite")
    expect(titles(five)).to_have_text(NAMES)


def test_news_leave_a_selection_alone_but_for_what_is_gone(five):
    five.conversation("Four").click(modifiers=["Shift"])
    five.conversation("Three").click(modifiers=["Shift"])
    with five.page.context.new_page() as other:
        other.goto("/chat/")
        other.locator("[data-row]", has_text="Four").locator("[data-more]").focus()
        other.keyboard.press("Enter")
        other.get_by_role("menuitem", name="Delete").click()

        expect(row(five, "Four")).to_have_count(0)

    expect(bar(five)).to_contain_text("1 selected")
    expect(check(five, "Three")).to_be_checked()


def test_in_the_archive_several_are_brought_back(five):
    five.conversation("Four").click(modifiers=["Shift"])
    five.conversation("Two").click(modifiers=["Shift"])
    bar(five).get_by_role("button", name="Archive").click()
    expect(toast(five)).to_contain_text("3 chats archived")

    five.page.get_by_role("link", name="Archived").click()
    expect(titles(five)).to_have_text(["Four", "Three", "Two"])
    five.conversation("Four").click(modifiers=["Shift"])
    five.conversation("Three").click(modifiers=["Shift"])
    expect(bar(five).get_by_role("button", name="Archive", exact=True)).to_be_hidden()
    bar(five).get_by_role("button", name="Unarchive").click()

    expect(titles(five)).to_have_text(["Two"])
    expect(toast(five)).to_contain_text("2 chats unarchived")
    five.page.get_by_role("link", name="All chats").click()
    expect(titles(five)).to_have_text(["Five", "Four", "Three", "One"])
