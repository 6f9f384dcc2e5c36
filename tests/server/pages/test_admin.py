import json
import re

import pytest

from server.auth.audit_log import FILE
from tests.server.api.test_turns import CONVERSATION, a_turn
from tests.support.members import FROM_OUR_PAGE, PASSWORD, sign_in
from tests.support.services.openai_wire import delta
from tests.support.services.upstream import silence

API = "/backend-api/v2/models"
PAGE = "/chat/admin"


@pytest.fixture
def settings(settings):
    settings["auth"] = {"mode": "accounts"}
    return settings


@pytest.fixture
def ids(app, ben):
    return {account.name: account.id for account in app.extensions["chat"].access.accounts.all()}


def do(client, account_id, what):
    return client.post(f"{PAGE}/{account_id}", data={"do": what}, headers=FROM_OUR_PAGE)


def test_for_everybody_else_it_is_an_address_that_leads_nowhere(app, ben, ids):
    nowhere = ben.get("/chat/nowhere")

    for response in (
        ben.get(PAGE),
        do(ben, ids["Ben"], "admin"),
        ben.post(PAGE, data={"name": "x"}, headers=FROM_OUR_PAGE),
    ):
        assert (response.status_code, response.text) == (404, nowhere.text)
    assert PAGE not in ben.get("/chat/settings").text
    assert app.extensions["chat"].access.accounts.by_name("Ben").role == "user"
    assert app.test_client().get(PAGE).status_code == 303


def test_somebody_new_chooses_a_password_by_a_link(app, anna):
    page = anna.post(PAGE, data={"name": "Cleo", "role": "user"}, headers=FROM_OUR_PAGE).text
    address = re.search(r"http://localhost(/welcome#[\w-]+)", page)[1]

    cleo = app.test_client()
    sent = {"token": address.split("#")[1]}
    assert "Choose a password, Cleo" in cleo.post("/welcome", data=sent, headers=FROM_OUR_PAGE).text
    form = {**sent, "password": PASSWORD}
    assert cleo.post("/welcome", data=form, headers=FROM_OUR_PAGE).status_code == 303
    assert cleo.get(API).status_code == 200
    assert address not in anna.get(PAGE).text, "it is shown once"


@pytest.mark.parametrize(("name", "status"), [("ben", 409), ("", 400), ("x" * 65, 400), ("<b>\0", 400)])
def test_a_name_that_cannot_be_is_refused(anna, ben, name, status):
    response = anna.post(PAGE, data={"name": name, "role": "user"}, headers=FROM_OUR_PAGE)

    assert response.status_code == status
    assert 'role="alert"' in response.text


def test_who_is_disabled_is_out_and_comes_back_when_enabled(app, anna, ben, ids):
    assert do(anna, ids["Ben"], "disable").status_code == 303
    assert ben.get(API).status_code == 401
    assert sign_in(app.test_client(), "Ben").status_code == 401

    do(anna, ids["Ben"], "enable")

    assert sign_in(app.test_client(), "Ben").status_code == 303


def test_who_is_disabled_has_no_answer_written_any_more(app, anna, ben, ids, upstream):
    upstream.will_answer([delta("So"), silence()])
    with ben.post(CONVERSATION, json=a_turn(), buffered=False):
        upstream.wait_request()

        do(anna, ids["Ben"], "disable")

        upstream.wait_closed()


def test_a_role_counts_at_once(anna, ben, ids):
    do(anna, ids["Ben"], "admin")
    assert ben.get(PAGE).status_code == 200

    do(ben, ids["Anna"], "user")
    assert anna.get(PAGE).status_code == 404


@pytest.mark.parametrize("what", ["disable", "user"])
def test_one_administrator_stays(anna, ids, what):
    response = do(anna, ids["Anna"], what)

    assert response.status_code == 409
    assert "only active administrator" in response.text
    assert anna.get(PAGE).status_code == 200


def test_somebody_can_be_logged_out_everywhere(anna, ben, ids):
    do(anna, ids["Ben"], "end")

    assert ben.get(API).status_code == 401


def test_an_unknown_button_or_account_changes_nothing(anna, ids):
    assert do(anna, ids["Ben"], "explode").status_code == 400
    assert do(anna, "nobody", "disable").status_code == 404


def test_changes_are_in_the_audit_log_with_their_author(app, anna, ids, tmp_path):
    do(anna, ids["Ben"], "admin")
    token = re.search(r"welcome#([\w-]+)", do(anna, ids["Ben"], "link").text)[1]

    text = (tmp_path / "data" / FILE).read_text()
    said = [json.loads(line) for line in text.splitlines()]
    assert [(line["event"], line["user"], line["by"]) for line in said] == [
        ("made_admin", "Ben", "Anna"),
        ("link_made", "Ben", "Anna"),
    ]
    assert token not in text


def test_a_name_is_never_markup(app, anna):
    anna.post(PAGE, data={"name": "<img src=x onerror=alert(1)>", "role": "user"}, headers=FROM_OUR_PAGE)

    assert "<img" not in anna.get(PAGE).text
    assert "&lt;img" in anna.get(PAGE).text


class TestOnePassword:
    @pytest.fixture
    def settings(self, settings):
        settings["auth"] = {"mode": "password", "password": "one for all"}
        return settings

    def test_without_accounts_there_is_no_admin_page(self, client):
        sign_in(client, None, "one for all")

        assert client.get(PAGE).status_code == 404
