import pytest


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
def test_a_time_zone_that_is_none_breaks_no_page(client, zone):
    client.set_cookie("chat_zone", zone)

    assert client.get("/chat/").status_code == 200


def test_another_sites_form_changes_nothing(client):
    response = client.post("/chat/settings", data={"theme": "dark"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 403
