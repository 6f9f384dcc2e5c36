"""Several people on one server, and in one browser, one after the other."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.actions import Chat
from tests.support.members import PASSWORD, add_member

LOGIN = re.compile("/login")


@pytest.fixture
def settings(settings):
    settings["auth"] = {"mode": "accounts"}
    return settings


@pytest.fixture
def access(app):
    return app.extensions["chat"].access


@pytest.fixture
def as_(app, access, context, address):
    """Returns the account of somebody who has signed in, instead of who was signed in before."""

    def come_in(name):
        account = access.accounts.find_by_name(name) or add_member(app, name)
        token = access.start_session(account.id, "127.0.0.1", "A browser")
        context.add_cookies([{"name": "chat_session", "value": token, "url": address}])
        return account

    return come_in


@pytest.fixture
def anna(as_, page):
    """Anna's chat."""
    as_("Anna")
    page.goto("/chat/")
    return Chat(page)


def end_sessions(access, name):
    access.sessions.end_all(access.accounts.find_by_name(name).id)


def sign_in(page, name):
    expect(page).to_have_url(LOGIN)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_what_somebody_wrote_and_picked_is_not_shown_to_the_next_person(anna, as_):
    anna.pick("guide")
    anna.field.fill("what nobody else shall read")

    as_("Ben")
    anna.page.reload()
    expect(anna.field).to_have_value("")
    expect(anna.picker).to_have_text("Model: m")

    as_("Anna")
    anna.page.reload()
    expect(anna.field).to_have_value("what nobody else shall read")
    expect(anna.picker).to_have_text("Model: guide")


def test_a_page_whose_session_has_ended_leads_to_the_login_and_back(anna, access):
    anna.ask("Hello")
    expect(anna.answer).to_have_text("You said: Hello")
    anna.field.fill("half a thought")
    address = anna.page.url

    end_sessions(access, "Anna")

    sign_in(anna.page, "Anna")
    expect(anna.page).to_have_url(address)
    expect(anna.field).to_have_value("half a thought")


def test_a_message_that_nobody_may_send_any_more_is_still_there_after_the_login(access, as_, page):
    page.route_web_socket("**/live", lambda socket: None)
    as_("Anna")
    with page.expect_response("**/chat/parts/conversations?*"):  # the last request of a page that saves the time zone
        page.goto("/chat/")
    chat = Chat(page)
    end_sessions(access, "Anna")

    chat.ask("Is this kept?")

    sign_in(page, "Anna")
    expect(chat.field).to_have_value("Is this kept?")
    expect(chat.messages).to_have_count(0)


def test_settings_of_somebody_whose_session_has_ended_lead_to_the_login(access, as_, page):
    as_("Anna")
    page.goto("/chat/settings")
    end_sessions(access, "Anna")

    page.get_by_label("Theme", exact=True).select_option("dark")

    expect(page).to_have_url(LOGIN)
