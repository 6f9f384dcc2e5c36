import re
import time

import pyotp
import pytest

from server.auth import login_proof, passwords, totp
from server.auth.access import MAX_CODES
from server.current.api_key import new_key
from server.limits.rate_limiter import MAX_HITS
from server.pages.account import agent_name
from server.store.people.api_keys import KeySettings
from tests.support.members import FROM_OUR_PAGE, PASSWORD, add_member, come_in, sign_in

API = "/backend-api/v2/models"
PAGE = "/chat/account"


@pytest.fixture
def settings(settings):
    settings["auth"] = {"mode": "accounts"}
    return settings


def send(client, path, **form):
    return client.post(f"{PAGE}{path}", data=form, headers=FROM_OUR_PAGE)


def another_browser(app, name="Anna"):
    client = app.test_client()
    assert sign_in(client, name).status_code == 303
    return client


def test_another_password_ends_every_other_session(app, anna):
    elsewhere = another_browser(app)

    response = send(anna, "/password", password=PASSWORD, new="another battery")

    assert (response.status_code, response.location) == (303, "/chat/account?changed=")
    assert "Password changed." in anna.get(response.location).text
    assert elsewhere.get(API).status_code == 401
    assert sign_in(app.test_client(), "Anna").status_code == 401
    assert sign_in(app.test_client(), "Anna", "another battery").status_code == 303


@pytest.mark.parametrize(("form", "left"), [({}, 1), ({"revoke_keys": "on"}, 0)])
def test_a_new_password_revokes_the_keys_if_asked_to(app, anna, form, left):
    ben = come_in(app, "Ben")
    access = app.extensions["chat"].access
    assert "stay valid" not in anna.get(PAGE).text
    for name in ("Anna", "Ben"):
        new_key(access, access.accounts.by_name(name).id, "a program", KeySettings())
    assert "Otherwise they stay valid" in anna.get(PAGE).text

    send(anna, "/password", password="wrong", new="another battery", **form)
    assert len(access.api_keys.of("local")) == 1
    send(anna, "/password", password=PASSWORD, new="another battery", **form)

    assert len(access.api_keys.of("local")) == left
    assert "Otherwise they stay valid" in ben.get(PAGE).text, "others keep theirs"


@pytest.mark.parametrize(
    ("password", "new", "status"),
    [("wrong", "another battery", 403), (PASSWORD, "short", 400), (PASSWORD, "Anna", 400)],
)
def test_what_is_refused_changes_nothing(app, anna, password, new, status):
    response = send(anna, "/password", password=password, new=new)

    assert response.status_code == status
    assert 'role="alert"' in response.text
    another_browser(app)


def test_nobody_guesses_the_password_from_within(anna):
    for _ in range(MAX_HITS):
        assert send(anna, "/password", password="wrong", new="another battery").status_code == 403

    assert send(anna, "/password", password=PASSWORD, new="another battery").status_code == 429


def test_a_person_sees_their_sessions_and_can_end_them(app, anna):
    elsewhere, far = another_browser(app), another_browser(app)
    access = app.extensions["chat"].access
    session = access.sessions.find(access.hash_of(elsewhere.get_cookie("chat_session").value))[0]
    assert anna.get(PAGE).text.count('name="id"') == 2

    send(anna, "/sessions", id=session.id)
    assert (elsewhere.get(API).status_code, far.get(API).status_code) == (401, 200)

    send(anna, "/sessions")
    assert (far.get(API).status_code, anna.get(API).status_code) == (401, 200)


def test_nobody_ends_the_sessions_of_others(app, anna):
    ben = come_in(app, "Ben")
    session = app.extensions["chat"].access.sessions.of("local")[0]

    send(ben, "/sessions", id=session.id)

    assert anna.get(API).status_code == 200


def set_up(client):
    """Return the secret and the codes on paper."""
    begun = send(client, "/second-factor", password=PASSWORD).text
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", begun)[1]
    sealed = re.search(r'name="sealed" value="([^"]+)"', begun)[1]
    done = send(client, "/second-factor/confirm", sealed=sealed, code=pyotp.TOTP(secret).now()).text
    return secret, re.findall(r"<li><code>([^<]+)</code>", done)


def ask_for_code(app, name="Anna"):
    """Return a browser that gave the right password, and what it has to send back."""
    client = app.test_client()
    page = sign_in(client, name, next="/chat/x")
    assert page.status_code == 200
    assert client.get(API).status_code == 401
    return client, {"sealed": re.search(r'name="sealed" value="([^"]+)"', page.text)[1], "next": "/chat/x"}


