"""No secret of the configuration is anywhere but where it belongs, whatever the services that know it do."""

import io
import json
import logging
import re
import stat
from pathlib import Path

import pytest

from g4f_lite.config.load import load
from g4f_lite.errors import ConfigError
from g4f_lite.providers import KINDS
from server.config.site import Config
from server.ops.logs import FORMATTERS
from tests.server.api.test_turns import CONVERSATION, a_turn
from tests.server.current.test_owners import CASES, ask_route
from tests.support.members import FROM_OUR_PAGE, sign_in
from tests.support.services.openai_wire import delta, record
from tests.support.services.upstream import EVENT_STREAM, Answer, cut, json_answer

KEY = "sk-LEAKED-key-0123456789abcdef"
SECRETS = {
    "key": KEY,
    "header": "LEAKED-header-0123456789",
    "proxy": "LEAKED-proxy-0123456789",
    "metrics": "LEAKED-metrics-0123456789",
    "password": "LEAKED-password-0123456789",
}
RELAYED = {"model": "m", "meta": {"content": {"conversation": [], "parts": [{"role": "user", "content": "Hello"}]}}}


@pytest.fixture(params=FORMATTERS)
def settings(request, settings, upstream):
    entry = settings["providers"]["up"]
    entry |= {"api_key": SECRETS["key"], "headers": {"X-Token": f"Token {SECRETS['header']}"}}
    settings["providers"]["proxied"] = {**entry, "proxy": f"http://me:{SECRETS['proxy']}@127.0.0.1:9"}
    del entry["models"]
    settings["models"]["proxied"] = "proxied/test-model"
    settings["site_config"] |= {"metrics_token": SECRETS["metrics"], "debug": True, "log": request.param}
    settings["auth"] = {"mode": "password", "password": SECRETS["password"]}
    settings["limits"] = {"turns_per_minute": 0, "address_turns_per_minute": 0}
    return settings


