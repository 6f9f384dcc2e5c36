"""What must hold behind each reverse proxy of deploy/, at the root of a site and below a path."""

import http.client
import json
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import simple_websocket

from server.front import Front, Proxies
from tests.server.api.test_websocket import UPGRADE
from tests.support.loops import on
from tests.support.proxies import HOST, Place
from tests.support.services.openai_wire import DONE, delta
from tests.support.services.upstream import Gate, silence, wait_until
from tests.support.waiting import wait_for

LIMIT = 16 << 20
TURN = {"message": {"content": "Hello"}}
RELAYED = {"model": "m", "meta": {"content": {"conversation": [], "parts": [{"role": "user", "content": "Hello"}]}}}
WORDS = ("One ", "two ", "three.")


@pytest.fixture(params=["", "/chat-ui"], ids=["at the root", "below a path"])
def prefix(request: pytest.FixtureRequest) -> str:
    prefix: str = request.param
    return prefix


@pytest.fixture
def settings(settings: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {**settings, "url_prefix": prefix}


@contextmanager
def behind(proxy: Any, app: Any, loop: Any, place: dict[str, Any]) -> Iterator[str]:
    """Serve an app behind a proxy that is trusted, and yield the proxy's address."""

    async def start() -> tuple[Front, int]:
        front = Front(app, proxies=Proxies(1))
        return front, await front.start(HOST, 0)

    front, port = on(loop, start())
    try:
        with proxy(Place(behind=port, **place)) as url:
            yield url
    finally:
        on(loop, front.stop())


class BehindAProxy:
    """The tests; `proxy` is one of tests/support/proxies.py."""

    proxy: Any

    @pytest.fixture
    def site(self, app: Any, loop: Any, prefix: str, tmp_path: Path) -> Iterator[str]:
        """The address of the page's site, with the prefix and without a slash at its end."""
        with behind(type(self).proxy, app, loop, {"folder": tmp_path, "prefix": prefix}) as url:
            yield url + prefix
            on(loop, app.extensions["lifecycle"].drain(0))

    @pytest.fixture
    def converse(self, site: str) -> str:
        return f"{site}/backend-api/v2/conversation"

    def test_the_page_and_its_files_come(self, site: str) -> None:
        page = requests.get(f"{site}/", timeout=10)
        files = re.findall(r'(?:src|href)="(/[^"]*static[^"]+)"', page.text)

        assert (page.status_code, page.url) == (200, f"{site}/chat/")
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert files
        for file in files[:3]:
            answer = requests.get(f"{site.rpartition('/chat-ui')[0] or site}{file}", timeout=10)
            assert (answer.status_code, answer.headers["Cache-Control"]) == (
                200,
                "public, max-age=31536000, immutable",
            )

    def test_the_address_without_its_slash_leads_there(self, site: str) -> None:
        page = requests.get(site, timeout=10)

        assert (page.status_code, page.url) == (200, f"{site}/chat/")

    @pytest.mark.parametrize("body", [TURN, TURN | {"render": "html"}, RELAYED], ids=["stored", "rendered", "relayed"])
    def test_the_events_of_a_stream_arrive_one_by_one(self, converse: str, upstream: Any, body: dict[str, Any]) -> None:
        gate = Gate()
        upstream.will_answer([step for word in WORDS for step in (wait_until(gate), delta(word))] + [DONE])
        heard = b""

        gate.let_through()
        with requests.post(converse, json=body, stream=True, timeout=10) as response:
            pieces = response.iter_content(None)
            for word in WORDS:
                while word.strip().encode() not in heard:  # before the next word has been said
                    heard += next(pieces)
                gate.let_through()
            heard += b"".join(pieces)

        assert response.status_code == 200
        assert body is RELAYED or json.loads(heard.splitlines()[-1])["type"] == "finish"

    def test_who_leaves_ends_the_call_of_the_service(self, converse: str, upstream: Any) -> None:
        upstream.will_answer([delta("Hello"), silence()])

        with requests.post(converse, json=RELAYED, stream=True, timeout=10) as response:
            assert next(response.iter_content(None)) == b"Hello"

        upstream.wait_request_to("/chat/completions").wait_closed()

    def test_the_websocket_tells_what_happens_elsewhere(self, app: Any, site: str, converse: str) -> None:
        address = f"{site.replace('http', 'ws', 1)}/backend-api/v2/live"
        origin = f"http://{HOST}"  # the client's Host has no port
        socket = simple_websocket.Client(address, headers={"Origin": origin})
        try:
            wait_for(lambda: app.extensions["chat"].notifications.has_listeners("local"))
            requests.post(converse, json=TURN, timeout=10).close()

            assert json.loads(socket.receive(timeout=10))["type"] == "hello"
            assert json.loads(socket.receive(timeout=10))["type"] == "turn"
        finally:
            socket.close()
            socket.thread.join()
            socket.sock.close()

    def test_the_websocket_is_for_the_page_alone(self, site: str) -> None:
        headers = UPGRADE | {"Origin": "http://evil.example"}

        answer = requests.get(f"{site}/backend-api/v2/live", headers=headers, timeout=10)

        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")

    @pytest.mark.parametrize(("size", "status", "code"), [(LIMIT, 404, None), (LIMIT + 1, 413, "too_large")])
    def test_a_body_has_the_servers_own_limit(self, site: str, size: int, status: int, code: str | None) -> None:
        headers = {"Content-Type": "application/json"}

        answer = requests.post(f"{site}/v1/nothing", data=b"x" * size, headers=headers, timeout=30)

        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)

    def test_the_proxy_names_the_request(self, site: str) -> None:
        answers = [requests.get(f"{site}/healthz", headers={"X-Request-ID": "of-a-client"}, timeout=10) for _ in (1, 2)]

        first, second = (answer.headers["X-Request-ID"] for answer in answers)
        assert re.fullmatch(r"[0-9a-f-]{32,36}", first), "it was taken over from the proxy"
        assert first != second

    @pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
    def test_the_server_knows_who_asks_and_how(self, loop: Any, tmp_path: Path, prefix: str, tls: bool) -> None:
        forged = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "gopher", "X-Forwarded-Host": "evil.example"}
        forged["Forwarded"] = "for=6.6.6.6;host=evil.example"
        place = {"folder": tmp_path, "prefix": prefix, "tls": tls}

        with behind(type(self).proxy, mirror, loop, place) as url:
            seen = asked(f"{url}{prefix}/x", forged)

        assert (seen["REMOTE_ADDR"], seen["wsgi.url_scheme"]) == (HOST, urlsplit(url).scheme)
        assert seen["HTTP_HOST"] == urlsplit(url).netloc
        assert not [key for key in seen if "FORWARDED" in key]


def mirror(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer with what the app is told."""
    body = json.dumps({key: value for key, value in environ.items() if isinstance(value, str)}).encode()
    start_response("200 OK", [("Content-Length", str(len(body))), ("Content-Type", "application/json")])
    return [body]


def asked(url: str, headers: dict[str, str]) -> Any:
    """GET, and believe any certificate."""
    parts = urlsplit(url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(parts.netloc, context=ssl._create_unverified_context(), timeout=10)
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request("GET", parts.path, headers=headers)
        return json.load(connection.getresponse())
    finally:
        connection.close()
