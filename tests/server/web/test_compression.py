import gzip
import zlib

import pytest

from tests.support.services.openai_wire import openai_stream

GZIP = {"Accept-Encoding": "br, gzip"}


def test_a_page_is_compressed_if_the_client_accepts_gzip(client):
    plain, short = client.get("/chat/settings"), client.get("/chat/settings", headers=GZIP)

    assert "Content-Encoding" not in plain.headers
    assert short.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(short.data) == plain.data
    assert len(short.data) < len(plain.data) / 2
    assert {plain.headers["Vary"], short.headers["Vary"]} == {"Accept-Encoding"}


@pytest.mark.parametrize("encodings", ["", "br", "gzip;q=0", "identity"])
def test_what_is_not_taken_is_not_sent(client, encodings):
    assert "Content-Encoding" not in client.get("/chat/", headers={"Accept-Encoding": encodings}).headers


def test_files_of_the_page_are_compressed(app, client):
    assets = app.extensions["assets"]
    address = f"/static/{assets.version}/js/pages/chat.js"

    plain, short = client.get(address), client.get(address, headers=GZIP)

    assert zlib.decompress(short.data, 31) == plain.data == assets.files["js/pages/chat.js"].body
    assert plain.headers["ETag"] != short.headers["ETag"]
    assert client.get(address, headers={**GZIP, "If-None-Match": short.headers["ETag"]}).status_code == 304


def test_little_is_left_as_it_is(client):
    assert "Content-Encoding" not in client.get("/healthz", headers=GZIP).headers


def test_a_stream_is_not_compressed(client, upstream):
    upstream.will_answer(openai_stream("word " * 1000))

    response = client.post(
        "/backend-api/v2/conversation", json={"message": {"content": "Tell me"}, "model": "m"}, headers=GZIP
    )

    assert "Content-Encoding" not in response.headers
    assert b"word" in response.data
