from playwright.sync_api import expect

from g4f_lite.offers import Offer
from tests.waiting import wait_for


def test_a_model_that_comes_into_memory_is_marked_and_stays_picked(app, chat):
    services = app.extensions["chat"]
    up = services.catalog.members["up"]
    wait_for(lambda: services.hub.has_listeners("local") and up.listed_at)
    picker = chat.page.get_by_role("combobox", name="Model")
    picker.select_option("guide")

    up.listed = (Offer("test-model", loaded=True),)
    services.hub.publish_to_all({"type": "providers"})

    expect(picker.locator("option[value=m]")).to_have_text("m · loaded")
    expect(picker).to_have_value("guide")
    picker.select_option("m")
    chat.ask("Tell me")
    expect(chat.answers.get_by_role("heading")).to_have_text("m")


def test_the_field_shows_the_name_alone_and_follows_the_list(app, chat):
    services = app.extensions["chat"]
    wait_for(lambda: services.hub.has_listeners("local") and services.catalog.members["up"].listed_at)
    shown = chat.page.locator("model-picker selectedcontent")
    expect(shown).to_have_text("m", use_inner_text=True)

    services.catalog.members["up"].listed = (Offer("test-model", loaded=True),)
    services.hub.publish_to_all({"type": "providers"})

    expect(shown.locator(".picker-hint")).to_have_text(" · loaded")
    expect(shown).to_have_text("m", use_inner_text=True)