@pytest.fixture
def said(config):
    """The log as it is written, with all that any library has to say."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(FORMATTERS[config.site_config.log](config))
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def client(said, app):
    client = app.test_client()
    assert sign_in(client, None, SECRETS["password"]).status_code == 303
    return client


def echoes():
    """Yield what a service does that has nothing better to say than what it was sent."""
    words = f"Incorrect API key provided: {KEY}; you sent Bearer {KEY}, X-Token: Token {SECRETS['header']}"
    for status in (400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 529):
        yield json_answer({"error": {"message": words, "code": KEY, "type": KEY}}, status)
    yield Answer([words.encode()], 500, {"Content-Type": "text/plain", "X-Echo": words})
    yield Answer([f"<html>{words}</html>".encode()], 403, {"Content-Type": "text/html", "Server": words})
    yield Answer([b""], 302, {"Location": f"http://{KEY}.example/?key={KEY}", "Content-Length": "0"})
    yield Answer([b""], 429, {"Retry-After": words, "Content-Length": "0"})
    yield Answer([words.encode()], raw=True)
    yield Answer([f"HTTP/1.1 200 {words}\r\nBad header {KEY}\r\n\r\n".encode()], raw=True)
    yield Answer([record({"error": {"message": words}})], 200, EVENT_STREAM)
    yield Answer([delta("Begun"), record({"error": {"message": words, "code": KEY}})], 200, EVENT_STREAM)
    yield Answer([f"data: {words}\n\n".encode()], 200, EVENT_STREAM)
    yield Answer([f"data: {{{json.dumps(words)}\n\n".encode()], 200, EVENT_STREAM)
    yield Answer([delta("Begun"), f"data: {words}".encode(), cut()], 200, EVENT_STREAM)


def test_no_failure_tells_one(app, client, upstream, said, config):
    told = []
    for send in (send_native, send_relayed, send_plain):
        for answer in echoes():
            upstream.will(answer)
            told.append(send(client, "m"))
        told.append(send(client, "proxied"))
    upstream.otherwise = lambda request: json_answer({"error": {"message": KEY}}, 401)
    ids = {"conversation": newest(client), "answer": "x", "preset": "x"}
    ids |= dict.fromkeys(("question", "running", "running_conversation", "mine", "session", "account"), "x")
    for route, case in CASES:
        if route.startswith("GET "):
            told.append(everything_of(ask_route(client, route, case, ids)))
    conversations = client.get("/backend-api/v2/export").text
    told.append(client.get("/metrics", headers={"Authorization": f"Bearer {SECRETS['metrics']}"}).text)
    told.append(client.get("/metrics", headers={"Authorization": "Bearer wrong"}).text)

    assert "provider_failed" in conversations and "[redacted]" in conversations
    leaks(conversations, *told, said.getvalue())
    for file in Path(config.data_dir).rglob("*"):
        if file.is_file():
            leaks(file.read_bytes().decode("latin-1"))


def test_no_bug_tells_one(app, client, upstream, said, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError(f"with {SECRETS}")

    monkeypatch.setattr(app.extensions["chat"].store, "begin_turn", fail)
    response = client.post(CONVERSATION, json=a_turn())

    assert response.status_code == 500
    assert "RuntimeError" in said.getvalue()
    leaks(everything_of(response), said.getvalue())


def test_no_wrong_password_is_told(client, said):
    sign_in(client, None, SECRETS["password"] + "x")
    response = client.get(f"/login?password={SECRETS['password']}")

    leaks(said.getvalue())
    assert response.status_code in (200, 302, 303)


@pytest.mark.parametrize(
    "broken",
    [
        {"providers": {"up": {"kind": "OpenAICompatible", "base_url": f"http://me:{KEY}@127.0.0.1"}}},
        {"providers": {"up": {"kind": "OpenAICompatible", "api_key": f"{KEY}\n"}}},
        {"providers": {"up": {"kind": "OpenAICompatible", "api_key": [KEY]}}},
        {"providers": {"up": {"kind": "OpenAICompatible", "headers": {"A": f"{KEY}\u00e9"}}}},
        {"providers": {"up": {"kind": "OpenAICompatible", "proxy": f"socks5://me:{KEY}@127.0.0.1"}}},
        {"site_config": {"metrics_token": f"{KEY}\u00e9"}},
        {"auth": {"mode": "password", "password": [KEY]}},
        {"database": f"mysql://me:{KEY}@127.0.0.1/x"},
        {"redis": f"http://:{KEY}@127.0.0.1"},
    ],
)
def test_no_mistake_in_the_file_tells_one(tmp_path, broken):
    file = tmp_path / "broken.json"
    file.write_text(json.dumps(broken))

    with pytest.raises(ConfigError) as caught:
        load(file, Config, {}, KINDS)

    leaks(str(caught.value), repr(caught.value))


def test_the_configuration_shows_none_when_it_is_printed(config):
    leaks(repr(config), str(config))


def test_the_data_folder_and_all_in_it_is_for_its_owner(app, client, config):
    send_native(client, "guide")
    folder = Path(config.data_dir)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert {"session.key", "audit.log", "chat.db"} <= {file.name for file in files}
    assert [file.name for file in files if stat.S_IMODE(file.stat().st_mode) != 0o600] == []


def leaks(*texts):
    """Fail for a secret, or most of one, in any of the texts."""
    for text in texts:
        found = re.search("LEAKED[^\"'<]{0,40}", text)
        assert not found, text[max(0, found.start() - 200) : found.end()]


def everything_of(response):
    return f"{response.status} {response.headers} {response.get_data(as_text=True)}"


def send_native(client, model):
    return everything_of(client.post(CONVERSATION, json=a_turn(model=model)))


def send_relayed(client, model):
    try:
        return everything_of(client.post(CONVERSATION, json={**RELAYED, "model": model}))
    except Exception as error:  # the stream broke off, which is how its end is told
        return repr(error)


def send_plain(client, model):
    response = client.post("/chat/", data={"content": "Hello", "model": model}, headers=FROM_OUR_PAGE)
    assert response.status_code == 303
    page = client.get(response.location.partition("#")[0], follow_redirects=True)
    return everything_of(response) + everything_of(page)


def newest(client):
    return client.get("/backend-api/v2/conversations").json["conversations"][0]["id"]
