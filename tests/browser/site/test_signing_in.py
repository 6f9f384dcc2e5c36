"""Coming in, leaving, and the pages of accounts, as a person meets them."""

import re

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_MS
from tests.support.members import PASSWORD, add_member
from tests.support.waiting import wait_for


@pytest.fixture
def settings(settings):
    settings["auth"] = {"mode": "accounts"}
    return settings


@pytest.fixture
def people(app):
    return [add_member(app, "Anna", "admin"), add_member(app, "Ben with a rather long name, as some people have")]


def sign_in(page: Page, name: str = "anna") -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def looks_good(page: Page) -> None:
    """No one is kept out, and nothing scrolls sideways."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def kept(page: Page) -> str:
    """Return what the browser keeps of the page."""
    texts: str = page.evaluate("[localStorage, sessionStorage].flatMap((kept) => Object.values(kept)).join()")
    return texts


@pytest.mark.parametrize("viewport", [{"width": 360, "height": 700}, {"width": 1200, "height": 800}], ids=str)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_used_by_everybody(page, people, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto("/chat/x")
    looks_good(page)
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill("a wrong one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Wrong name or password")
    looks_good(page)
    sign_in(page)
    for path in ("/chat/account", "/chat/admin", "/chat/keys", "/chat/settings"):
        page.goto(path)
        looks_good(page)
    page.goto("/chat/admin")
    page.locator("summary").last.click()
    page.get_by_role("button", name="Create password reset link").last.click()
    expect(page.get_by_text("/welcome#")).to_be_visible()
    looks_good(page)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status").filter(has_text="Copied.")).to_be_attached()
    link = page.locator("[data-secret]").inner_text()
    assert page.evaluate("navigator.clipboard.readText()") == link
    page.goto(link)
    expect(page.get_by_text("Choose a password")).to_be_visible()
    looks_good(page)


def test_a_second_factor_is_set_up_by_a_picture(page, people):
    page.goto("/chat/account")
    sign_in(page)
    factor = page.get_by_role("region", name="Two-factor authentication")
    factor.get_by_label("Password").fill(PASSWORD)
    factor.get_by_role("button", name="Set up").click()
    expect(page.locator(".account-picture svg")).to_be_visible()
    box = page.locator(".account-picture svg").bounding_box()
    assert box and box["width"] > 150 and abs(box["width"] - box["height"]) < 2
    looks_good(page)

    page.get_by_label("Code").fill(pyotp.TOTP(factor.locator("code").inner_text()).now())
    page.get_by_role("button", name="Turn on").click()

    codes = page.locator(".account-codes li")
    expect(codes).to_have_count(10)
    code = codes.first.inner_text()
    page.get_by_role("button", name="Sign out here").click()
    sign_in(page)
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_visible()


def test_leaving_is_one_click_and_shows_nothing_afterwards(page, people):
    page.goto("/chat/")
    sign_in(page)
    page.get_by_role("textbox", name="Message", exact=True).fill("Not for the next one")
    wait_for(lambda: "next one" in kept(page))

    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert "next one" not in kept(page)
    page.goto("/chat/")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_a_session_that_ended_elsewhere_leads_to_the_login_and_back(app, page, people):
    page.goto("/chat/?x=1")
    sign_in(page)
    expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_visible()

    app.extensions["chat"].access.sessions.end_all(people[0].id)
    app.extensions["chat"].notifications.publish_to_all({"type": "providers"})

    expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=3 * PATIENCE_MS)
    sign_in(page)
    expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_visible()
    assert page.url.endswith("/chat/?x=1")


class TestWithoutScripts:
    @pytest.fixture
    def context(self, browser, address, viewport):
        context = browser.new_context(base_url=address, viewport=viewport, java_script_enabled=False)
        context.set_default_timeout(PATIENCE_MS)
        yield context
        context.close()

    def test_one_comes_in_and_leaves(self, page, people):
        page.goto("/chat/settings")
        sign_in(page)
        page.get_by_role("link", name=re.compile("Manage.*Account")).click()
        page.get_by_role("button", name="Sign out here").click()

        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
