"""A JSON value is fetched whole; anything else is an error."""

import pytest

from g4f_lite.config.settings import ProviderSettings
from g4f_lite.errors import MalformedReplyError, StreamCutError, UpstreamError
from g4f_lite.http.get_json import get_json
from g4f_lite.http.transport import Http
from tests.support.services.upstream import JSON, cut

pytestmark = pytest.mark.usefixtures("reads")


@pytest.fixture
async def find(upstream):
    http = Http()

    async def finding():
        entry = ProviderSettings(kind="Ollama", base_url=upstream.url)
        return await get_json(http, f"{upstream.url}/list", entry, provider="ollama", headers={"x-key": "a"})

    yield finding
    await http.close()


async def test_a_value_is_fetched(find, upstream):
    upstream.will_answer([b'{"a": ', b'"\xc3\xbc"}'], headers=JSON, to="/list")

    assert await find() == {"a": "ü"}
    assert (upstream.wait_request().method, upstream.wait_request().headers["x-key"]) == ("GET", "a")


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"\xff", b"[" * 100_000])
async def test_what_is_not_json_is_malformed(find, upstream, body):
    upstream.will_answer(body, to="/list")

    with pytest.raises(MalformedReplyError, match="ollama sent invalid JSON"):
        await find()


async def test_a_value_may_not_be_endless(find, upstream, monkeypatch):
    monkeypatch.setattr("g4f_lite.http.get_json.MAX_BYTES", 10_000)
    upstream.will_answer((b" " * 2000 for _ in iter(int, 1)), to="/list")

    with pytest.raises(MalformedReplyError):
        await find()


async def test_half_a_value_is_a_cut(find, upstream):
    upstream.will_answer([b'{"a"', cut()], to="/list")

    with pytest.raises(StreamCutError):
        await find()


async def test_a_refusal_is_an_error(find, upstream):
    upstream.will_answer_json({"error": "no"}, status=401, to="/list")

    with pytest.raises(UpstreamError, match="needs an API key"):
        await find()
