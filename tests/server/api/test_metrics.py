"""/metrics: what it counts, and which requests may read it."""

import json
import re
from pathlib import Path
from threading import Thread

import pytest
import requests
import simple_websocket
from prometheus_client.parser import text_string_to_metric_families

from tests.support.services.openai_wire import DONE, chunk, delta, openai_stream
from tests.support.services.upstream import Gate, silence, wait_until
from tests.support.waiting import wait_for

CONVERSATION = "/backend-api/v2/conversation"
TURN = {"message": {"content": "Hello"}}
RELAYED = {"model": "m", "meta": {"content": {"conversation": [], "parts": [{"role": "user", "content": "Hello"}]}}}
TOKEN = "a-token-of-the-tests"


def figures(text):
    """Return all values by name and labels."""
    families = text_string_to_metric_families(text)
    return {(sample.name, *sorted(sample.labels.values())): sample.value for f in families for sample in f.samples}


@pytest.fixture
def read(client):
    return lambda: figures(client.get("/metrics").text)


@pytest.mark.parametrize(("body", "form"), [(TURN, "stored"), (RELAYED, "relayed")])
def test_a_turn_is_counted_with_its_tokens_and_the_time_to_the_first(client, upstream, read, body, form):
    upstream.will_answer(openai_stream("Hello there", usage=(5, 2)))

    assert client.post(CONVERSATION, json=body).data

    said = read()
    assert said["g4f_lite_turns_total", "complete", form] == 1
    assert said["g4f_lite_tokens_total", "input"] == 5
    assert said["g4f_lite_tokens_total", "output"] == 2
    assert said["g4f_lite_first_token_seconds_count",] == said["g4f_lite_first_token_seconds_bucket", "+Inf"] == 1
    assert 0 < said["g4f_lite_first_token_seconds_sum",] < 10


@pytest.mark.parametrize(("body", "form"), [(TURN, "stored"), (RELAYED, "relayed")])
def test_a_failure_is_counted_for_its_provider(client, upstream, read, body, form):
    upstream.will_answer_json({"error": {"message": "Down."}}, status=500)

    assert client.post(CONVERSATION, json=body).data

    said = read()
    assert said["g4f_lite_turns_total", "failed", form] == 1
    assert said["g4f_lite_provider_errors_total", "provider_failed", "up"] == 1
    assert said["g4f_lite_first_token_seconds_count",] == 0


def test_a_relayed_reply_whose_reader_left_counts_as_stopped(app, server, upstream):
    upstream.will_answer([delta("Hello"), silence()])

    with requests.post(f"{server}{CONVERSATION}", json=RELAYED, stream=True) as response:
        next(response.iter_content(None))

    wait_for(lambda: app.extensions["chat"].turn_stats.turns["relayed", "stopped"] == 1)


def test_running_turns_and_open_streams_are_shown(app, server, upstream):
    gate = Gate()
    upstream.will_answer([delta("Hel"), wait_until(gate), delta("lo"), chunk({}, "stop"), DONE])
    socket = simple_websocket.Client(
        f"{server.replace('http', 'ws')}/backend-api/v2/live", headers={"Origin": "http://127.0.0.1"}
    )
    wait_for(lambda: app.extensions["chat"].notifications.listeners)

    with requests.post(f"{server}{CONVERSATION}", json=TURN, stream=True) as response:
        next(lines := response.iter_lines())
        said = figures(requests.get(f"{server}/metrics").text)
        gate.open()
        assert json.loads(list(lines)[-1])["type"] == "finish"

    now = [said[f"g4f_lite_{name}",] for name in ("running_turns", "open_streams", "open_websockets")]
    assert now == [1, 1, 1]
    assert app.extensions["chat"].streams.count == len(app.extensions["chat"].engine.running) == 0
    socket.close()
    socket.thread.join()
    socket.sock.close()


class TestBusyProvider:
    @pytest.fixture
    def settings(self, settings):
        settings["providers"]["up"]["max_concurrent"] = 1
        return settings

    def test_waiting_replies_are_shown(self, server, upstream):
        gate = Gate()
        upstream.will_answer([delta("Hello"), wait_until(gate), DONE])
        first = requests.post(f"{server}{CONVERSATION}", json=RELAYED, stream=True)
        second = Thread(target=lambda: requests.post(f"{server}{CONVERSATION}", json=RELAYED).close())
        second.start()

        def waiting():
            return figures(requests.get(f"{server}/metrics").text)["g4f_lite_provider_waiting", "up"]

        wait_for(lambda: waiting() == 1)
        gate.open()
        first.close()
        second.join()
        assert waiting() == 0


def test_version_and_start_time_are_shown(read):
    said = read()

    assert [key for key in said if key[0] == "g4f_lite_build_info"]
    assert said["process_start_time_seconds",] > 1_700_000_000


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_a_request_through_a_proxy_is_not_local(server, header):
    through, direct = (requests.get(f"{server}/metrics", headers=headers) for headers in ({header: "for=x"}, {}))

    assert (through.status_code, through.json()["error"]["code"]) == (404, "not_found")
    assert direct.status_code == 200


def test_another_machine_gets_404(client):
    there = client.get("/metrics", environ_base={"REMOTE_ADDR": "10.0.0.7"}).json["error"]
    nowhere = client.get("/nothing", environ_base={"REMOTE_ADDR": "10.0.0.7"}).json["error"]

    assert (there["code"], there["message"]) == (nowhere["code"], nowhere["message"])


def test_without_a_configured_token_no_token_is_accepted(client):
    other = {"environ_base": {"REMOTE_ADDR": "10.0.0.7"}}

    assert client.get("/metrics", headers={"Authorization": "Bearer "}, **other).status_code == 404


class TestToken:
    @pytest.fixture
    def settings(self, settings):
        settings["site_config"]["metrics_token"] = TOKEN
        settings["url_prefix"] = "/chat-ui"
        return settings

    @pytest.mark.parametrize(
        ("given", "status"), [(f"Bearer {TOKEN}", 200), (f"Bearer {TOKEN}x", 404), (TOKEN, 404), ("Bearer \xe9", 404)]
    )
    def test_the_token_allows_reading_from_anywhere(self, client, given, status):
        response = client.get(
            "/chat-ui/metrics", headers={"Authorization": given}, environ_base={"REMOTE_ADDR": "10.0.0.7"}
        )

        assert response.status_code == status


def test_every_metric_is_documented(client):
    documented = (Path(__file__).parents[3] / "deploy/README.md").read_text()

    names = {f.name for f in text_string_to_metric_families(client.get("/metrics").text) if "g4f" in f.name}

    assert len(names) >= 9
    for name in names:
        assert re.search(rf"`{name}(_total)?`", documented)


class TestAccounts:
    @pytest.fixture
    def settings(self, settings):
        settings["auth"] = {"mode": "accounts"}
        return settings

    def test_the_token_is_enough_without_signing_in(self, client):
        other = {"environ_base": {"REMOTE_ADDR": "10.0.0.7"}}

        assert client.get("/metrics").status_code == 200
        assert client.get("/metrics", **other).status_code == 404
