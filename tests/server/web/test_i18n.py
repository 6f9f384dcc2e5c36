import json

import pytest

from server.web.i18n import closest_language, language, plural_forms


@pytest.mark.parametrize(
    ("accepted", "tag"),
    [
        ("ru", "ru"),
        ("pt-PT,pt;q=0.9", "pt-BR"),
        ("zh-CN", "zh-Hans"),
        ("zh-TW, en;q=0.5", "zh-Hans"),
        ("de-AT, en;q=0.9", "de"),
        ("eo, fr;q=0.5, en;q=0.4", "fr"),
        ("eo", "en"),
        ("ja;q=0, uk;q=0.1", "uk"),
        ("*", "en"),
        ("", "en"),
    ],
)
def test_the_browsers_language_is_the_default(app, accepted, tag):
    with app.test_request_context(headers={"Accept-Language": accepted}):
        assert language() == tag


@pytest.mark.parametrize(
    ("tag", "found"), [("en_US", "en"), ("PT", "pt-BR"), ("zh_Hant_TW", "zh-Hans"), ("eo", ""), ("", ""), ("-", "")]
)
def test_the_closest_language_has_the_same_first_part(tag, found):
    assert closest_language(tag) == found


def test_a_chosen_language_is_stronger_than_the_browsers(client):
    client.set_cookie("chat_language", "en")

    assert '<html lang="en" dir="ltr"' in client.get("/chat/", headers={"Accept-Language": "ar"}).text


def test_outside_of_a_request_there_is_english():
    assert language() == "en"


def test_a_script_gets_the_form_of_every_category(app):
    with app.test_request_context():
        forms = json.loads(plural_forms("%(num)s chat", "%(num)s chats"))

    assert forms == {"one": "%(num)s chat"} | dict.fromkeys(("zero", "two", "few", "many", "other"), "%(num)s chats")
