import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from g4f_lite.config.load import load
from g4f_lite.providers import KINDS
from server import create_app
from server.config.limits import Limits
from server.config.site import Config
from tests.server.api.test_turns import CONVERSATION, a_turn, ask
from tests.support.loops import on
from tests.support.members import FROM_OUR_PAGE, come_in
from tests.support.services.openai_wire import delta, openai_stream
from tests.support.services.upstream import Gate, wait_until
from tests.support.waiting import wait_for

RELAYED = {"model": "m", "meta": {"content": {"conversation": [], "parts": [{"role": "user", "content": "Hello"}]}}}
OPENAI = "/v1/chat/completions"
PLAIN = {"content": "Hello", "model": "m"}


def send_native(client, body=None, path=CONVERSATION, **more):
    response = client.post(path, json=body or a_turn(), **more)
    response.get_data()  # up to its end
    return response


def send_relayed(client, **more):
    return send_native(client, RELAYED, **more)


def send_openai(client, **more):
    return send_native(client, {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}, path=OPENAI, **more)


def send_plain(client, **more):
    response = client.post("/chat/", data=PLAIN, headers=FROM_OUR_PAGE, **more)
    if response.status_code == 303:
        client.get(response.location.split("#")[0]).get_data()
    return response


FORMS = pytest.mark.parametrize("send", [send_native, send_relayed, send_openai, send_plain])


@pytest.fixture
def limits():
    return {}


@pytest.fixture
def settings(settings, limits):
    settings["auth"] = {"mode": "accounts"}
    settings["limits"] = limits
    return settings


@pytest.fixture
def anna(app):
    return come_in(app, "Anna")


@pytest.fixture
def ben(app):
    return come_in(app, "Ben")


def is_refused(response, sentence):
    """Check the one way in which all limits refuse; return the seconds to wait."""
    assert response.status_code == 429
    wait_s = int(response.headers["Retry-After"])
    if response.is_json:
        error = response.json["error"]
        assert error["code"] in ("rate_limited", "rate_limit_exceeded")
        assert error.get("retry_after", wait_s) == wait_s
        assert sentence in error["message"]
    else:
        assert sentence in response.text
    return wait_s


@FORMS
@pytest.mark.parametrize("limits", [{"turns_per_minute": 2}])
def test_a_person_has_so_many_turns_a_minute(anna, ben, send):
    for _ in range(2):
        assert send(anna).status_code in (200, 303)

    assert 58 <= is_refused(send(anna), "Too many messages in one minute. Try again in") <= 60
    assert send(ben).status_code in (200, 303)


