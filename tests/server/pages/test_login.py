import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import simple_websocket

from server.auth import passwords
from server.auth.access import Access
from server.config.auth import Auth
from server.limits import rate_limiter
from server.limits.rate_limiter import MAX_HITS
from server.pages import login as login_module
from tests.server.api.test_turns import ask
from tests.server.api.test_websocket import UPGRADE
from tests.support.members import FROM_OUR_PAGE, PASSWORD, add_member, member, sign_in
from tests.support.services.openai_wire import delta, openai_stream
from tests.support.services.upstream import Gate, wait_until
from tests.support.waiting import wait_for
from tests.support.wire import PATIENCE_S

API = "/backend-api/v2/models"


@pytest.fixture
def settings(settings):
    settings["auth"] = {"mode": "accounts"}
    return settings


@pytest.fixture
def anna(app):
    return member(app, "Anna", "admin")


def audit(app):
    lines = (app.extensions["chat"].access.audit._file).read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("path", ["/chat/", "/", "/chat/abc?x=1", "/chat/settings", "/chat/parts/conversations"])
def test_a_visitor_is_led_to_the_login(client, path):
    response = client.get(path)

    assert (response.status_code, response.location.split("?")[0]) == (303, "/login")


@pytest.mark.parametrize("path", [API, "/backend-api/v2/conversations", "/backend-api/v2/providers"])
def test_a_program_gets_an_error(client, path):
    response = client.get(path, headers={"Accept": "*/*"})

    assert (response.status_code, response.json["error"]["code"]) == (401, "unauthenticated")


def test_a_script_of_the_page_gets_an_error(client):
    assert client.get("/chat/parts/conversations", headers={"Sec-Fetch-Mode": "cors"}).status_code == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/login"])
def test_what_is_open_stays_open(client, path):
    assert client.get(path).status_code == 200


def test_the_right_password_signs_in_and_redirects_to_the_requested_page(client, app):
    add_member(app, "Anna")
    wanted = client.get("/chat/abc?x=1").location

    page = client.get(wanted)
    response = sign_in(client, "anna", next="/chat/abc?x=1")

    assert 'value="/chat/abc?x=1"' in page.text
    assert (response.status_code, response.location) == (303, "/chat/abc?x=1")
    assert client.get(API).status_code == 200
    assert client.get("/login").location == "/chat/"


def test_the_form_works_for_a_program_too(client, app):
    add_member(app, "Anna")

    assert client.post("/login", data={"username": "Anna", "password": PASSWORD}).status_code == 303
    assert client.get(API).status_code == 200


def test_another_sites_form_does_not(client, app):
    add_member(app, "Anna")
    form = {"username": "Anna", "password": PASSWORD}

    assert client.post("/login", data=form, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post("/login", data=form, headers={"Origin": "https://evil.example"}).status_code == 403


@pytest.mark.parametrize(
    "where",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\n/evil.example",
        "chat",
        "http:///evil",
        "///evil.example",
        "",
    ],
)
def test_nobody_is_led_to_another_site(client, app, where):
    add_member(app, "Anna")

    assert sign_in(client, "Anna", next=where).location == "/chat/"


def test_an_unknown_name_and_a_wrong_password_are_answered_alike(client, app, monkeypatch):
    asked = []
    verify = login_module.passwords.verify
    monkeypatch.setattr(login_module.passwords, "verify", lambda *given: asked.append(given) or verify(*given))
    account = add_member(app, "Anna")
    add_member(app, "Boss", "admin")
    wrong = sign_in(client, "Anna", "wrong horse")
    unknown = sign_in(client, "Nobody", "wrong horse")
    app.extensions["chat"].access.accounts.disable(account.id)
    disabled = sign_in(client, "Anna")

    assert {wrong.status_code, unknown.status_code, disabled.status_code} == {401}
    assert wrong.text == disabled.text == unknown.text.replace("Nobody", "Anna")
    assert len(asked) == 3, "each has cost as much"


