import pytest

from server.problems import Problem

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_a_refused_form_is_answered_with_a_page(client):
    headers = {**BROWSER, "Sec-Fetch-Site": "cross-site"}

    response = client.post("/chat/settings", data={"theme": "dark"}, headers=headers)

    assert (response.status_code, response.mimetype) == (403, "text/html")
    assert "another web site" in response.text
    assert 'href="/chat/"' in response.text


def test_the_page_speaks_the_readers_language(client):
    client.set_cookie("chat_language", "de")

    response = client.get("/nowhere", headers=BROWSER)

    assert response.status_code == 404
    assert '<html lang="de"' in response.text


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html;q=0.5"])
def test_a_program_gets_json(client, accept):
    response = client.get("/nowhere", headers={"Accept": accept})

    assert response.json["error"]["code"] == "not_found"


def test_the_api_answers_json_whoever_asks(client):
    response = client.get("/backend-api/v2/nothing", headers=BROWSER)

    assert response.json["error"]["code"] == "not_found"


def test_if_the_page_cannot_be_made_the_error_is_json(client, monkeypatch):
    def fail(*_, **__):
        raise Problem("storage_unavailable", "The disk is full.")

    monkeypatch.setattr("server.pages.error_page.render_template", fail)

    assert client.get("/nowhere", headers=BROWSER).json["error"]["code"] == "not_found"
