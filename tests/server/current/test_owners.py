"""Every person's data is private: no route shows it to a second person with a valid session."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
import simple_websocket
from flask.testing import FlaskClient

from server.current.api_key import new_key
from server.store.people.api_keys import KeySettings
from tests.server.api.test_turns import CONVERSATION, a_turn, ask
from tests.support.members import FROM_OUR_PAGE, PASSWORD
from tests.support.services.openai_wire import delta, openai_stream
from tests.support.services.upstream import Gate, wait_until
from tests.support.waiting import wait_for

SECRET = "Zanzibar"
"""What only the first person knows: it is in titles, questions, answers and presets."""

MADE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{12}\b")
"""Ids that the server makes: of messages to come, and of errors."""

Kind = Literal["foreign", "own", "open"]


@dataclass(frozen=True)
class Route:
    """How a route is asked by the second person.

    foreign: it names something; somebody else's is answered like what does not exist.
    own: it names nothing, and answers with what is one's own.
    open: it is for everybody, and knows nobody.
    """

    kind: Kind
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    form: dict[str, str] | None = None


SAID = {"content": "Hello"}
API = "/backend-api/v2"
ONE, MESSAGE, PRESET = f"{API}/conversations/<conversation_id>", f"{API}/messages/<message_id>", f"{API}/presets"
A_PRESET = {"name": "mine", "params": {"temperature": 1}}

ROUTES: dict[str, list[Route]] = {
    f"POST {CONVERSATION}": [
        Route("own", body={"message": SAID, "model": "m"}),
        Route("own", body={"message": {"id": "{question}", **SAID}}),
        Route("foreign", body={"conversation_id": "{conversation}", "message": SAID}),
        Route("foreign", body={"conversation_id": "{conversation}", "parent_id": "{answer}", "message": SAID}),
        Route("foreign", body={"conversation_id": "{conversation}", "message": {"id": "{question}", **SAID}}),
        Route("foreign", body={"conversation_id": "{mine}", "parent_id": "{answer}", "message": SAID}),
        Route("foreign", body={"conversation_id": "{conversation}", "action": "regenerate"}),
        Route("foreign", body={"conversation_id": "{mine}", "action": "regenerate", "parent_id": "{question}"}),
        Route("foreign", body={"conversation_id": "{conversation}", "action": "continue"}),
        Route("foreign", body={"conversation_id": "{mine}", "action": "continue", "parent_id": "{answer}"}),
    ],
    f"GET {API}/conversations": [Route("own"), Route("own", {"archived": "true"}), Route("own", {"pinned": "true"})],
    f"DELETE {API}/conversations": [Route("own")],
    f"GET {ONE}": [Route("foreign")],
    f"PATCH {ONE}": [
        Route("foreign", body={"title": "Taken"}),
        Route("foreign", body={"pinned": True, "archived": True}),
        Route("foreign", body={"leaf_id": "{question}"}),
        Route("foreign", body={"deleted": False}),
    ],
    f"DELETE {ONE}": [Route("foreign")],
    f"POST {ONE}/fork": [Route("foreign", body={"message_id": "{answer}"})],
    f"GET {ONE}/markdown": [Route("foreign")],
    f"GET {API}/export": [Route("own")],
    f"GET {API}/openapi.json": [Route("open")],
    f"GET {API}/live": [],  # a WebSocket; see below
    f"GET {MESSAGE}": [Route("foreign")],
    f"DELETE {MESSAGE}": [Route("foreign")],
    f"PATCH {MESSAGE}": [Route("foreign", body={"deleted": False})],
    f"GET {MESSAGE}/events": [Route("foreign"), Route("foreign", {"after": "1", "render": "html"})],
    f"POST {MESSAGE}/stop": [Route("foreign")],
    f"POST {MESSAGE}/versions": [Route("foreign", body={"content": "Another"})],
    f"GET {API}/models": [Route("own")],
    "GET /v1/models": [Route("own")],
    "GET /v1/models/<path:name>": [Route("own")],
    "POST /v1/completions": [Route("own", body={"model": "m", "prompt": "Hello"})],
    "POST /v1/messages": [Route("own", body={"model": "m", "max_tokens": 9, "messages": [{"role": "user", **SAID}]})],
    "POST /v1/messages/count_tokens": [Route("own", body={"model": "m", "messages": [{"role": "user", **SAID}]})],
    "POST /v1/chat/completions": [Route("own", body={"model": "m", "messages": [{"role": "user", **SAID}]})],
    f"GET {API}/providers": [Route("own")],
    f"GET {PRESET}": [Route("own")],
    f"POST {PRESET}": [Route("own", body=A_PRESET)],
    f"PUT {PRESET}/<preset_id>": [Route("foreign", body=A_PRESET)],
    f"DELETE {PRESET}/<preset_id>": [Route("foreign")],
    f"GET {API}/search": [Route("own", {"q": "capital"})],
    "GET /get-languages": [Route("own")],
    "GET /get-locale": [Route("own")],
    "POST /change-language": [Route("own", body={"language": "de"})],
    "GET /": [Route("own")],
    "GET /chat": [Route("own")],
    "GET /chat/": [Route("own"), Route("own", {"archived": "true"})],
    "POST /chat/": [Route("own", form={"content": "Hello", "model": "m"})],
    "GET /chat/<conversation_id>": [
        Route("foreign"),
        Route("foreign", {"leaf": "{answer}"}),
        Route("foreign", {"message": "{answer}"}),
        Route("foreign", {"before": "{answer}"}),
    ],
    "POST /chat/<conversation_id>": [Route("foreign", form={"content": "Hello", "model": "m"})],
    "GET /chat/<conversation_id>/live": [Route("foreign")],
    "POST /chat/<conversation_id>/stop": [Route("foreign", form={"message": "{running}"})],
    "GET /chat/manifest.webmanifest": [Route("open")],
    "GET /chat/parts/conversations": [Route("own", {"current": "{conversation}"})],
    "GET /chat/parts/message-info": [Route("foreign", {"id": "{answer}"})],
    "GET /chat/parts/messages": [
        Route("foreign", {"conversation": "{conversation}", "before": "{answer}"}),
        Route("foreign", {"conversation": "{mine}", "before": "{answer}"}),
    ],
    "GET /chat/parts/notices": [Route("own")],
    "GET /chat/parts/search": [Route("own", {"q": "capital"})],
    "GET /chat/parts/settings": [Route("own")],
    "GET /chat/search": [Route("own", {"q": "capital"})],
    "GET /chat/settings": [Route("own")],
    "POST /chat/settings": [Route("own", form={"theme": "dark"})],
    "POST /chat/settings/delete-chats": [Route("own", form={})],
    "GET /healthz": [Route("open")],
    "GET /readyz": [Route("open")],
    "GET /metrics": [Route("open")],
    "GET /login": [Route("open")],
    "POST /login": [Route("open", form={"username": "Anna", "password": "a wrong one"})],
    "GET /login/oidc": [Route("open")],
    "GET /login/oidc/callback": [Route("open", {"code": "x", "state": "x"})],
    "POST /login/code": [Route("open", form={"sealed": "x", "code": "000000"})],
    "GET /chat/admin": [Route("own")],
    "POST /chat/admin": [Route("own", form={"name": "Cleo"})],
    "POST /chat/admin/<account_id>": [
        Route("foreign", form={"do": "disable"}),
        Route("foreign", form={"do": "link"}),
        Route("foreign", form={"do": "admin"}),
    ],
    "GET /chat/account": [Route("own")],
    "POST /chat/account/password": [Route("own", form={"password": "a wrong one", "new": "another battery"})],
    "POST /chat/account/sessions": [Route("own", form={"id": "{session}"}), Route("own", form={})],
    "POST /chat/account/second-factor": [Route("own", form={"password": PASSWORD})],
    "POST /chat/account/second-factor/confirm": [Route("own", form={"sealed": "x", "code": "000000"})],
    "POST /chat/account/second-factor/remove": [Route("own", form={"password": PASSWORD})],
    "GET /chat/keys": [Route("own")],
    "POST /chat/keys": [Route("own", form={"name": "mine"})],
    "POST /chat/keys/<key_id>/revoke": [Route("foreign", form={})],
    "POST /logout": [Route("open", form={})],
    "GET /welcome": [Route("open", {"token": "x"})],
    "POST /welcome": [Route("open", form={"token": "x", "username": "Anna", "password": "correct horse"})],
    "GET /static/<version>/<path:path>": [Route("open")],
}
CASES = [(route, case) for route, cases in ROUTES.items() for case in cases]


@pytest.fixture
def settings(settings):
    settings["auth"] = {"mode": "accounts"}
    return settings


@pytest.fixture
def known(app, anna, ben, upstream):
    """Return the ids of what Anna has, a running answer among it, and of a conversation of Ben's."""
    upstream.will_answer(openai_stream(f"The capital of {SECRET}"))
    start = ask(anna, f"{SECRET}?", params={"system": f"You live in {SECRET}."})[0]
    preset = anna.post(PRESET, json={"name": SECRET, "params": {"system": SECRET}}).json
    mine = ask(ben)[0]
    new_key(app.extensions["chat"].access, "local", SECRET, KeySettings())
    gate = Gate()
    upstream.will_answer([delta(SECRET), wait_until(gate), *openai_stream("the end")])
    running = anna.post(CONVERSATION, json=a_turn(f"{SECRET} again"), buffered=False)
    begun = json.loads(next(iter(running.response)).splitlines()[0])
    wait_for(lambda: SECRET in anna.get(f"{API}/messages/{begun['message_id']}").json["content"])
    yield {
        "conversation": start["conversation_id"],
        "question": start["user_message_id"],
        "answer": start["message_id"],
        "running": begun["message_id"],
        "running_conversation": begun["conversation_id"],
        "preset": preset["id"],
        "mine": mine["conversation_id"],
        "account": "local",
        "key": app.extensions["chat"].access.api_keys.of("local")[0].id,
        "session": app.extensions["chat"].access.sessions.of("local")[0].id,
    }
    gate.open()
    running.close()


