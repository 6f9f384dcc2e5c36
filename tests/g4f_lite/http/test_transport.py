"""The HTTP client: its requests, the addresses that it refuses, and its errors."""

import asyncio
import socket
import traceback

import pytest

from g4f_lite.config.settings import ProviderSettings, Timeout
from g4f_lite.errors import MalformedReplyError, StreamCutError, UpstreamError
from g4f_lite.http import transport
from g4f_lite.http.transport import Http, read, reading, secrets_of
from tests.support.services.upstream import Gate, Upstream, cut, reset, silence, wait_until

KEY = "tiger-secret"
PATIENCE_S = 4
"""Less than any limit that a test does not set itself."""


@pytest.fixture
async def http():
    client = Http()
    yield client
    await client.close()


@pytest.fixture
def nobody():
    """The address of a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"http://127.0.0.1:{port}"


def entry(**settings):
    return ProviderSettings(kind="OpenAICompatible", api_key=KEY, **settings)


async def call(http, url, settings=None, method="POST", **kwargs):
    async with http.request(method, url, settings or entry(), provider="groq", **kwargs) as response:
        with reading("groq"):
            return await read(response, 1 << 20)


async def failure(http, url, settings=None, **kwargs):
    """Return the error of a call that must fail, after a look at its words: no secret may be in them."""
    with pytest.raises(UpstreamError) as caught:
        await call(http, url, settings, **kwargs)
    assert KEY not in f"{caught.value} {caught.value.detail}"
    return caught.value


async def test_a_request_carries_body_and_headers(http, upstream):
    upstream.will_answer(b"ok", to="/x")

    answer = await call(
        http, f"{upstream.url}/x", entry(headers={"X-Team": "a"}), json={"q": "é\ud83d"}, headers={"Accept": "b"}
    )

    request = upstream.wait_request()
    assert answer == b"ok"
    assert (request.method, request.json) == ("POST", {"q": "é\ud83d"})
    assert (request.headers["x-team"], request.headers["accept"]) == ("a", "b")
    assert request.headers["accept-encoding"] == "identity"


async def test_headers_of_the_entry_win_in_any_spelling(http, upstream):
    upstream.will_answer(b"ok", to="/x")

    await call(http, f"{upstream.url}/x", entry(headers={"authorization": "mine"}), headers={"Authorization": "ours"})

    assert upstream.wait_request().headers["authorization"] == "mine"


async def test_a_whole_answer_leaves_its_connection_for_the_next_request(http, upstream):
    for _ in range(3):
        upstream.will_answer_json({}, to="/x")
        await call(http, f"{upstream.url}/x")

    assert upstream.connections_seen == 1


async def test_leaving_in_the_middle_closes_the_connection(http, upstream):
    upstream.will_answer([b"Hel", silence()], to="/x")

    async with http.request("POST", f"{upstream.url}/x", entry(), provider="groq") as response:
        assert await response.content.readany() == b"Hel"

    await asyncio.to_thread(upstream.wait_request().wait_closed)


async def test_a_cancelled_wait_for_headers_closes_the_connection(http, upstream):
    upstream.will_answer([], before_headers=silence(), to="/x")

    waiting = asyncio.create_task(call(http, f"{upstream.url}/x"))
    request = await asyncio.to_thread(upstream.wait_request)
    waiting.cancel()

    await asyncio.to_thread(request.wait_closed)
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_cookies_are_not_kept(http, upstream):
    upstream.will_answer(b"", headers={"Set-Cookie": "a=b"}, to="/x")
    upstream.will_answer(b"", to="/x")

    for _ in range(2):
        await call(http, upstream.url.replace("127.0.0.1", "localhost") + "/x")

    assert "cookie" not in upstream.wait_request(2).headers


@pytest.mark.parametrize("attributes", ["", "; Secure; SameSite=None; HttpOnly"])
async def test_a_client_with_cookies_returns_them_to_a_service_on_this_machine_too(http, upstream, attributes):
    upstream.will_answer_json({}, headers={"Set-Cookie": f"session=1; Path=/{attributes}"}, to="/in")
    upstream.will_answer_json({}, to="/x")
    client = http.with_cookies(upstream.url)

    await call(client, f"{upstream.url}/in")
    await call(client, f"{upstream.url}/x")

    assert upstream.requests[1].headers["cookie"] == "session=1"
    await client.close()


async def test_a_client_with_cookies_shares_connections_and_nothing_else(http, upstream):
    upstream.will_answer_json({}, headers={"Set-Cookie": "session=1"}, to="/in")
    one, other = http.with_cookies(upstream.url), http.with_cookies(upstream.url)
    await call(one, f"{upstream.url}/in")
    await one.close()

    for client in (other, http):
        upstream.will_answer_json({}, to="/x")
        await call(client, f"{upstream.url}/x")

    assert [request.headers.get("cookie") for request in upstream.requests[1:]] == [None, None]
    assert upstream.connections_seen == 1
    await other.close()


async def test_a_form_is_sent_as_one(http, upstream):
    upstream.will_answer(b"ok", to="/x")

    await call(http, f"{upstream.url}/x", data={"a": "é &", "b": ""})

    request = upstream.wait_request()
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.body == b"a=%C3%A9+%26&b="


async def test_a_status_may_be_as_good_as_any(http, upstream):
    upstream.will_answer(b"", status=303, headers={"Location": "/elsewhere"}, to="/x")

    async with http.request("POST", f"{upstream.url}/x", entry(), provider="h2o", accepted={303}) as response:
        assert response.status == 303
    assert len(upstream.requests) == 1


async def test_an_error_knows_its_status(http, upstream):
    upstream.will_answer(b"", status=405, to="/x")

    assert (await failure(http, f"{upstream.url}/x")).status == 405


async def test_a_redirect_is_an_error_and_the_key_goes_nowhere_else(http, upstream):
    other = Upstream()
    upstream.will_answer(b"", status=307, headers={"Location": f"{other.url}/x"}, to="/x")

    error = await failure(http, f"{upstream.url}/x", headers={"Authorization": KEY})

    assert error.code == "provider_failed"
    assert "base_url" in error.message
    assert other.requests == []
    other.close()


async def test_a_refusal_is_judged_with_its_body(http, upstream):
    upstream.will_answer_json({"error": f"No {KEY}"}, status=429, headers={"retry-after": "7"}, to="/x")

    error = await failure(http, f"{upstream.url}/x")

    assert (error.code, error.retry_after, error.detail) == ("provider_rate_limited", 7, "No [redacted]")


async def test_an_endless_error_body_is_read_in_part(http, upstream):
    upstream.will_answer((b"x" * 65536 for _ in iter(int, 1)), status=500, to="/x")

    assert (await failure(http, f"{upstream.url}/x")).code == "provider_failed"
    await asyncio.to_thread(upstream.wait_request().wait_closed)


@pytest.mark.parametrize("step", [silence(), cut(), reset()], ids=["silence", "cut", "reset"])
async def test_an_error_body_that_does_not_come_is_not_waited_for(http, upstream, monkeypatch, step):
    monkeypatch.setattr(transport, "ERROR_BODY_S", 0.05)
    upstream.will_answer([b"{", step], status=402, to="/x")

    assert (await failure(http, f"{upstream.url}/x")).code == "payment_required"


async def test_a_refused_connection(http, nobody):
    error = await failure(http, f"{nobody}/v1/x")

    assert error.code == "provider_unreachable"
    assert error.message == f"Cannot reach groq at {nobody}: the connection was refused. Check that it is running."


async def test_plain_http_where_tls_was_expected(http, upstream):
    error = await failure(http, upstream.url.replace("http:", "https:"))

    assert error.code == "provider_unreachable"
    assert "TLS failed" in error.message


async def test_a_name_that_dns_does_not_know(http, monkeypatch):
    def unknown(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    error = await failure(http, "http://groq.test:8080/v1")

    assert error.code == "provider_unreachable"
    assert error.message == "Cannot reach groq at http://groq.test:8080: the host name was not found."


async def test_a_proxy_that_is_not_there(http, upstream, nobody):
    error = await failure(http, upstream.url, entry(proxy=nobody.replace("//", f"//me:{KEY}@")))

    assert error.code == "provider_unreachable"
    assert error.message == "Cannot reach the proxy of groq: the connection was refused. Check that it is running."


async def test_a_proxy_that_dns_does_not_know_is_not_taken_for_the_service(http, upstream):
    settings = entry(proxy="http://user:tiger-secret@nohost.invalid:3128")

    error = await failure(http, f"{upstream.url}/x", settings)

    assert error.message == "Cannot reach the proxy of groq: the host name was not found."


async def test_an_error_whose_body_does_not_end_is_reported_before_the_time_is_over(http, upstream):
    upstream.will_answer([b'{"error":', silence()], status=402, to="/x")

    assert (await failure(http, f"{upstream.url}/x", entry(timeout=Timeout(first=0.2)))).code == "payment_required"


async def test_a_proxy_that_refuses(http, upstream):
    error = await failure(http, "https://groq.test/v1", entry(proxy=upstream.url))

    assert error.code == "provider_unreachable"
    assert error.message == "The proxy of groq refused the connection (status 404)."


async def test_a_request_passes_through_the_proxy(http, upstream):
    upstream.will_answer(b"ok", to="/x")

    assert await call(http, "http://groq.test/x", entry(proxy=upstream.url)) == b"ok"
    assert upstream.wait_request().path == "http://groq.test/x"


@pytest.mark.parametrize(
    "address",
    [
        "nonsense",
        "http://",
        "ftp://127.0.0.1/",
        "http://127.0.0.1:99999/",
        "http://a..b/",
        f"http://u:{KEY}@127.0.0.1/",
    ],
)
async def test_an_address_that_is_none(http, address):
    error = await failure(http, address, headers={"Authorization": KEY})

    assert error.code == "provider_unreachable"
    assert "base_url" in error.message


async def test_a_header_that_is_none(http, upstream):
    error = await failure(http, upstream.url, headers={"Authorization": f"{KEY}\r\nX: y"})

    assert error.code == "provider_unreachable"
    assert upstream.requests == []


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 99999 + b"\r\n\r\n"]
)
async def test_an_answer_that_is_not_http(http, upstream, answer):
    upstream.will_answer_raw([answer], to="")

    assert (await failure(http, upstream.url)).code == "malformed_reply"


@pytest.mark.parametrize("step", [cut(), reset()], ids=["cut", "reset"])
async def test_a_connection_closed_before_the_headers(http, upstream, step):
    upstream.will_answer_raw([step], to="")

    error = await failure(http, upstream.url)

    assert error.code == "stream_cut"
    assert error.message == "groq closed the connection without answering."


async def test_headers_that_do_not_come_in_time(http, upstream):
    upstream.will_answer([], before_headers=silence(), to="")

    async with asyncio.timeout(PATIENCE_S):
        error = await failure(http, upstream.url, entry(timeout=Timeout(first=0.05)))

    assert error.code == "provider_timeout"
    await asyncio.to_thread(upstream.wait_request().wait_closed)


async def test_a_tls_handshake_that_does_not_come_in_time(http):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with asyncio.timeout(PATIENCE_S):
            address = f"https://127.0.0.1:{silent.getsockname()[1]}"
            error = await failure(http, address, entry(timeout=Timeout(connect=0.05)))

    assert error.code == "provider_timeout"


@pytest.mark.parametrize("step", [cut(), reset()], ids=["cut", "reset"])
async def test_a_body_that_breaks_off(http, upstream, step):
    gate = Gate()
    upstream.will_answer([b"Hel", wait_until(gate), step], to="")

    async with http.request("POST", upstream.url, entry(), provider="groq") as response:
        assert await response.content.readany() == b"Hel"
        gate.open()
        with pytest.raises(StreamCutError, match="connection to groq was lost"), reading("groq"):
            await response.content.readany()


async def test_a_body_with_a_wrong_encoding(http, upstream):
    upstream.will_answer(b"nonsense", headers={"Content-Encoding": "gzip"}, to="")

    assert (await failure(http, upstream.url)).code == "stream_cut"


async def test_a_body_of_more_than_the_limit(http, upstream):
    upstream.will_answer((b"x" * 65536 for _ in iter(int, 1)), to="")

    assert (await failure(http, upstream.url)).code == "malformed_reply"


async def test_a_closed_client_can_be_used_again(http, upstream):
    for _ in range(2):
        upstream.will_answer(b"ok", to="")
        assert await call(http, upstream.url) == b"ok"
        await http.close()
    await asyncio.to_thread(upstream.wait_closed)


def test_everything_secret_in_an_entry_is_known():
    settings = entry(headers={"X-Key": "Token abc"}, proxy="http://me:proxypass@127.0.0.1:1")

    assert secrets_of(settings) == [KEY, "Token", "abc", "proxypass"]
    assert secrets_of(ProviderSettings(kind="OpenAICompatible", proxy="http://127.0.0.1:1")) == []


async def test_no_chained_error_shows_the_key(http, upstream):
    """Tracebacks go to logs."""
    error = await failure(http, upstream.url, headers={"Authorization": f"{KEY}\n"})

    assert KEY not in "".join(traceback.format_exception(error))


@pytest.mark.parametrize("coding", ["br", "zstd"])
async def test_a_compression_that_nobody_asked_for_is_named(upstream, coding):
    upstream.will_answer([b"x"], headers={"Content-Encoding": coding}, to="/x")
    http = Http()

    with pytest.raises(MalformedReplyError, match=f"compresses its answers with {coding}"):
        async with http.request("POST", f"{upstream.url}/x", ProviderSettings(kind="x"), provider="up", json={}):
            pass
    await http.close()
