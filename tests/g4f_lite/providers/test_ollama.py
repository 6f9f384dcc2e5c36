"""Ollama is called through its own API, by the rules of the server in `ollama_service`."""

import asyncio
import json
from contextlib import aclosing

import pytest

from g4f_lite.config.load import CatalogConfig, load
from g4f_lite.config.settings import ProviderSettings
from g4f_lite.errors import (
    ConfigError,
    KeyRejectedError,
    ModelNotSupportedError,
    ToolsNotSupportedError,
    UpstreamError,
)
from g4f_lite.http.transport import Http
from g4f_lite.messages import Image, Message, Params, conversation
from g4f_lite.pieces import Content, Finish, Reasoning, Usage
from g4f_lite.providers import KINDS, ollama
from g4f_lite.providers.ollama import Ollama
from g4f_lite.routing.model_info import ModelInfo
from tests.support.services.ollama_service import NDJSON, Server, done, line, tagged, text_record
from tests.support.services.upstream import Gate, Upstream, silence, wait_until

QUESTION = conversation("Hello there")
PIXEL = "data:image/png;base64,iVBORw0KGgo="
CHAT, TAGS, PS = "/api/chat", "/api/tags", "/api/ps"

pytestmark = pytest.mark.usefixtures("reads")


@pytest.fixture
def upstream():
    service = Upstream(otherwise=Server())
    yield service
    service.close()


@pytest.fixture
async def http():
    client = Http()
    yield client
    await client.close()


@pytest.fixture
def made(upstream, http):
    def making(api_key="", **options):
        return Ollama(
            "ollama", ProviderSettings(kind="Ollama", base_url=upstream.url, api_key=api_key, options=options), http
        )

    return making


async def ask(provider, model="llama3.2", messages=QUESTION, params=Params()):  # noqa: B008 - it is frozen
    return [piece async for piece in provider.stream(model, messages, params)]


def text_of(pieces):
    return "".join(piece.text for piece in pieces if isinstance(piece, Content))


# replies


async def test_an_honest_server_is_understood(made):
    *content, usage, finish = await ask(made())

    assert text_of(content) == "You said: Hello there"
    assert (usage, finish) == (Usage(1, 4), Finish("stop"))


async def test_a_model_that_can_think_does_so_by_itself(made):
    pieces = await ask(made(), "qwen3:4b")

    assert pieces[:2] == [Reasoning("Let me "), Reasoning("see.")]
    assert text_of(pieces) == "You said: Hello there"


async def test_the_limit_of_an_answer_is_heeded(made):
    """At the top of the body, where OpenAI has it, it has no effect."""
    pieces = await ask(made(), params=Params(max_tokens=2))

    assert (text_of(pieces), pieces[-1]) == ("You said: ", Finish("length"))


async def test_a_stop_word_is_heeded(made):
    assert text_of(await ask(made(), params=Params(stop=("there",)))) == "You said: Hello "


async def test_system_messages_stand_among_the_others(made, upstream):
    await ask(made(), messages=[Message("system", "Be brief."), *QUESTION])

    assert upstream.wait_request().json["messages"][0] == {"role": "system", "content": "Be brief."}


async def test_an_image_is_seen(made):
    pieces = await ask(made(), "llava:7b", [Message("user", "What is it?", (Image(PIXEL),))])

    assert text_of(pieces) == "You said: What is it? [image]"


async def test_an_image_by_its_address_is_refused_before_anything_is_asked(made, upstream):
    with pytest.raises(ModelNotSupportedError, match="ollama cannot fetch images"):
        await ask(made(), "llava:7b", [Message("user", "", (Image("https://example.org/cat.png"),))])
    assert upstream.requests == []


async def test_pieces_arrive_while_the_server_is_still_writing(made, upstream):
    gate = Gate()
    upstream.will_answer([text_record("a"), wait_until(gate), text_record("b"), done()], headers=NDJSON, to=CHAT)

    async with aclosing(made().stream("m", QUESTION, Params())) as pieces:
        assert await anext(pieces) == Content("a")
        gate.open()
        assert await anext(pieces) == Content("b")


async def test_closing_the_reply_closes_the_connection_so_that_the_model_stops(made, upstream):
    upstream.will_answer([text_record("a"), silence()], headers=NDJSON, to=CHAT)
    pieces = made().stream("m", QUESTION, Params())
    assert await anext(pieces) == Content("a")

    await pieces.aclose()

    await asyncio.to_thread(upstream.wait_request().wait_closed)


async def test_an_error_under_a_good_status_is_an_error(made, upstream):
    upstream.will_answer([text_record("a"), line({"error": "out of memory"})], headers=NDJSON, to=CHAT)

    with pytest.raises(UpstreamError) as caught:
        await ask(made())
    assert caught.value.detail == "out of memory"


# options


async def test_without_options_the_server_decides(made, upstream):
    await ask(made())

    assert upstream.wait_request().json.keys() == {"model", "messages", "stream"}