def test_the_cookie_is_out_of_reach(client, app):
    add_member(app, "Anna")

    cookie = sign_in(client, "Anna").headers["Set-Cookie"]

    assert cookie.startswith("chat_session=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_by_https_it_is_the_hosts_alone(client, app):
    add_member(app, "Anna")

    response = client.post(
        "/login", base_url="https://localhost", headers=FROM_OUR_PAGE, data={"username": "Anna", "password": PASSWORD}
    )

    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-chat_session=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert client.get(API, base_url="https://localhost").status_code == 200


class TestPrefix:
    @pytest.fixture
    def settings(self, settings):
        settings["url_prefix"] = "/chat-ui"
        return settings

    def test_by_https_no_other_site_on_the_host_can_set_the_cookie(self, client, app):
        add_member(app, "Anna")
        form = {"username": "Anna", "password": PASSWORD, "next": "/elsewhere"}

        response = client.post("/chat-ui/login", base_url="https://localhost", data=form, headers=FROM_OUR_PAGE)

        assert response.location == "/chat-ui/chat/"
        cookie = response.headers["Set-Cookie"]
        assert cookie.startswith("__Host-chat_session.chat-ui=")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        assert client.get("/chat-ui/chat/", base_url="https://localhost").status_code == 200

    @pytest.mark.parametrize("name", ["chat_session", "__Host-chat_session", "__Host-chat_session.other"])
    def test_a_planted_cookie_signs_nobody_in(self, client, app, name):
        anna = add_member(app, "Anna")
        token = app.extensions["chat"].access.start_session(anna.id, "127.0.0.1", "A browser")
        cookie = {"Cookie": f"{name}={token}"}

        assert client.get("/chat-ui/chat/", base_url="https://localhost", headers=cookie).status_code == 303

    def test_by_http_the_cookie_belongs_to_the_prefix(self, client, app):
        add_member(app, "Anna")
        form = {"username": "Anna", "password": PASSWORD}

        response = client.post("/chat-ui/login", data=form, headers=FROM_OUR_PAGE)

        assert response.headers["Set-Cookie"].startswith("chat_session=")
        assert "Path=/chat-ui" in response.headers["Set-Cookie"].split("; ")
        assert client.get("/chat-ui/chat/").status_code == 200

    def test_signing_out_deletes_the_cookie(self, client, app):
        add_member(app, "Anna")
        place = {"base_url": "https://localhost", "headers": FROM_OUR_PAGE}
        client.post("/chat-ui/login", data={"username": "Anna", "password": PASSWORD}, **place)

        gone = client.post("/chat-ui/logout", **place).headers["Set-Cookie"]

        assert gone.startswith("__Host-chat_session.chat-ui=;")
        assert {"Secure", "Max-Age=0", "Path=/"} <= set(gone.split("; "))

    def test_a_visitor_is_led_inside_of_it(self, client):
        assert client.get("/chat-ui/chat/x").location == "/chat-ui/login?next=/chat-ui/chat/x"
        assert client.get("/chat-ui/backend-api/v2/models").status_code == 401


def test_a_login_begins_a_new_session_and_ends_the_old_one(anna):
    before = anna.get_cookie("chat_session").value

    sign_in(anna, "Anna")

    after = anna.get_cookie("chat_session").value
    assert before != after
    anna.set_cookie("chat_session", before)
    assert anna.get(API).status_code == 401


def test_an_invented_session_is_rejected(client):
    for token in ("", "x", "é", "x" * 3000):
        client.set_cookie("chat_session", token)
        assert client.get(API).status_code == 401


def test_the_store_knows_no_token(anna, app):
    token = anna.get_cookie("chat_session").value
    (session,) = app.extensions["chat"].access.sessions.of("local")

    assert token not in (session.token_hash, session.id)


def test_logging_out_ends_the_session_on_the_server(anna, app):
    token = anna.get_cookie("chat_session").value

    response = anna.post("/logout", headers=FROM_OUR_PAGE)

    assert (response.status_code, response.location) == (303, "/login")
    assert anna.get_cookie("chat_session") is None
    assert response.headers["Clear-Site-Data"] == '"storage"', "what was being written is nobody else's"
    anna.set_cookie("chat_session", token)
    assert anna.get(API).status_code == 401


@pytest.mark.parametrize("change", ["disable", "end_all"])
def test_who_is_out_is_out_at_once(app, anna, change):
    ben = member(app, "Ben")
    access = app.extensions["chat"].access
    user_id = access.accounts.by_name("Ben").id

    (access.accounts.disable if change == "disable" else access.sessions.end_all)(user_id)

    assert ben.get(API).status_code == 401
    assert anna.get(API).status_code == 200


def test_after_ten_failures_the_right_password_waits_too(client, app):
    add_member(app, "Anna")
    for _ in range(MAX_HITS):
        assert sign_in(client, "Anna", "wrong horse").status_code == 401

    response = sign_in(client, "Anna")

    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 180
    assert "Try again in 3 minutes" in response.text
    sign_in(client, "Anna")
    assert [line["event"] for line in audit(app)].count("login_throttled") == 1
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    form = {"username": "Anna", "password": PASSWORD}
    assert client.post("/login", data=form, environ_base=elsewhere).status_code == 303


def test_one_client_cannot_try_many_names(client):
    for number in range(MAX_HITS):
        assert sign_in(client, f"name{number}", "wrong horse").status_code == 401

    assert sign_in(client, "another", "wrong horse").status_code == 429


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
    ],
)
def test_an_address_stands_for_one_client(address, network):
    assert rate_limiter.network(address) == network


