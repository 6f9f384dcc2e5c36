from playwright.sync_api import expect

from tests.support.waiting import wait_for


def test_a_broken_configuration_shows_on_a_page_that_is_open(app, page):
    page.goto("/chat/")
    wait_for(lambda: app.extensions["chat"].notifications.has_listeners("local"))
    notice = page.get_by_text("The last valid configuration is still in use.")
    expect(notice).to_be_hidden()

    app.extensions["chat"].config_problem = "providers.x.kind: unknown"
    expect(notice).to_be_visible()
    expect(page.get_by_text("providers.x.kind: unknown")).to_be_visible()

    app.extensions["chat"].config_problem = None
    expect(notice).to_be_hidden()