def send_code(client, form, code):
    return client.post("/login/code", data={**form, "code": code}, headers=FROM_OUR_PAGE)


def test_with_a_second_factor_the_password_is_not_enough(app, anna):
    secret, codes = set_up(anna)
    assert len(codes) == totp.CODES
    client, form = ask_for_code(app)

    assert send_code(client, form, "000000 ").status_code == 401
    assert send_code(client, form, pyotp.TOTP(secret).now()).status_code == 401, "it was used to set it up"
    response = send_code(client, form, pyotp.TOTP(secret).at(time.time() + totp.STEP_S))

    assert (response.status_code, response.location) == (303, "/chat/x")
    assert client.get(API).status_code == 200


def test_a_code_on_paper_is_good_once(app, anna):
    _, codes = set_up(anna)
    assert "10 recovery codes" in anna.get(PAGE).text
    client, form = ask_for_code(app)

    assert send_code(client, form, codes[0].upper().replace("-", " ")).status_code == 303
    assert send_code(app.test_client(), form, codes[0]).status_code == 401
    assert "9 recovery codes" in anna.get(PAGE).text


def change_own_password(anna, app):
    send(anna, "/password", password=PASSWORD, new="another battery")


def change_password_by_command(anna, app):
    access = app.extensions["chat"].access
    access.accounts.set_password(access.accounts.by_name("Anna").id, passwords.hash_password("another battery"))


def set_up_again(anna, app):
    send(anna, "/second-factor/remove", password=PASSWORD)


@pytest.mark.parametrize("change", [change_own_password, change_password_by_command, set_up_again])
def test_a_proof_of_the_password_ends_when_the_password_or_the_phone_changes(app, anna, change):
    secret, codes = set_up(anna)
    client, form = ask_for_code(app)

    change(anna, app)

    assert send_code(client, form, codes[0]).status_code == 401
    assert send_code(client, form, pyotp.TOTP(secret).at(time.time() + totp.STEP_S)).status_code == 401
    assert client.get(API).status_code == 401


def test_a_proof_of_the_password_lets_in_once(app, anna):
    secret, codes = set_up(anna)
    client, form = ask_for_code(app)
    assert send_code(client, form, codes[0]).status_code == 303

    for code in (codes[1], pyotp.TOTP(secret).at(time.time() + totp.STEP_S)):
        assert send_code(app.test_client(), form, code).status_code == 401
    client, form = ask_for_code(app)
    assert send_code(client, form, codes[1]).status_code == 303, "the refused code is still good"


def test_two_codes_at_once_do_not_use_a_proof_twice(app, anna):
    set_up(anna)
    access = app.extensions["chat"].access
    proof = login_proof.unseal(access, login_proof.seal(access, access.accounts.by_name("Anna")))

    assert [login_proof.use(access, proof) for _ in (1, 2)] == [True, False]


def test_a_password_rehashed_at_login_is_still_proved(app, anna, monkeypatch):
    _, codes = set_up(anna)
    monkeypatch.setattr(passwords, "TIME_COST", 1)
    passwords._hasher.cache_clear()
    client, form = ask_for_code(app)
    monkeypatch.undo()
    passwords._hasher.cache_clear()

    assert send_code(client, form, codes[0]).status_code == 303


def guess_code(app, form, network):
    """Send a wrong code from a network of its own."""
    client = app.test_client()
    data, place = {**form, "code": "000000"}, {"REMOTE_ADDR": f"2001:db8:0:{network:x}::1"}
    return client.post("/login/code", data=data, headers=FROM_OUR_PAGE, environ_base=place)


def test_five_wrong_codes_end_the_proof_of_the_password(app, anna):
    _, codes = set_up(anna)
    client, form = ask_for_code(app)
    for _ in range(login_proof.MAX_WRONG_CODES):
        assert 'name="code"' in send_code(client, form, "000000").text

    ended = send_code(client, form, codes[0])

    assert ended.status_code == 401
    assert "Enter your password again" in ended.text
    assert 'name="password"' in ended.text and 'name="code"' not in ended.text
    client, form = ask_for_code(app)
    assert send_code(client, form, codes[0]).status_code == 303


def test_codes_cannot_be_guessed_from_many_networks(app, anna):
    _, codes = set_up(anna)
    statuses = []
    for number in range(2 * MAX_CODES):
        if number % login_proof.MAX_WRONG_CODES == 0:
            _, form = ask_for_code(app)
        statuses.append(guess_code(app, form, number).status_code)

    assert statuses == [401] * MAX_CODES + [429] * MAX_CODES
    client, form = ask_for_code(app)
    refused = send_code(client, form, codes[0])
    assert (refused.status_code, "Try again in 60 minutes" in refused.text) == (429, True)