def test_sign_ins_hold_no_thread_of_other_views(app, server, monkeypatch):
    add_member(app, "Anna")
    hasher, may_verify = passwords._hasher(), threading.Event()

    class Slow:
        def verify(self, *given):
            may_verify.wait(PATIENCE_S)
            return hasher.verify(*given)

        def __getattr__(self, name):
            return getattr(hasher, name)

    monkeypatch.setattr(passwords, "_hasher", Slow)
    form = {"username": "Anna", "password": PASSWORD}

    def enter(_):
        return requests.post(f"{server}/login", data=form, allow_redirects=False, timeout=PATIENCE_S)

    with ThreadPoolExecutor(MAX_HITS) as threads:
        asked = [threads.submit(enter, number) for number in range(MAX_HITS)]
        wait_for(lambda: sum(job.done() for job in asked) == MAX_HITS - 4)
        page = requests.get(f"{server}/login", timeout=PATIENCE_S)
        refused = [job.result() for job in asked if job.done()]
        may_verify.set()
        admitted = [job.result() for job in asked if job.result() not in refused]

    assert page.status_code == 200
    assert [(answer.status_code, answer.headers["Retry-After"]) for answer in refused] == [(503, "5")] * 6
    assert [answer.status_code for answer in admitted] == [303] * 4
    assert sign_in(app.test_client(), "Anna", "wrong horse").status_code == 401, "what was refused does not count"


def test_a_weak_hash_is_replaced_at_login(client, app, monkeypatch):
    monkeypatch.setattr(login_module.passwords, "TIME_COST", 1)
    login_module.passwords._hasher.cache_clear()
    weak = login_module.passwords.hash_password(PASSWORD)
    monkeypatch.undo()
    login_module.passwords._hasher.cache_clear()
    accounts = app.extensions["chat"].access.accounts
    accounts.add("Anna", "admin", weak)

    assert sign_in(client, "Anna").status_code == 303

    assert accounts.by_name("Anna").password_hash != weak
    assert sign_in(client, "Anna").status_code == 303


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/x-www-form-urlencoded"),
        (b"username=%00&password=%00", "application/x-www-form-urlencoded"),
        (b"username=%ff%fe&password=%ff", "application/x-www-form-urlencoded"),
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"username=" + b"x" * 100_000 + b"&password=" + b"y" * 100_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"username=a%d" % number for number in range(2000)), "application/x-www-form-urlencoded"),
        (b"nonsense", "multipart/form-data"),
        (b'{"username": "Anna"}', "application/json"),
        (b"username=Anna", "text/plain; charset=nonsense"),
    ],
    ids=range(9),
)
@pytest.mark.parametrize("path", ["/login", "/login/code", "/welcome", "/logout"])
def test_no_body_is_too_strange(client, path, body, kind):
    response = client.post(path, data=body, content_type=kind, headers=FROM_OUR_PAGE)

    assert response.status_code in (303, 400, 401, 404, 413)


