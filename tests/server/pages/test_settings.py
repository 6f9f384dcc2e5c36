import pytest

from server.web.preferences import LANGUAGES
from tests.server.api.test_turns import ask
from tests.support.services.openai_wire import delta
from tests.support.services.upstream import silence

FORM = {"headers": {"Sec-Fetch-Site": "same-origin"}, "content_type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("form", "cookie"),
    [
        ({"theme": "dark"}, ("chat_theme", "dark")),
        ({"language": "ja"}, ("chat_language", "ja")),
        ({"zone": "Europe/Kyiv"}, ("chat_zone", "Europe/Kyiv")),
    ],
)
def test_what_is_chosen_is_kept(client, form, cookie):
    response = client.post("/chat/settings", data=form, headers={"Sec-Fetch-Site": "same-origin"})

    assert (response.status_code, response.location) == (303, "/chat/settings")
    assert client.get_cookie(cookie[0]).value == cookie[1]


@pytest.mark.parametrize("form", [{"theme": "pink"}, {"colour": "red"}, {"zone": "x" * 64}])
def test_what_is_no_choice_is_left_alone(client, form):
    response = client.post("/chat/settings", data=form, headers={"Sec-Fetch-Site": "same-origin"})

    assert response.headers.getlist("Set-Cookie") == []


@pytest.mark.parametrize("zone", ["", "Nowhere/Town", "../etc/passwd", "a\\0b"])
def test_an_invalid_time_zone_breaks_no_page(client, zone):
    client.set_cookie("chat_zone", zone)

    assert client.get("/chat/").status_code == 200


def test_another_sites_form_changes_nothing(client):
    response = client.post("/chat/settings", data={"theme": "dark"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 403


def test_a_checkbox_is_stronger_than_the_hidden_field_before_it(client):
    client.post("/chat/settings", data="follow=off&follow=on&notify=off", **FORM)

    assert client.get_cookie("chat_follow").value == "on"
    assert client.get_cookie("chat_notify").value == "off"


def test_a_reset_overrides_the_other_values_of_the_form(client):
    client.post("/chat/settings", data="theme=dark&text_size=large&reset=theme&reset=nothing", **FORM)

    assert client.get_cookie("chat_theme").value == "system"
    assert client.get_cookie("chat_text_size").value == "large"


@pytest.mark.parametrize("address", ["/chat/settings", "/chat/parts/settings"])
def test_the_settings_show_the_choices_and_the_version(client, address):
    client.set_cookie("chat_text_size", "large")

    html = client.get(address).text

    assert '<option value="large" selected>Large</option>' in html
    assert "0.1.0" in html


def test_each_language_is_named_in_itself(client):
    html = client.get("/chat/settings").text

    assert all(f'lang="{tag}">{name}</option>' in html for tag, name in LANGUAGES.items())


def test_the_form_deletes_all_chats_and_stops_their_turns(client, upstream):
    upstream.will_answer([delta("Half"), silence()])
    begun = client.post("/backend-api/v2/conversation", json={"message": {"content": "One"}})
    ask(client, "Two", model="guide")
    assert "You have 2 chats." in client.get("/chat/settings").text

    response = client.post("/chat/settings/delete-chats", data={}, **FORM)

    assert (response.status_code, response.location) == (303, "/chat/")
    upstream.requests[-1].wait_closed()
    begun.close()
    assert client.get("/backend-api/v2/conversations").json["conversations"] == []
    assert "No chats yet." in client.get("/chat/settings").text


def test_the_api_deletes_all_chats_so_that_each_can_come_back(app, client):
    one, two = (ask(client, text, model="guide")[0]["conversation_id"] for text in ("One", "Two"))
    listener = app.extensions["chat"].notifications.listen("local")

    assert client.delete("/backend-api/v2/conversations").json == {"deleted": 2}

    assert listener.get_nowait() == '{"type": "emptied"}'
    client.patch(f"/backend-api/v2/conversations/{one}", json={"deleted": False})
    found = client.get("/backend-api/v2/conversations").json["conversations"]
    assert [conversation["id"] for conversation in found] == [one]
    assert client.get(f"/backend-api/v2/conversations/{two}").status_code == 404


def test_the_page_tells_how_much_is_stored_and_the_limit(client, app):
    assert "You use 0 MB." in client.get("/chat/settings").text

    limits = app.extensions["chat"].config.limits
    app.extensions["chat"].config = app.extensions["chat"].config.model_copy(
        update={"limits": limits.model_copy(update={"storage_mb": 500})}
    )
    ask(client)

    assert "You use 1 of 500 MB." in client.get("/chat/settings").text
    client.set_cookie("chat_language", "de")
    assert "Sie belegen 1 von 500 MB." in client.get("/chat/settings").text
