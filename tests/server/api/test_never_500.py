"""No request, however it is made, is answered with a 500."""

import json
import re
from contextlib import suppress
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from tests.server.api.test_turns import ask
from tests.support.hostile import PAYLOADS
from tests.support.members import come_in
from tests.support.services.openai_wire import openai_stream

API = ("/backend-api/", "/v1/", "/healthz", "/readyz")
SMALL = budget(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

NAMES = [
    "q", "after", "before", "leaf", "message", "conversation", "render", "id", "current", "archived", "pinned",
    "next", "token", "content", "model", "message_id", "parent_id", "theme", "language", "zone", "username",
    "password", "new", "sealed", "code", "do", "name", "session",
]  # fmt: skip
ODD = [
    *(payload.encode("utf-8", "surrogatepass") for payload in PAYLOADS[:150:3]),
    *(b"", b"\0", b"\xff\xfe", b"%", b"%zz", b"../../etc/passwd", b"..%2f..", b"-1", b"1e999", b"9" * 400, b"null"),
    *(b"0", b"true", b"guide", b"A" * 5000, "\u202e\U0001f600".encode(), b"\r\nX: y", b"' OR 1=1--", b'"', b"()*:^"),
]
JUNK = st.sampled_from(ODD) | st.binary(max_size=40)
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(PAYLOADS)
VALUE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
FIELDS = [
    "conversation_id", "parent_id", "action", "model", "message", "params", "render", "title", "pinned", "archived",
    "leaf_id", "deleted", "content", "name", "meta", "message_id", "__proto__", "id", "user_id", "owner",
    "language",
]  # fmt: skip
MESSAGE = st.fixed_dictionaries({}, optional={"id": VALUE, "content": VALUE, "attachments": VALUE})
PARAMS = st.dictionaries(st.sampled_from(["temperature", "top_p", "max_tokens", "stop", "system"]), VALUE, max_size=5)
SAID = VALUE | st.lists(MESSAGE | VALUE, max_size=3)
META = st.fixed_dictionaries({"content": st.fixed_dictionaries({"parts": SAID}, optional={"conversation": SAID})})
GOOD = [
    {"message": {"content": "Hello"}, "model": "m", "params": {"temperature": 1}, "render": "html"},
    {"model": "m", "meta": {"content": {"conversation": [], "parts": [{"role": "user", "content": "Hello"}]}}},
    {"model": "m", "messages": [{"role": "user", "content": "Hello"}], "stream": True, "max_tokens": 5},
    {"name": "A preset", "params": {"system": "Be kind."}},
    {"title": "A title", "pinned": True},
    {"language": "de"},
]
NEARLY_GOOD = st.builds(
    lambda good, name, value: good | {name: value},
    st.sampled_from(GOOD),
    st.sampled_from(sorted({name for good in GOOD for name in good} | set(FIELDS))),
    VALUE | MESSAGE | PARAMS | META,
)
DOCUMENT = (
    NEARLY_GOOD
    | st.sampled_from(GOOD)
    | st.dictionaries(st.sampled_from(FIELDS), VALUE | MESSAGE | PARAMS | META, max_size=6)
)
KINDS = st.sampled_from(
    ["application/json", "application/json; charset=utf-16", "application/x-www-form-urlencoded", "text/plain", "x",
     "multipart/form-data; boundary=x", "multipart/form-data", "application/json; charset=\xff", ""]
)  # fmt: skip
BODIES = (
    DOCUMENT.map(lambda document: json.dumps(document).encode())
    | VALUE.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(st.sampled_from(NAMES), JUNK, max_size=6).map(lambda pairs: query_of(pairs))
    | st.sampled_from(
        [b"[" * 100_000, b'{"a":' * 3000, b"{", b"\xef\xbb\xbf{}", b'{"message":{"content":"\\ud800"}}', b'{"a": NaN}',
         b'{"message":{"content":"x"},"message":1}', b"9" * 5000, b'{"title": "\\u0000"}', b"\x1f\x8b\x08\x00",
         b'--x\r\nContent-Disposition: form-data; name="content"\r\n\r\nhello\r\n--x--', b"--x\r\n\r\n"]
    )
    | st.binary(max_size=60)
)  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Accept", "Accept-Language", "Accept-Encoding", "Cookie", "Range", "If-None-Match", "If-Modified-Since",
         "Authorization", "X-Forwarded-For", "X-Request-ID", "Sec-Fetch-Mode", "User-Agent", "Content-Encoding",
         "Content-Length", "Transfer-Encoding", "X-HTTP-Method-Override", "Expect"]
    ),
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=30)
    | st.sampled_from(
        ["text/event-stream;q=x", "chat_theme=\xff; chat_zone=../../etc/passwd; chat_session=\"\x01\"", "bytes=5-1",
         "gzip;q=nan, identity;q=0", "de;q=-1, \xff", "chat_zone=posixrules; chat_language=xx", "W/\"x", "99999999999"]
    ),
    max_size=4,
)  # fmt: skip
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])


@pytest.fixture(params=["none", "accounts"])
def settings(request, settings):
    settings["auth"] = {"mode": request.param}
    settings["limits"] = {"turns_per_minute": 0, "requests_per_minute": 0, "concurrent_turns": 0}
    settings["limits"] |= {"address_turns_per_minute": 0, "address_requests_per_minute": 0}
    return settings


@pytest.fixture
def client(app, settings):
    return come_in(app, "Anna", "admin") if settings["auth"]["mode"] == "accounts" else app.test_client()


@pytest.fixture
def known(client, upstream):
    """Ids that exist, so that requests reach the code behind them."""
    upstream.will_answer(openai_stream("Hello **there**"))
    start = ask(client)[0]
    return [start["conversation_id"].encode(), start["message_id"].encode(), start["user_message_id"].encode()]


@SMALL
@given(data=st.data())
def test_every_request_is_answered_without_a_bug(app, client, known, data):
    rules = sorted((rule.rule, method) for rule in app.url_map.iter_rules() for method in rule.methods)
    rule, own_method = data.draw(st.sampled_from(rules))
    junk = st.sampled_from(known) | JUNK
    path = re.sub("<[^>]+>", lambda _: quote_from_bytes(data.draw(junk), safe=b"/%"), rule)
    query = query_of(data.draw(st.dictionaries(st.sampled_from(NAMES), junk, max_size=3)))
    method = data.draw(st.just(own_method) | METHODS)
    headers = {"Sec-Fetch-Site": "same-origin", **data.draw(HEADERS)}
    if "live" in path:
        headers.pop("Upgrade", None)

    response = client.open(
        path.split("?")[0].split("#")[0],
        method=method,
        query_string=query.decode("latin-1"),
        headers=list(headers.items()),
        data=data.draw(BODIES),
        content_type=data.draw(st.just("application/json") | KINDS),
    )
    with suppress(UnicodeDecodeError):
        response.get_data(as_text=True)

    assert response.status_code < 500 or response.status_code == 503, (method, path, query)
    if path.startswith(API) and response.status_code >= 400 and method != "HEAD":
        assert response.json["error"]["message"], (method, path, query)


def query_of(pairs):
    return b"&".join(
        name.encode() + b"=" + quote_from_bytes(value, safe=b"%&=+").encode() for name, value in pairs.items()
    )
