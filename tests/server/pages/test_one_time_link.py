import logging
import re

import pytest

from server.auth.first_administrator import log_setup_link
from server.current.api_key import new_key
from server.store.people.api_keys import KeySettings
from tests.server.api.test_turns import ask
from tests.support.members import FROM_OUR_PAGE, PASSWORD, add_member, sign_in


@pytest.fixture
def settings(settings):
    settings["auth"] = {"mode": "accounts"}
    return settings


@pytest.fixture
def access(app):
    return app.extensions["chat"].access


def choose(client, token, name, password=PASSWORD):
    form = {"token": token, "username": name, "password": password}
    return client.post("/welcome", data=form, headers=FROM_OUR_PAGE)


def follow(client, token):
    """Send what the page of a link sends by itself."""
    return client.post("/welcome", data={"token": token}, headers=FROM_OUR_PAGE)


def test_a_link_of_an_earlier_version_works_until_it_expires(client, access):
    assert "first administrator" in client.get(f"/welcome?token={access.make_link('first')}").text


def test_the_page_asks_for_the_token_where_no_script_reads_it(client):
    page = client.get("/welcome")

    assert page.status_code == 200
    assert 'name="token"' in page.text and "what follows the #" in page.text


def test_the_log_has_a_link_until_there_is_an_administrator(client, access, config, caplog):
    caplog.set_level(logging.WARNING)
    log_setup_link(access, config, 1338)
    token = re.search(r"http://127\.0\.0\.1:1338/welcome#(\S+)", caplog.text)[1]

    assert "first administrator" in follow(client, token).text
    response = choose(client, token, "Anna")

    assert (response.status_code, response.location) == (303, "/chat/")
    assert client.get("/chat/").status_code == 200
    assert access.accounts.by_name("anna").role == "admin"
    caplog.clear()
    log_setup_link(access, config, 1338)
    assert caplog.text == ""


def test_nobody_makes_an_account_without_it(client, access):
    for token in ("", "x", "é\0"):
        assert follow(client, token).status_code == 404
        assert client.get("/welcome", query_string={"token": token}).status_code == 404
        assert choose(client, token, "Anna").status_code == 404

    assert access.accounts.all() == []


@pytest.mark.parametrize(
    ("name", "password"), [("Anna", "2short"), ("Anna", "password1"), ("", PASSWORD), ("a\tb", PASSWORD)]
)
def test_what_is_refused_can_be_mended(client, access, name, password):
    token = access.make_link("first")

    response = choose(client, token, name, password)

    assert response.status_code == 400
    assert 'role="alert"' in response.text
    assert password not in response.text
    assert choose(client, token, "Anna").status_code == 303


def test_another_password_lets_in_and_the_old_one_does_not(client, app, access):
    add_member(app, "Anna", "admin")
    ben = add_member(app, "Ben")
    token = access.make_link("reset", ben.id)
    assert "Choose a password, Ben" in follow(client, token).text

    response = choose(client, token, "Anna", "another battery")

    assert response.status_code == 303
    assert client.get("/backend-api/v2/models").status_code == 200
    assert sign_in(app.test_client(), "Ben").status_code == 401
    assert sign_in(app.test_client(), "Ben", "another battery").status_code == 303
    assert sign_in(app.test_client(), "Anna").status_code == 303
    assert choose(client, token, "Ben").status_code == 404


def test_a_reset_ends_the_keys_of_the_person(client, app, access):
    add_member(app, "Anna", "admin")
    ben = add_member(app, "Ben")
    token = access.make_link("reset", ben.id)
    assert "revokes your API keys" not in follow(client, token).text
    key = new_key(access, ben.id, "a program", KeySettings())
    headers = {"Authorization": f"Bearer {key}"}
    assert app.test_client().get("/v1/models", headers=headers).status_code == 200
    assert "revokes your API keys" in follow(client, token).text

    choose(client, token, "Ben", "another battery")

    assert app.test_client().get("/v1/models", headers=headers).status_code == 401
    assert access.api_keys.of(ben.id) == []


class TestBefore:
    @pytest.fixture
    def settings(self, settings):
        settings["auth"] = {"mode": "none"}
        return settings

    def test_the_first_administrator_has_the_conversations_of_before(self, client, app, access):
        start = ask(client)[0]

        choose(client, access.make_link("first"), "Anna")

        anna = access.accounts.by_name("Anna")
        assert app.extensions["chat"].store.summary(anna.id, start["conversation_id"])
