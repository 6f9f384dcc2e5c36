"""The WSGI environ of requests."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from server.front import Proxies
from tests.support.wire import Wire, request, serving

STRINGS = str | int | bool


def mirror(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
    """Answer with the strings of the environ."""
    body = json.dumps({key: value for key, value in environ.items() if isinstance(value, STRINGS)}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


async def seen(sent: bytes, **options: Any) -> dict[str, Any]:
    """Return the environ of a request, given its bytes."""
    async with serving(mirror, **options) as served, served.connect() as wire:
        wire.send(sent)
        return (await wire.reply()).json


async def test_the_request_line():
    environ = await seen(request("GET", "/a%20b%2Fc/%C3%A4?q=%20x&y=1?2"))

    assert environ["REQUEST_METHOD"] == "GET"
    assert environ["SCRIPT_NAME"] == ""
    assert environ["PATH_INFO"] == "/a b/c/ä".encode().decode("latin-1")
    assert environ["QUERY_STRING"] == "q=%20x&y=1?2"
    assert environ["SERVER_PROTOCOL"] == "HTTP/1.1"


async def test_the_server_and_the_client():
    async with serving(mirror) as served:
        environ = (await served.get("/")).json

    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("127.0.0.1", str(served.port))
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["wsgi.url_scheme"] == "http"
    assert environ["wsgi.multithread"] is True


async def test_headers_get_their_names():
    environ = await seen(request("GET", "/", "Content-Type: text/plain", "X-Own: 1", "accept: */*"))

    assert (environ["HTTP_HOST"], environ["CONTENT_TYPE"]) == ("here", "text/plain")
    assert (environ["HTTP_X_OWN"], environ["HTTP_ACCEPT"]) == ("1", "*/*")
    assert "HTTP_CONTENT_TYPE" not in environ


async def test_headers_that_come_more_than_once_are_joined():
    environ = await seen(request("GET", "/", "X-A: 1", "X-A: 2", "Cookie: a=1", "cookie: b=2"))

    assert (environ["HTTP_X_A"], environ["HTTP_COOKIE"]) == ("1,2", "a=1; b=2")


async def test_a_header_with_an_underscore_cannot_pass_for_one_with_a_dash():
    environ = await seen(request("GET", "/", "X_Own: forged", "Content_Length: 5"))

    assert "HTTP_X_OWN" not in environ
    assert "HTTP_CONTENT_LENGTH" not in environ


async def test_header_values_are_bytes_as_latin_1():
    sent = request("GET", "/", "X-A: \xc3\xa4\xff")

    assert (await seen(sent))["HTTP_X_A"] == "\xc3\xa4\xff"


async def test_a_raw_path_beyond_ascii_is_kept_or_refused():
    async with serving(mirror) as served, served.connect() as wire:
        wire.send("GET /\xc3\xa4 HTTP/1.1\r\nHost: here\r\n\r\n".encode("latin-1"))
        reply = await wire.reply()

    assert reply.status == 400 or reply.json["PATH_INFO"] == "/\xc3\xa4"


async def test_a_chunked_body_has_a_length_for_the_app():
    sent = request("POST", "/", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n\r\n"

    environ = await seen(sent)

    assert environ["CONTENT_LENGTH"] == "3"
    assert "HTTP_TRANSFER_ENCODING" not in environ


@pytest.mark.parametrize(
    ("target", "host", "path", "query"),
    [
        ("http://there:81/a?b=c", "there:81", "/a", "b=c"),
        ("http://there", "there", "", ""),
        ("http://there?b", "there", "", "b"),
        ("//there/a", "here", "//there/a", ""),
        ("/a//b/../c/./d", "here", "/a//b/../c/./d", ""),
        ("/a?http://x", "here", "/a", "http://x"),
        ("/%", "here", "/%", ""),
    ],
)
async def test_request_targets(target, host, path, query):
    environ = await seen(request("GET", target))

    assert (environ["HTTP_HOST"], environ["PATH_INFO"], environ["QUERY_STRING"]) == (host, path, query)


async def test_options_for_the_server_as_a_whole():
    assert (await seen(request("OPTIONS", "*")))["PATH_INFO"] == "*"


FORWARDED = (
    "X-Forwarded-For: 203.0.113.9, 198.51.100.7",
    "X-Forwarded-Proto: ftp, https",
    "X-Forwarded-Host: evil, chat.example",
    "X-Forwarded-Prefix: /evil",
    "Forwarded: for=203.0.113.9",
)


async def test_forwarded_headers_are_ignored_by_default():
    environ = await seen(request("GET", "/", *FORWARDED))

    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert not [key for key in environ if "FORWARDED" in key]
    assert environ["HTTP_HOST"] == "here"


async def test_one_trusted_proxy_is_believed_for_the_last_entry():
    environ = await seen(request("GET", "/", *FORWARDED), proxies=Proxies(1))

    assert environ["REMOTE_ADDR"] == "198.51.100.7"
    assert (environ["wsgi.url_scheme"], environ["HTTP_HOST"]) == ("https", "chat.example")
    assert not [key for key in environ if "FORWARDED" in key]
    assert environ["SCRIPT_NAME"] == ""


async def test_two_trusted_proxies_are_believed_for_the_outer_entry():
    environ = await seen(request("GET", "/", FORWARDED[0], "X-Forwarded-Proto: https"), proxies=Proxies(2))

    assert environ["REMOTE_ADDR"] == "203.0.113.9"
    assert environ["wsgi.url_scheme"] == "http"  # one entry cannot come from two proxies


@pytest.mark.parametrize("lines", [[], ["X-Forwarded-For: unknown", "X-Forwarded-Proto: gopher"]])
async def test_malformed_forwarded_headers_are_ignored(lines):
    environ = await seen(request("GET", "/", *lines), proxies=Proxies(1))

    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], environ["HTTP_HOST"]) == ("127.0.0.1", "http", "here")


async def test_http_1_0_needs_no_host():
    async with serving(mirror) as served, served.connect() as wire:
        wire.send(b"GET / HTTP/1.0\r\n\r\n")
        _, headers = await Wire.head(wire)
        environ = json.loads(await wire.reader.readexactly(int(headers["content-length"])))

    assert environ["SERVER_PROTOCOL"] == "HTTP/1.0"
    assert "HTTP_HOST" not in environ


@pytest.mark.parametrize("addresses", [["10.0.0.0/8"], []])
async def test_an_address_outside_the_networks_is_no_proxy(addresses):
    environ = await seen(request("GET", "/", *FORWARDED), proxies=Proxies(1, addresses))

    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], environ["HTTP_HOST"]) == ("127.0.0.1", "http", "here")


@pytest.mark.parametrize(
    ("address", "believed"),
    [("10.1.2.3", 2), ("11.1.2.3", 0), ("::ffff:10.1.2.3", 2), ("fd00::1", 2), ("fe80::1", 0), ("", 0), (None, 0)],
)
def test_proxies_are_known_by_their_addresses(address, believed):
    assert Proxies(2, ["10.0.0.0/8", "fd00::1"]).believed(address) == believed