def test_every_route_is_in_the_table(app):
    rules = [(rule, method) for rule in app.url_map.iter_rules() for method in rule.methods - {"HEAD", "OPTIONS"}]

    assert {f"{method} {rule.rule}" for rule, method in rules} == ROUTES.keys()


@pytest.mark.parametrize(("route", "case"), CASES, ids=[f"{route} {number}" for number, (route, _) in enumerate(CASES)])
def test_a_second_person_learns_and_changes_nothing(anna, ben, known, route, case):
    before = all_there_is(anna)
    running = {**known, "conversation": known["running_conversation"], "answer": known["running"]}

    for ids in (known, running):
        foreign = ask_route(ben, route, case, ids)
        assert SECRET not in foreign.text
        if case.kind == "foreign":
            unknown = {name: f"unknown-{name}" for name in ids} | {"mine": ids["mine"]}
            assert same(foreign, ids) == same(ask_route(ben, route, case, unknown), unknown)
            assert foreign.status_code in (302, 303, 404)

    assert all_there_is(anna) == before


def test_the_first_person_has_it_all(anna, known):
    """The control of the test above: what the same requests show whose it is."""
    for route, case in CASES:
        method, _, path = route.partition(" ")
        if method == "GET" and case.kind == "foreign" and "{mine}" not in case.query.values():
            assert ask_route(anna, route, case, known).status_code in (200, 302, 303), route
        if path in (f"{API}/conversations", f"{API}/export", f"{API}/search", PRESET, "/chat/") and not case.query:
            assert method != "GET" or SECRET in ask_route(anna, route, case, known).text, route