@FORMS
@pytest.mark.parametrize("limits", [{"address_turns_per_minute": 2}])
def test_an_address_has_so_many_turns_a_minute_whoever_asks(anna, ben, send):
    assert send(anna).status_code in (200, 303)
    assert send(ben).status_code in (200, 303)

    is_refused(send(anna), "Too many messages")
    assert send(anna, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code in (200, 303)


@pytest.mark.parametrize("limits", [{"turns_per_minute": 1}])
def test_all_forms_of_a_turn_count_together(anna):
    ask(anna)

    for send in (send_native, send_relayed, send_openai, send_plain):
        is_refused(send(anna), "Too many messages")


@pytest.mark.parametrize("limits", [{"turns_per_minute": 1}])
def test_what_was_refused_is_not_stored_and_stays_in_the_field(anna):
    ask(anna)

    refused = anna.post("/chat/", data={"content": "What about Zanzibar?"}, headers=FROM_OUR_PAGE)

    assert "What about Zanzibar?</textarea>" in refused.text
    assert len(anna.get("/backend-api/v2/conversations").json["conversations"]) == 1


@pytest.mark.parametrize("limits", [{"turns_per_minute": 1, "concurrent_turns": 1}])
def test_a_message_that_is_sent_again_is_no_other_turn(anna, upstream):
    turn = {"message": {"id": "one", "content": "Hello"}}
    first = anna.post(CONVERSATION, json=turn).get_data()

    again = anna.post(CONVERSATION, json=turn)

    assert again.status_code == 200
    assert json.loads(again.get_data().splitlines()[-1]) == json.loads(first.splitlines()[-1])


@pytest.mark.parametrize("limits", [{"concurrent_turns": 2}])
def test_a_person_has_so_many_turns_at_a_time(app, anna, ben, upstream):
    gate = Gate()
    for _ in range(2):
        upstream.will_answer([delta("One"), wait_until(gate), *openai_stream("end")])
    running = [anna.post(CONVERSATION, json=a_turn(), buffered=False) for _ in range(2)]

    for send in (send_native, send_relayed, send_openai, send_plain):
        assert is_refused(send(anna), "2 answers are already being written for you") == 5
    assert send_native(ben).status_code == 200
    gate.open()
    for response in running:
        response.get_data()

    ask(anna)
    assert not app.extensions["chat"].quota._running


@pytest.mark.parametrize("limits", [{"concurrent_turns": 1}])
def test_who_hears_the_end_may_ask_at_once(anna):
    for _ in range(10):
        ask(anna)
        assert send_relayed(anna).status_code == 200


@pytest.mark.parametrize("limits", [{"concurrent_turns": 1, "turns_per_minute": 0}])
def test_many_at_once_get_one_place(app, anna, upstream):
    gate = Gate()
    upstream.otherwise = lambda request: pytest.fail("only one turn was to be asked")
    upstream.will_answer([delta("One"), wait_until(gate), *openai_stream("end")])
    cookie = anna.get_cookie("chat_session").value

    def send(_):
        client = app.test_client()
        client.set_cookie("chat_session", cookie)
        return client.post(CONVERSATION, json=a_turn(), buffered=False)

    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(send, range(8)))
    gate.open()

    assert sorted(response.status_code for response in responses) == [200, *[429] * 7]
    for response in responses:
        response.get_data()


@pytest.mark.parametrize("limits", [{"concurrent_turns": 1}])
@pytest.mark.parametrize("body", [{"conversation_id": "none", **a_turn()}, {"action": "continue"}, {"model": "no"}])
def test_a_turn_that_cannot_begin_leaves_its_place(app, anna, body):
    assert anna.post(CONVERSATION, json=body).status_code in (400, 404)

    assert not app.extensions["chat"].quota._running


@pytest.mark.parametrize("limits", [{"concurrent_turns": 1}])
def test_who_leaves_a_relayed_reply_leaves_its_place(app, anna, server, upstream):
    gate = Gate()
    upstream.will_answer([delta("One"), wait_until(gate)])
    cookies = {"chat_session": anna.get_cookie("chat_session").value}
    with requests.post(f"{server}{CONVERSATION}", json=RELAYED, cookies=cookies, stream=True, timeout=10) as reply:
        assert reply.raw.read(1) == b"O"
        refused = requests.post(f"{server}{CONVERSATION}", json=RELAYED, cookies=cookies, timeout=10)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")

    wait_for(lambda: not app.extensions["chat"].quota._running)
    gate.open()


@FORMS
@pytest.mark.parametrize("limits", [{"tokens_per_day": 100}])
def test_the_tokens_of_a_day_are_used_up(anna, ben, upstream, send):
    upstream.will_answer(openai_stream("Hi", usage=(60, 39)))
    assert send(anna).status_code in (200, 303)
    upstream.will_answer(openai_stream("Hi", usage=(1, 0)))
    assert send(anna).status_code in (200, 303)

    assert (
        86_000
        < is_refused(send(anna), "used your token allowance for the last 24 hours. Try again in 24 hours.")
        <= 86_460
    )
    assert send(ben).status_code in (200, 303)


@FORMS
@pytest.mark.parametrize("limits", [{"tokens_per_day": 4}])
def test_tokens_that_nobody_counted_are_estimated(anna, upstream, send):
    upstream.will_answer(openai_stream("Hi", reasoning="Hi there, and many more words"))
    assert send(anna).status_code in (200, 303)

    is_refused(send(anna), "used your token allowance")