def test_what_happened_is_in_the_audit_log_and_no_secret(client, app):
    add_member(app, "Anna")
    sign_in(client, "Anna", "wrong horse")
    sign_in(client, "my password by mistake", "wrong horse")
    sign_in(client, "Anna")
    client.post("/logout", headers=FROM_OUR_PAGE)

    said = audit(app)

    assert [line["event"] for line in said] == ["login_failed", "login_failed", "login", "logout"]
    assert [line.get("user") for line in said] == ["Anna", None, "Anna", "Anna"]
    assert "horse" not in json.dumps(said) and "mistake" not in json.dumps(said)


def test_the_websocket_needs_a_session(server):
    with requests.get(f"{server}/backend-api/v2/live", headers=UPGRADE | {"Origin": server}) as response:
        assert response.status_code == 401


@pytest.fixture
def cookie(anna):
    return {"Cookie": f"chat_session={anna.get_cookie('chat_session').value}"}


def test_a_socket_ends_with_its_session(app, server, cookie):
    address = f"{server.replace('http', 'ws')}/backend-api/v2/live"
    socket = simple_websocket.Client(address, headers={"Origin": "http://127.0.0.1", **cookie})
    wait_for(lambda: app.extensions["chat"].notifications.has_listeners("local"))
    app.extensions["chat"].notifications.publish_to_all(
        {"type": "here"}
    )  # or this client keeps what came with its handshake
    assert [json.loads(socket.receive(timeout=30))["type"] for _ in range(2)] == ["hello", "here"]

    app.extensions["chat"].access.sessions.end_all("local")

    with pytest.raises(simple_websocket.ConnectionClosed) as closed:
        socket.receive(timeout=30)
    assert closed.value.reason == 1008
    socket.thread.join()
    socket.sock.close()


def test_a_stream_ends_with_its_session_and_the_turn_goes_on(app, server, upstream, cookie):
    gate = Gate()
    upstream.will_answer([delta("So"), wait_until(gate), *openai_stream("Later")])
    body = {"message": {"content": "Hello"}}
    with requests.post(f"{server}/backend-api/v2/conversation", json=body, headers=cookie, stream=True) as response:
        lines = response.iter_lines()
        start = json.loads(next(lines))
        app.extensions["chat"].access.sessions.end_all("local")
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            list(lines)
    gate.open()
    store = app.extensions["chat"].store
    wait_for(lambda: store.message("local", start["message_id"]).status == "complete")


class TestOnePassword:
    @pytest.fixture
    def settings(self, settings):
        settings["auth"] = {"mode": "password", "password": "one for all"}
        return settings

    def test_everyone_with_the_password_is_one_person(self, client, app, upstream):
        assert 'name="username"' not in client.get("/login").text
        assert sign_in(client, None, "one for some").status_code == 401

        assert sign_in(client, None, "one for all").status_code == 303
        ask(client)

        other = app.test_client()
        sign_in(other, None, "one for all")
        assert len(other.get("/backend-api/v2/conversations").json["conversations"]) == 1

    def test_it_cannot_be_guessed_from_many_networks(self, app):
        def guess(number, password="wrong horse"):
            place = {"REMOTE_ADDR": f"2001:db8:0:{number:x}::1"}
            return app.test_client().post("/login", data={"password": password}, environ_base=place).status_code

        statuses = [guess(number) for number in range(login_module.MAX_SHARED_HITS + 1)]

        assert statuses == [401] * login_module.MAX_SHARED_HITS + [429]
        assert guess(1000, "one for all") == 429

    def test_the_right_one_does_not_count(self, app):
        for _ in range(login_module.MAX_SHARED_HITS + 1):
            assert sign_in(app.test_client(), None, "one for all").status_code == 303

    def test_another_password_ends_every_session(self, client, app, config):
        sign_in(client, None, "one for all")
        here, other = app.extensions["chat"], Auth(mode="password", password="another one")

        here.access = Access(config.model_copy(update={"auth": other}), here.store)

        assert client.get(API).status_code == 401


class TestNobodyAsks:
    @pytest.fixture
    def settings(self, settings):
        settings["auth"] = {"mode": "none"}
        return settings

    def test_there_is_nothing_to_sign_in_to(self, client, app):
        assert client.get("/login").location == "/chat/"
        assert sign_in(client, "anybody").location == "/chat/"
        assert client.post("/logout", headers=FROM_OUR_PAGE).location == "/chat/"
        assert not (app.extensions["chat"].access.audit._file.parent / "session.key").exists()
