"""The synchronous HTTP client: its requests, its time limits and its errors."""

import gzip
import socket
import traceback
from time import monotonic

import pytest

from g4f_lite.config.settings import ProviderSettings, Timeout
from g4f_lite.errors import StreamCutError, UpstreamError, UpstreamTimeoutError
from g4f_lite.http import sync_transport
from g4f_lite.http.sync_transport import SyncHttp, decode_reply, read
from g4f_lite.http.timeouts import SyncTimeouts
from g4f_lite.pieces import Content, Finish
from g4f_lite.protocols.chat_ui.reply import ChatUiReply
from tests.support.services.chat_ui_service import last, token
from tests.support.services.upstream import Gate, Upstream, cut, pause, reset, silence, wait_until

KEY = "tiger-secret"
LIMIT = 1 << 20
PATIENCE_S = 4
"""Less than any limit that a test does not set itself."""


@pytest.fixture
def nobody():
    """The address of a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def client():
    """Return a function that makes a client with such an entry, which is closed behind the test."""
    clients = []

    def making(**settings):
        clients.append(SyncHttp("h2o", ProviderSettings(kind="H2o", api_key=KEY, **settings)))
        return clients[-1]

    yield making
    for client in clients:
        client.close()


def patience(**limits):
    return SyncTimeouts(Timeout(**limits), "h2o")


def call(client, url, method="POST", limits=None, **kwargs):
    waiting = patience(**(limits or {}))
    with client.request(method, url, waiting, **kwargs) as response:
        return read(response, LIMIT, "h2o", waiting)


def failure(client, url, **kwargs):
    """Return the error of a call that must fail, after a look at its words: no secret may be in them."""
    with pytest.raises(UpstreamError) as caught:
        call(client, url, **kwargs)
    assert KEY not in f"{caught.value} {caught.value.detail}"
    assert KEY not in "".join(traceback.format_exception(caught.value))
    return caught.value


def pieces(client, upstream, **limits):
    """Return the pieces of the reply that the service gives, and the failure, if any."""
    collected, waiting = [], patience(**limits)
    try:
        with client.request("POST", f"{upstream.url}/x", waiting, json={}) as response:
            collected.extend(decode_reply(response, ChatUiReply("h2o"), waiting))
    except UpstreamError as error:
        return collected, error
    return collected, None


# requests


def test_a_request_carries_what_it_should_and_nothing_that_requests_adds(client, upstream):
    upstream.will_answer(b"ok", to="/x")

    answer = call(client(headers={"accept": "mine"}), f"{upstream.url}/x", json={"q": "é"}, headers={"Accept": "*/*"})

    request = upstream.wait_request()
    assert (answer, request.method, request.json) == (b"ok", "POST", {"q": "é"})
    assert request.headers["accept"] == "mine"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["user-agent"] == "g4f-lite"


def test_a_form_is_sent_as_one(client, upstream):
    upstream.will_answer(b"ok", to="/x")

    call(client(), f"{upstream.url}/x", data={"a": "é &", "b": ""})

    assert upstream.wait_request().headers["content-type"] == "application/x-www-form-urlencoded"
    assert upstream.wait_request().body == b"a=%C3%A9+%26&b="


def test_the_environment_has_no_say(client, upstream, nobody, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login me password {KEY}")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", nobody)
    upstream.will_answer(b"ok", to="/x")

    call(client(), f"{upstream.url}/x")

    assert "authorization" not in upstream.wait_request().headers


@pytest.mark.parametrize("attributes", ["", "; Secure; SameSite=None; HttpOnly"])
def test_cookies_are_returned_over_http_too(client, upstream, attributes):
    visitor = client()
    for _ in range(2):
        upstream.will_answer(b"", headers={"Set-Cookie": f"session=1; Path=/{attributes}"}, to="/x")
        call(visitor, f"{upstream.url}/x")
    upstream.will_answer(b"", to="/x")
    call(client(), f"{upstream.url}/x")

    assert [request.headers.get("cookie") for request in upstream.requests] == [None, "session=1", None]


def test_whole_answers_share_a_connection_that_ends_with_the_client(client, upstream):
    visitor = client()
    for _ in range(3):
        upstream.will_answer(b"ok", to="/x")
        call(visitor, f"{upstream.url}/x")

    assert upstream.connections_seen == 1
    visitor.close()
    upstream.wait_closed()


def test_a_status_may_be_as_good_as_any(client, upstream):
    upstream.will_answer(b"", status=303, headers={"Location": "/elsewhere"}, to="/x")

    assert call(client(), f"{upstream.url}/x", accepted={303}) == b""
    assert len(upstream.requests) == 1


def test_a_redirect_is_an_error_and_its_body_is_not_read(client, upstream):
    other = Upstream()
    endless = (b"x" * 65536 for _ in iter(int, 1))
    upstream.will_answer(endless, status=307, headers={"Location": f"{other.url}/x"}, to="/x")

    error = failure(client(), f"{upstream.url}/x")

    assert (error.code, error.status, other.requests) == ("provider_failed", 307, [])
    upstream.wait_request().wait_closed()
    other.close()


def test_a_request_passes_through_the_proxy(client, upstream):
    upstream.will_answer(b"ok", to="/x")

    assert call(client(proxy=upstream.url), "http://h2o.test/x") == b"ok"
    assert upstream.wait_request().path == "http://h2o.test/x"


# refusals and failures


def test_a_refusal_is_judged_with_its_body(client, upstream):
    upstream.will_answer_json({"error": f"No {KEY}"}, status=429, headers={"retry-after": "7"}, to="/x")

    error = failure(client(), f"{upstream.url}/x")

    assert (error.code, error.retry_after, error.detail) == ("provider_rate_limited", 7, "No [redacted]")


@pytest.mark.parametrize("step", [silence(), cut(), reset()], ids=["silence", "cut", "reset"])
def test_an_error_body_that_does_not_come_is_not_waited_for(client, upstream, monkeypatch, step):
    monkeypatch.setattr(sync_transport, "ERROR_BODY_S", 0.05)
    upstream.will_answer([b"{", step], status=402, to="/x")

    assert failure(client(), f"{upstream.url}/x").code == "payment_required"


def test_a_refused_connection(client, nobody):
    error = failure(client(), f"{nobody}/x")

    assert error.code == "provider_unreachable"
    assert error.message == f"Cannot reach h2o at {nobody}: the connection was refused. Check that it is running."


def test_plain_http_where_tls_was_expected(client, upstream):
    error = failure(client(), upstream.url.replace("http:", "https:"))

    assert error.code == "provider_unreachable"
    assert "TLS failed" in error.message


def test_a_certificate_without_a_trusted_signature(client):
    stranger = Upstream(tls=True)
    error = failure(client(), stranger.url)
    stranger.close()

    assert error.code == "provider_unreachable"
    assert "certificate is not trusted" in error.message
    assert stranger.requests == []


def test_a_name_that_dns_does_not_know(client, monkeypatch):
    def unknown(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    error = failure(client(), "http://h2o.test:8080/v1")

    assert error.message == "Cannot reach h2o at http://h2o.test:8080: the host name was not found."


def test_a_proxy_that_is_not_there(client, upstream, nobody):
    for url in (upstream.url, "https://h2o.test/"):
        error = failure(client(proxy=nobody.replace("//", f"//me:{KEY}@")), url)
        assert error.message == "Cannot reach the proxy of h2o: the connection was refused. Check that it is running."


def test_a_proxy_that_refuses(client, upstream):
    error = failure(client(proxy=upstream.url), "https://h2o.test/v1")

    assert error.message == "The proxy of h2o refused the connection (status 404)."


@pytest.mark.parametrize(
    "address", ["nonsense", "http://", "ftp://127.0.0.1/", "http://127.0.0.1:99999/", "http://a..b/"]
)
def test_an_address_that_is_none(client, address):
    error = failure(client(), address)

    assert error.code == "provider_unreachable"
    assert "base_url" in error.message


def test_a_header_that_is_none(client, upstream):
    error = failure(client(headers={"Authorization": f" {KEY}"}), upstream.url)

    assert error.code == "provider_unreachable"
    assert upstream.requests == []


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 99999 + b"\r\n\r\n"]
)
def test_an_answer_that_is_not_http(client, upstream, answer):
    upstream.will_answer_raw([answer], to="")

    assert failure(client(), upstream.url).code == "malformed_reply"


@pytest.mark.parametrize("step", [cut(), reset()], ids=["cut", "reset"])
def test_a_connection_closed_before_the_headers(client, upstream, step):
    upstream.will_answer_raw([step], to="")

    error = failure(client(), upstream.url)

    assert error.code == "stream_cut"
    assert error.message == "h2o closed the connection without answering."


# bodies


def test_texts_come_as_they_are_sent_with_chunks_and_without(client, upstream):
    for headers in ({}, {"Content-Length": "9999"}):
        gate = Gate()
        upstream.will_answer([token("Grü"), wait_until(gate), token("ße"), last("")], headers=headers, to="/x")
        waiting = patience()
        with client().request("POST", f"{upstream.url}/x", waiting) as response:
            texts = decode_reply(response, ChatUiReply("h2o"), waiting)
            assert next(texts) == Content("Grü")
            gate.open()
            assert list(texts) == [Content("ße"), Finish("stop")]


def test_a_body_that_ends_with_its_connection(client, upstream):
    head = b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    upstream.will_answer_raw([head, token("Hi"), last("Hi")], to="/x")

    assert pieces(client(), upstream) == ([Content("Hi"), Finish("stop")], None)


def test_a_compressed_body_is_read_all_the_same(client, upstream):
    body = gzip.compress(token("Hi") + last("Hi"))
    upstream.will_answer([body[:9], body[9:]], headers={"Content-Encoding": "gzip"}, to="/x")

    assert pieces(client(), upstream)[0] == [Content("Hi"), Finish("stop")]


@pytest.mark.parametrize("step", [cut(), reset()], ids=["cut", "reset"])
def test_a_body_that_breaks_off_keeps_its_text(client, upstream, step):
    gate = Gate()
    upstream.will_answer([token("a"), token("<"), wait_until(gate), step], to="/x")
    waiting = patience()

    with client().request("POST", f"{upstream.url}/x", waiting) as response:
        texts = decode_reply(response, ChatUiReply("h2o"), waiting)
        assert next(texts) == Content("a")
        gate.open()
        with pytest.raises(StreamCutError, match="connection to h2o was lost"):
            for piece in texts:
                assert piece == Content("<")


def test_a_break_after_the_end_loses_nothing(client, upstream):
    upstream.will_answer([token("Hi"), token("</s>", special=True), cut()], to="/x")

    assert pieces(client(), upstream) == ([Content("Hi"), Finish("stop")], None)


def test_a_body_with_a_wrong_encoding(client, upstream):
    upstream.will_answer(b"nonsense", headers={"Content-Encoding": "gzip"}, to="/x")

    assert type(failure(client(), f"{upstream.url}/x")) is StreamCutError


def test_of_a_long_body_the_beginning_is_read(client, upstream):
    upstream.will_answer((b"x" * 65536 for _ in iter(int, 1)), to="/x")

    assert call(client(), f"{upstream.url}/x") == b"x" * LIMIT
    upstream.wait_request().wait_closed()


def test_leaving_in_the_middle_closes_the_connection(client, upstream):
    upstream.will_answer([token("Hi"), silence()], to="/x")
    waiting = patience()

    with client().request("POST", f"{upstream.url}/x", waiting) as response:
        next(decode_reply(response, ChatUiReply("h2o"), waiting))

    upstream.wait_closed()


# limits of time


def timed_out(client, upstream, **limits):
    """Return the text that came, and the sentence of the failure."""
    started = monotonic()
    came, error = pieces(client, upstream, **limits)
    assert type(error) is UpstreamTimeoutError
    assert monotonic() - started < PATIENCE_S
    upstream.wait_request().wait_closed()
    return "".join(piece.text for piece in came), error.message


def test_headers_that_do_not_come_in_time(client, upstream):
    upstream.will_answer([], before_headers=silence(), to="/x")

    text, sentence = timed_out(client(), upstream, first=0.05)

    assert (text, "start to answer within 0.05 seconds" in sentence) == ("", True)


def test_a_first_text_that_does_not_come_in_time(client, upstream):
    upstream.will_answer([b":\n\n", silence()], to="/x")

    text, sentence = timed_out(client(), upstream, first=0.05)

    assert (text, "start to answer within 0.05 seconds" in sentence) == ("", True)


def test_comments_are_a_sign_of_life_and_no_text(client, upstream):
    upstream.will_answer((step for _ in iter(int, 1) for step in (b":\n\n", pause(0.01))), to="/x")

    text, sentence = timed_out(client(), upstream, first=0.2, total=0.6)

    assert (text, "timeout.total" in sentence) == ("", True)


def test_a_silence_in_the_middle(client, upstream):
    upstream.will_answer([token("Hi"), token("\n"), silence()], to="/x")

    text, sentence = timed_out(client(), upstream, idle=0.05)

    assert (text, "sent nothing for 0.05 seconds" in sentence) == ("Hi\n", True)


def test_a_reply_that_takes_too_long_as_a_whole(client, upstream):
    upstream.will_answer((step for _ in iter(int, 1) for step in (token("x"), pause(0.01))), to="/x")

    text, sentence = timed_out(client(), upstream, total=0.2)

    assert text.startswith("x") and "within 0.2 seconds (timeout.total)" in sentence


def test_a_silence_does_not_outlast_the_whole(client, upstream):
    upstream.will_answer([token("x"), silence()], to="/x")

    assert "(timeout.total)" in timed_out(client(), upstream, total=0.1)[1]


def test_a_silence_after_the_end_is_no_failure(client, upstream):
    upstream.will_answer([token("Hi"), token("</s>", special=True), silence()], to="/x")

    assert pieces(client(), upstream, idle=0.05) == ([Content("Hi"), Finish("stop")], None)


def test_the_readers_own_time_does_not_count(client, upstream, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("g4f_lite.http.timeouts.monotonic", lambda: now[0])
    upstream.will_answer([token("a"), token("b"), last("ab")], to="/x")
    waiting = patience(first=1, idle=1)

    with client().request("POST", f"{upstream.url}/x", waiting) as response:
        for _ in decode_reply(response, ChatUiReply("h2o"), waiting):
            now[0] += 100


def test_a_tls_handshake_that_does_not_come_in_time(client):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"https://127.0.0.1:{silent.getsockname()[1]}"
        error = failure(client(), address, limits={"connect": 0.05})

    assert error.message == f"h2o did not accept a connection at {address}. Check that it is running."


def test_a_wait_for_a_connection_does_not_outlast_the_first_text(client):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"https://127.0.0.1:{silent.getsockname()[1]}"
        error = failure(client(), address, limits={"first": 0.05})

    assert "start to answer within 0.05 seconds" in error.message


def test_no_wait_begins_when_the_time_is_up(client, upstream, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("g4f_lite.http.timeouts.monotonic", lambda: now[0])
    waiting = patience(first=1)
    now[0] = 1.0

    with pytest.raises(UpstreamTimeoutError), client().request("POST", upstream.url, waiting):
        pass
    assert upstream.requests == []