def test_a_second_person_hears_nothing(app, server, anna, ben, known):
    address = f"{server.replace('http', 'ws')}{API}/live"
    cookie = {"Cookie": f"chat_session={ben.get_cookie('chat_session').value}"}
    socket = simple_websocket.Client(address, headers={"Origin": "http://127.0.0.1", **cookie})
    notifications = app.extensions["chat"].notifications
    ben_id = app.extensions["chat"].access.accounts.by_name("Ben").id
    wait_for(lambda: notifications.has_listeners(ben_id))

    anna.patch(f"{API}/conversations/{known['conversation']}", json={"title": "Anna's"})
    ask(anna, "And now?")
    anna.delete(f"{API}/conversations/{known['conversation']}")
    ben.patch(f"{API}/conversations/{known['mine']}", json={"title": "Ben's"})

    heard: list[str] = []
    while "Ben's" not in "".join(heard):
        heard.append(socket.receive(timeout=10))
    hers = [value for name, value in known.items() if name != "mine"]
    assert not any(value in "".join(heard) for value in [SECRET, "Anna", "And now", *hers]), heard
    socket.close()
    socket.thread.join()
    socket.sock.close()


def test_without_a_session_nothing_is_learned_at_all(app, anna, known):
    nobody = app.test_client()
    for route, case in CASES:
        response = ask_route(nobody, route, case, known)
        if case.kind != "open":
            assert response.status_code in (303, 401), route
            assert response.status_code == 401 or response.location.startswith("/login"), route


def ask_route(client: FlaskClient, route: str, case: Route, ids: dict[str, str]):
    """Ask a route with these ids in their places."""
    method, _, rule = route.partition(" ")
    names = {"conversation_id": "conversation", "message_id": "answer", "preset_id": "preset", "account_id": "account"}
    names |= {"key_id": "key"}
    path = re.sub(r"<(?:path:)?(\w+)>", lambda place: ids[names[place[1]]] if place[1] in names else "x", rule)
    body = {"json": filled(case.body, ids)} if case.body is not None else {}
    form = {"data": filled(case.form, ids)} if case.form is not None else {}
    return client.open(path, method=method, query_string=filled(case.query, ids), headers=FROM_OUR_PAGE, **body, **form)


def filled(value: Any, ids: dict[str, str]) -> Any:
    """Return the value with ids in the places of their names in braces."""
    if isinstance(value, dict):
        return {key: filled(item, ids) for key, item in value.items()}
    return value.format(**ids) if isinstance(value, str) else value


def same(response, ids: dict[str, str]) -> tuple[int, str, str]:
    """Return what may not differ: all but the ids that were asked for, and those that are made for each answer."""
    text = f"{response.text} {response.location}"
    for value in sorted(ids.values(), key=len, reverse=True):
        text = text.replace(value, "…")
    return response.status_code, response.mimetype, MADE.sub("…", text)


def all_there_is(client: FlaskClient) -> tuple[Any, Any, str]:
    """Return everything that somebody has."""
    return client.get(f"{API}/export").json["conversations"], client.get(PRESET).json, client.get("/chat/keys").text
