from playwright.sync_api import expect


def test_a_setting_is_kept_as_soon_as_it_is_chosen(chat):
    html = chat.page.locator("html")
    chat.page.goto("/chat/settings")

    chat.page.get_by_label("Colours").select_option("dark")

    expect(html).to_have_attribute("data-theme", "dark")
    chat.page.goto("/chat/")
    expect(html).to_have_attribute("data-theme", "dark")
    assert chat.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