@FORMS
@pytest.mark.parametrize("limits", [{"tokens_per_day": 30}])
def test_the_tokens_of_a_day_are_known_after_a_restart(app, loop, config, anna, upstream, send):
    upstream.will_answer(openai_stream("Hi", usage=(20, 10)))
    assert send(anna).status_code in (200, 303)
    on(loop, app.extensions["lifecycle"].close())

    again = create_app(config, loop=loop)
    browser = again.test_client()
    browser.set_cookie("chat_session", anna.get_cookie("chat_session").value)

    is_refused(send(browser), "used your token allowance for the last 24 hours")
    on(loop, again.extensions["lifecycle"].close())


@pytest.mark.parametrize("limits", [{"tokens_per_day": 31}])
def test_a_copy_took_no_tokens(anna, upstream):
    upstream.will_answer(openai_stream("Hi", usage=(20, 10)))
    start = ask(anna)[0]
    fork = f"/backend-api/v2/conversations/{start['conversation_id']}/fork"
    assert anna.post(fork, json={"message_id": start["message_id"]}).status_code == 201

    assert send_native(anna).status_code == 200


@pytest.mark.parametrize("limits", [{"requests_per_minute": 3, "address_requests_per_minute": 5}])
def test_requests_have_a_limit_for_a_person_and_for_an_address(app, anna, ben):
    for _ in range(3):
        assert anna.get("/chat/settings").status_code == 200
    assert is_refused(anna.get("/backend-api/v2/models"), "Too many requests in one minute. Try again in") > 50
    assert ben.get("/chat/settings").status_code == 200

    is_refused(app.test_client().get("/login"), "Too many requests")
    assert ben.get("/chat/settings", environ_base={"REMOTE_ADDR": "2001:db8::1"}).status_code == 200


@pytest.mark.parametrize("limits", [{"requests_per_minute": 1}])
def test_a_text_that_came_with_one_request_too_many_stays_in_the_field(anna):
    assert anna.get("/chat/settings").status_code == 200

    refused = anna.post("/chat/", data={"content": "What about Zanzibar?"}, headers=FROM_OUR_PAGE)

    is_refused(refused, "Too many requests in one minute")
    assert "What about Zanzibar?</textarea>" in refused.text


@pytest.mark.parametrize("limits", [{"address_requests_per_minute": 1}])
def test_files_and_probes_are_not_counted(app, client):
    address = client.get("/login").text.split('rel="stylesheet" href="')[1].split('"')[0]
    is_refused(client.get("/login"), "Too many requests")

    for path in (address, "/healthz", "/readyz", "/metrics"):
        assert client.get(path).status_code == 200, path


def test_another_limit_holds_from_the_next_turn_on(app, loop, config, anna):
    ask(anna)
    fewer = config.model_copy(update={"limits": Limits(turns_per_minute=1)})
    on(loop, app.extensions["lifecycle"].apply_config(fewer))

    is_refused(send_native(anna), "Too many messages")


def written(tmp_path, **document):
    file = tmp_path / "other.json"
    file.write_text(json.dumps(document))
    return load(file, Config, {}, KINDS).limits


def test_who_is_alone_meets_no_limit(tmp_path):
    alone = written(tmp_path)

    assert alone.concurrent_turns == 100
    assert set(alone.model_dump(exclude={"concurrent_turns"}).values()) == {0}


def test_who_is_alone_may_want_one(tmp_path):
    assert written(tmp_path, limits={"tokens_per_day": 5}).tokens_per_day == 5


@pytest.mark.parametrize("auth", [{"mode": "accounts"}, {"mode": "password", "password": "correct horse"}])
def test_who_signs_in_has_limits(tmp_path, auth):
    assert written(tmp_path, auth=auth) == Limits()
    assert written(tmp_path, auth=auth, limits={"concurrent_turns": 1}) == Limits(concurrent_turns=1)