async def test_options_are_passed_on(made, upstream):
    await ask(made(context=8192, keep_alive="10m", think=True), "qwen3:4b")

    asked = upstream.wait_request().json
    assert (asked["options"], asked["keep_alive"], asked["think"]) == ({"num_ctx": 8192}, "10m", True)


@pytest.mark.parametrize(("think", "thoughts"), [(False, ""), (True, "Let me see."), ("high", "Let me see.")])
async def test_thinking_is_switched(made, think, thoughts):
    pieces = await ask(made(think=think), "qwen3:4b")

    assert "".join(piece.text for piece in pieces if isinstance(piece, Reasoning)) == thoughts


@pytest.mark.parametrize("think", [True, "low"])
async def test_a_model_that_cannot_think_is_asked_without_and_only_the_first_time_twice(made, upstream, think):
    provider = made(think=think)

    for _ in range(2):
        assert text_of(await ask(provider)) == "You said: Hello there"

    assert ["think" in request.json for request in upstream.requests] == [True, False, False]
    assert (await ask(provider, "qwen3:4b"))[0] == Reasoning("Let me ")


async def test_other_complaints_are_final(made, upstream):
    upstream.will_answer_json({"error": "invalid options: num_ctx"}, status=400, to=CHAT)

    with pytest.raises(UpstreamError, match="rejected the request"):
        await ask(made(think=True), "qwen3:4b")
    assert len(upstream.requests) == 1


async def test_a_model_that_cannot_chat_is_an_error_with_think_or_without(made):
    for options in ({}, {"think": True}):
        with pytest.raises(UpstreamError) as caught:
            await ask(made(**options), "nomic-embed-text")
        assert caught.value.detail == '"nomic-embed-text" does not support chat'


@pytest.mark.parametrize("keep_alive", [0, -1, 300, 1.5, "5m", "1h30m", "-1s", "250ms"])
async def test_every_span_of_time_is_understood_by_the_server(made, keep_alive):
    assert (await ask(made(keep_alive=keep_alive)))[-1] == Finish("stop")


@pytest.mark.parametrize(
    ("options", "mistake"),
    [
        ({"think": "hard"}, "options.think: must be true, false, low, medium, high or max"),
        ({"think": 1}, "options.think: must be true, false, low, medium, high or max"),
        ({"keep_alive": "5 minutes"}, 'options.keep_alive: must be a number of seconds, or a time such as "5m"'),
        ({"keep_alive": "300"}, 'options.keep_alive: must be a number of seconds, or a time such as "5m"'),
        ({"keep_alive": True}, 'options.keep_alive: must be a number of seconds, or a time such as "5m"'),
        ({"context": 0}, "options.context: must be greater than 0"),
        ({"num_ctx": 1}, "options.num_ctx: unknown key; valid choices: context, keep_alive, think"),
    ],
    ids=str,
)
def test_a_mistake_in_the_options_is_reported_once(tmp_path, options, mistake):
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"providers": {"o": {"kind": "Ollama", "options": options}}, "default_model": "o/m"}))

    with pytest.raises(ConfigError) as caught:
        load(file, CatalogConfig, {}, KINDS)
    assert caught.value.mistakes == [f"providers.o.{mistake}"]


def test_the_server_on_this_machine_is_the_default():
    provider = Ollama("ollama", ProviderSettings(kind="Ollama"), Http())

    assert (provider.base_url, provider.obstacle()) == ("http://127.0.0.1:11434", None)


# refusals


TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}
OFFERED = Params(extra={"tools": [TOOL]})


async def test_a_tool_is_called_and_its_result_is_used(made):
    calls, usage, finish = await ask(made(), params=OFFERED)
    call = {name: value for name, value in calls.parts[0].items() if name != "index"}
    history = [
        *QUESTION,
        Message("assistant", "", extra={"tool_calls": [call], "content": None}),
        Message("user", "2", extra={"role": "tool", "tool_call_id": call["id"]}),
    ]

    assert call["function"] == {"name": "add", "arguments": '{"said": "Hello there"}'}
    assert (usage, finish) == (Usage(1, 1), Finish("tool_calls"))
    assert text_of(await ask(made(), messages=history, params=OFFERED)) == "You said: 2"


@pytest.mark.parametrize("options", [{}, {"think": True}])
async def test_a_model_that_calls_no_tools_is_distinguished(made, options):
    with pytest.raises(ToolsNotSupportedError, match="llava:7b of ollama does not support tools") as caught:
        await ask(made(**options), "llava:7b", params=OFFERED)

    assert (caught.value.status, caught.value.fault) == (400, "request")


async def test_a_model_that_was_not_pulled_is_an_error_that_says_how_to(made):
    with pytest.raises(ModelNotSupportedError, match=r"ollama has no model qwen9\. .*`ollama pull qwen9`") as caught:
        await ask(made(), "qwen9")
    assert (caught.value.detail, caught.value.status) == ("model 'qwen9' not found", 404)


