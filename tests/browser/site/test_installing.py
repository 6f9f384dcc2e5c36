"""Chromium's own opinion of whether the page can be installed."""

NOT_OURS = {"in-incognito"}
"""What a test's browser is, whatever the page does."""


def test_chromium_finds_nothing_wrong_with_the_manifest(chat):
    tools = chat.page.context.new_cdp_session(chat.page)

    found = tools.send("Page.getAppManifest")

    assert found["url"].endswith("/chat/manifest.webmanifest")
    assert found["errors"] == []


def test_chromium_would_install_it(chat):
    tools = chat.page.context.new_cdp_session(chat.page)

    found = tools.send("Page.getInstallabilityErrors")["installabilityErrors"]

    assert [error for error in found if error["errorId"] not in NOT_OURS] == []