def test_codes_of_one_person_do_not_lock_out_another(app, anna):
    ben = come_in(app, "Ben")
    set_up(anna)
    _, codes = set_up(ben)
    for number in range(MAX_CODES):
        if number % login_proof.MAX_WRONG_CODES == 0:
            _, form = ask_for_code(app)
        guess_code(app, form, number)

    client, form = ask_for_code(app, "Ben")

    assert send_code(client, form, codes[0]).status_code == 303


def test_a_person_learns_of_wrong_codes_after_their_password(app, anna):
    set_up(anna)
    assert "a wrong code was entered" not in anna.get(PAGE).text
    _, form = ask_for_code(app)
    guess_code(app, form, 1)

    assert "a wrong code was entered" in anna.get(PAGE).text
    assert "ein falscher Code eingegeben" in anna.get(PAGE, headers={"Accept-Language": "de"}).text

    send(anna, "/password", password=PASSWORD, new="another battery")
    assert "a wrong code was entered" not in anna.get(PAGE).text


def test_the_password_of_a_stolen_session_cannot_be_guessed_from_many_networks(anna):
    statuses = [
        anna.post(
            f"{PAGE}/password",
            data={"password": "wrong", "new": "another battery"},
            headers=FROM_OUR_PAGE,
            environ_base={"REMOTE_ADDR": f"2001:db8:0:{number:x}::1"},
        ).status_code
        for number in range(MAX_HITS + 1)
    ]

    assert statuses == [403] * MAX_HITS + [429]


def test_a_seal_is_for_one_purpose_and_person(app, anna):
    ben = come_in(app, "Ben")
    begun = send(ben, "/second-factor", password=PASSWORD).text
    sealed = re.search(r'name="sealed" value="([^"]+)"', begun)[1]

    assert send_code(app.test_client(), {"sealed": sealed}, "000000").status_code == 401
    assert send(anna, "/second-factor/confirm", sealed=sealed, code="000000").status_code == 400
    for made_up in ("", "x", "a.b.c"):
        assert send_code(app.test_client(), {"sealed": made_up}, "000000").status_code == 401


def test_it_is_not_asked_for_before_the_phone_has_it(app, anna):
    begun = send(anna, "/second-factor", password=PASSWORD).text
    sealed = re.search(r'name="sealed" value="([^"]+)"', begun)[1]

    response = send(anna, "/second-factor/confirm", sealed=sealed, code="000000")

    assert response.status_code == 400
    assert sealed.split(".")[0] in response.text, "one can try again with the same secret"
    another_browser(app)


def test_it_can_be_done_without_again(app, anna):
    set_up(anna)

    assert send(anna, "/second-factor/remove", password="wrong").status_code == 403
    assert send(anna, "/second-factor/remove", password=PASSWORD).status_code == 303

    another_browser(app)


def test_the_picture_needs_no_looser_policy(anna):
    picture = totp.qr_code(totp.new_secret(), "<Anna>", 'A "site"')

    assert picture.startswith("<svg")
    assert "style" not in picture and "script" not in picture


def test_the_settings_lead_there(anna):
    assert f'href="{PAGE}"' in anna.get("/chat/settings").text
    assert 'action="/logout"' in anna.get("/chat/").text


class TestNobodySignsIn:
    @pytest.fixture
    def settings(self, settings):
        settings["auth"] = {"mode": "none"}
        return settings

    def test_there_is_no_account(self, client):
        assert client.get(PAGE).status_code == 404
        assert PAGE not in client.get("/chat/settings").text
        assert "/logout" not in client.get("/chat/").text


class TestOnePassword:
    @pytest.fixture
    def settings(self, settings):
        settings["auth"] = {"mode": "password", "password": "one for all"}
        return settings

    def test_there_are_only_sessions(self, app, client):
        add_member(app, "Anna", "admin")  # from the days when there were accounts
        sign_in(client, None, "one for all")

        page = client.get(PAGE).text

        assert "Active sessions" in page
        assert "/chat/admin" not in client.get("/chat/settings").text
        assert 'name="new"' not in page
        assert send(client, "/password", password="one for all", new="another battery").status_code == 404


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.1", "curl"),
        ("", "Other program"),
    ],
)
def test_a_browser_has_a_name(app, agent, words):
    with app.test_request_context():
        assert agent_name(agent) == words