async def test_older_servers_say_so_under_a_good_status(made, upstream):
    upstream.will_answer([line({"error": 'model "qwen9" not found, try pulling it first'})], headers=NDJSON, to=CHAT)

    with pytest.raises(ModelNotSupportedError, match="`ollama pull qwen9`"):
        await ask(made(), "qwen9")


async def test_a_server_that_is_not_signed_in_is_no_fault_of_its_other_models(made, upstream):
    unauthorized = {"error": "unauthorized", "signin_url": "https://ollama.com/connect?name=a&key=b"}
    upstream.will_answer_json(unauthorized, status=401, to=CHAT)

    with pytest.raises(KeyRejectedError, match="ollama signin") as caught:
        await ask(made(), "gpt-oss:120b-cloud")
    assert caught.value.fault == "route"
    assert "key=b" not in f"{caught.value} {caught.value.detail}"


async def test_a_key_that_is_rejected_is_the_fault_of_the_provider(made, upstream):
    upstream.otherwise = Server(key="right")

    with pytest.raises(KeyRejectedError, match="Check its api_key") as caught:
        await ask(made(api_key="wrong"))
    assert caught.value.fault == "provider"


async def test_a_key_is_sent_with_everything(made, upstream):
    upstream.otherwise = Server(key="right")
    provider = made(api_key="right")

    assert (await ask(provider))[-1] == Finish("stop")
    assert await provider.list_models()
    assert {request.headers["authorization"] for request in upstream.requests} == {"Bearer right"}


async def test_without_a_key_none_is_sent(made, upstream):
    await ask(made())

    assert "authorization" not in upstream.wait_request().headers


async def test_a_model_beyond_the_account_is_no_fault_of_the_key(made, upstream):
    said_ = "this model requires a subscription, upgrade for access: https://ollama.com/upgrade"
    upstream.will_answer_json({"error": said_}, status=403, to=CHAT)

    with pytest.raises(ModelNotSupportedError, match="cannot use kimi:cloud"):
        await ask(made(api_key="right"), "kimi:cloud")


async def test_a_full_queue_is_an_overload(made, upstream):
    busy = {"error": "server busy, please try again.  maximum pending requests exceeded"}
    upstream.will_answer_json(busy, status=503, to=CHAT)

    with pytest.raises(UpstreamError) as caught:
        await ask(made())
    assert caught.value.code == "provider_overloaded"


# models


async def test_models_are_listed_with_their_details(made):
    assert await made().list_models() == [
        ModelInfo("llama3.2:latest", vision=False, loaded=False),
        ModelInfo("qwen3:4b", vision=False, loaded=True, context=4096),
        ModelInfo("llava:7b", vision=True, loaded=False),
    ]


async def test_models_are_not_asked_about_one_by_one(made, upstream):
    await made().list_models()

    assert [request.path for request in upstream.requests] == [TAGS, PS]


@pytest.mark.parametrize(
    ("status", "body"), [(404, b"404 page not found"), (500, b""), (200, b"{}"), (200, b"<html>"), (200, b"")]
)
async def test_a_server_that_cannot_tell_what_is_loaded_lists_its_models_all_the_same(made, upstream, status, body):
    upstream.will_answer(body, status=status, to=PS)

    assert [offer.loaded for offer in await made().list_models()] == [None, None, None]


async def test_a_server_that_is_slow_to_tell_is_not_waited_for(made, upstream, monkeypatch):
    monkeypatch.setattr(ollama, "LOADED_LIMIT_S", 0.05)
    upstream.will_answer([silence()], to=PS)

    assert [offer.loaded for offer in await made().list_models()] == [None, None, None]


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"{}", b'{"models": null}', b"<html>", b"[" * 100_000])
async def test_a_listing_that_is_none_is_malformed(made, upstream, body):
    upstream.will_answer(body, to=TAGS)

    with pytest.raises(UpstreamError, match="Check its base_url") as caught:
        await made().list_models()
    assert caught.value.code == "malformed_reply"


async def test_a_server_without_models_offers_none(made, upstream):
    upstream.otherwise = Server(models={}, loaded={})

    assert await made().list_models() == []


def test_what_is_loaded_stays_current():
    assert Ollama.list_every_s == 30


# direct calls


def test_a_direct_call_without_an_event_loop(upstream):
    messages = [{"role": "user", "content": "Hello"}]

    texts = Ollama.create_completion("llama3.2", messages, base_url=upstream.url, context=2048, max_tokens=3)

    assert list(texts) == ["You ", "said: ", "Hello"]
    assert upstream.wait_request().json["options"] == {"num_predict": 3, "num_ctx": 2048}


async def test_a_direct_call_on_an_event_loop(upstream):
    messages = [{"role": "user", "content": "Hello"}]
    reply = await Ollama.create_async_generator("llama3.2", messages, base_url=upstream.url)

    assert [text async for text in reply] == ["You ", "said: ", "Hello"]


def test_a_direct_call_lists_models(upstream):
    upstream.will_answer_json({"models": [tagged("b"), tagged("a")]}, to=TAGS)

    assert Ollama.get_models(base_url=upstream.url) == ["b", "a"]
