"""Anthropic is asked by its own rules, which the service in `anthropic_service` keeps."""

import asyncio
import json
from contextlib import aclosing

import pytest

from g4f_lite.config.load import CatalogConfig, load
from g4f_lite.config.settings import ProviderSettings
from g4f_lite.decoding.call_assembler import CallAssembler
from g4f_lite.errors import ConfigError, MissingKeyError, ModelNotSupportedError, RejectedError, UpstreamError
from g4f_lite.http.transport import Http
from g4f_lite.messages import Image, Message, Params, conversation
from g4f_lite.pieces import Content, Finish, Reasoning, ToolCalls, Usage
from g4f_lite.providers import KINDS, anthropic
from g4f_lite.providers.anthropic import Anthropic
from g4f_lite.routing.model_info import ModelInfo
from tests.support.services.anthropic_service import block, error, service, start, text
from tests.support.services.kinds import KEY
from tests.support.services.upstream import Gate, Upstream, json_answer, silence, wait_until

QUESTION = conversation("Hello there")
PIXEL = Image("data:image/png;base64,iVBORw0KGgo=")
MESSAGES, MODELS = "/v1/messages", "/v1/models?limit=1000"

pytestmark = pytest.mark.usefixtures("reads")


@pytest.fixture
def upstream():
    service_ = Upstream(otherwise=service())
    yield service_
    service_.close()


@pytest.fixture
async def http():
    client = Http()
    yield client
    await client.close()


@pytest.fixture
def made(upstream, http):
    def making(api_key=KEY, headers=None, **options):
        settings = {"base_url": upstream.url, "api_key": api_key, "headers": headers or {}, "options": options}
        return Anthropic("claude", ProviderSettings(kind="Anthropic", **settings), http)

    return making


async def ask(provider, model="claude-new", messages=QUESTION, params=Params()):  # noqa: B008 - it is frozen
    return [piece async for piece in provider.stream(model, messages, params)]


def text_of(pieces):
    return "".join(piece.text for piece in pieces if isinstance(piece, Content))


def thoughts_of(pieces):
    return "".join(piece.text for piece in pieces if isinstance(piece, Reasoning))


# replies


@pytest.mark.parametrize("model", ["claude-newest", "claude-new", "claude-old"])
async def test_an_honest_service_is_understood(made, model):
    *content, usage, finish = await ask(made(), model)

    assert text_of(content) == "You said: Hello there"
    assert (usage, finish) == (Usage(1, 4), Finish("stop"))


async def test_a_request_carries_the_key_and_the_version(made, upstream):
    await ask(made())

    request = upstream.wait_request()
    assert (request.method, request.path) == ("POST", MESSAGES)
    assert request.headers["x-api-key"] == KEY
    assert request.headers["anthropic-version"] == "2023-06-01"
    assert "authorization" not in request.headers


async def test_a_bearer_token_among_the_headers_does_in_the_place_of_a_key(made, upstream):
    provider = made(api_key="", headers={"Authorization": f"Bearer {KEY}"})

    assert provider.obstacle() is None
    assert (await ask(provider))[-1] == Finish("stop")
    assert "x-api-key" not in upstream.wait_request().headers


async def test_system_messages_anywhere_are_used(made):
    messages = [Message("system", "Be brief."), *QUESTION, Message("system", "Rhyme.")]

    assert text_of(await ask(made(), messages=messages)) == "[Be brief.\n\nRhyme.] You said: Hello there"


@pytest.mark.parametrize(
    "messages",
    [
        [Message("assistant", "Hi! How can I help?"), *QUESTION],
        [Message("user", "Hm."), *QUESTION],
        [*conversation("a", "b", " \n"), *QUESTION],
        [Message("system", " "), Message("user", ""), *QUESTION],
        [*conversation("a"), Message("assistant", ""), *QUESTION],
    ],
)
async def test_no_order_of_messages_breaks_a_rule(made, messages):
    assert text_of(await ask(made(), messages=messages)).endswith("Hello there")


async def test_a_reply_may_have_been_begun(made):
    messages = [*conversation("a"), Message("assistant", "It is \n")]

    assert text_of(await ask(made(thinking_budget=1024), messages=messages)) == "You said: It is"


async def test_images_are_seen(made):
    messages = [
        Message("user", "What is it?", (PIXEL, Image("https://example.org/cat.png"))),
        Message("user", "", (PIXEL,)),
    ]

    assert text_of(await ask(made(), messages=messages)) == "You said: What is it? [image] [image] [image]"


async def test_other_kinds_of_images_are_refused_before_anything_is_asked(made, upstream):
    with pytest.raises(ModelNotSupportedError, match="claude accepts JPEG"):
        await ask(made(), messages=[Message("user", "", (Image("data:image/bmp;base64,Qk0="),))])
    assert upstream.requests == []


async def test_pieces_arrive_while_the_service_is_still_writing(made, upstream):
    gate = Gate()
    upstream.will_answer([start(), block(), text("a"), wait_until(gate), text("b"), silence()], to=MESSAGES)

    async with aclosing(made().stream("m", QUESTION, Params())) as pieces:
        assert await anext(pieces) == Content("a")
        gate.open()
        assert await anext(pieces) == Content("b")


async def test_closing_the_reply_closes_the_connection(made, upstream):
    upstream.will_answer([start(), text("a"), silence()], to=MESSAGES)
    pieces = made().stream("m", QUESTION, Params())
    assert await anext(pieces) == Content("a")

    await pieces.aclose()

    await asyncio.to_thread(upstream.wait_request().wait_closed)


# parameters


async def test_the_limit_of_an_answer_is_heeded(made):
    pieces = await ask(made(), params=Params(max_tokens=2))

    assert (text_of(pieces), pieces[-1]) == ("You said: ", Finish("length"))


async def test_the_entry_s_limit_holds_where_the_request_names_none(made, upstream):
    await ask(made())
    await ask(made(max_tokens=100))

    assert [request.json["max_tokens"] for request in upstream.requests] == [4096, 100]


async def test_stop_sequences_are_heeded(made):
    pieces = await ask(made(), params=Params(stop=("\n", "there")))

    assert (text_of(pieces), pieces[-1]) == ("You said: Hello ", Finish("stop"))


async def test_the_heat_that_others_allow_breaks_no_rule(made, upstream):
    await ask(made(), params=Params(temperature=1.8, top_p=0.5))

    asked = upstream.wait_request().json
    assert (asked["temperature"], "top_p" in asked) == (1, False)


async def test_a_model_that_takes_no_temperature_is_asked_without_and_only_the_first_time_more_than_once(
    made, upstream
):
    provider = made()

    for _ in range(2):
        pieces = await ask(provider, "claude-newest", params=Params(temperature=0.5, top_p=0.5))
        assert text_of(pieces) == "You said: Hello there"

    sent = [[name for name in ("temperature", "top_p") if name in request.json] for request in upstream.requests]
    assert sent == [["temperature"], ["top_p"], [], []]


# thinking


async def test_no_model_thinks_unless_told_to(made, upstream):
    assert thoughts_of(await ask(made())) == ""
    assert "thinking" not in upstream.wait_request().json


async def test_thinking_keeps_its_rules(made, upstream):
    params = Params(temperature=0.5, top_p=0.5, max_tokens=100)

    pieces = await ask(made(thinking_budget=1024), params=params)

    assert thoughts_of(pieces) == "Let me see."
    asked = upstream.wait_request().json
    assert (asked["thinking"]["budget_tokens"], asked["max_tokens"], asked["top_p"]) == (1024, 1124, 0.95)


async def test_newer_models_think_without_a_budget(made, upstream):
    provider = made(thinking_budget=1024)

    for _ in range(2):
        assert thoughts_of(await ask(provider, "claude-newest")) == "Let me see."

    kinds = [request.json["thinking"]["type"] for request in upstream.requests]
    assert kinds == ["enabled", "adaptive", "adaptive"]


async def test_older_models_are_asked_without_thinking(made, upstream):
    provider = made(thinking_budget=1024)

    for _ in range(2):
        pieces = await ask(provider, "claude-old", params=Params(temperature=0.5))
        assert (thoughts_of(pieces), text_of(pieces)) == ("", "You said: Hello there")

    assert ["thinking" in request.json for request in upstream.requests] == [True, False, False]
    assert upstream.requests[-1].json["temperature"] == 0.5


# tools


ADD = {"type": "function", "function": {"name": "add", "strict": True, "parameters": {"type": "object"}}}
NOW = {"type": "function", "function": {"name": "now"}}


def calls_of(pieces):
    calls = CallAssembler()
    for piece in pieces:
        if isinstance(piece, ToolCalls):
            calls.add(piece.parts)
    return list(calls.assembled())


def told(pieces, *results):
    """Return what was asked and called, with the results of the calls."""
    calls = calls_of(pieces)
    calling = Message("assistant", text_of(pieces), extra={"tool_calls": calls})
    answers = zip(results, calls, strict=True)
    return [
        *QUESTION,
        calling,
        *(Message("user", r, extra={"role": "tool", "tool_call_id": c["id"]}) for r, c in answers),
    ]


@pytest.mark.parametrize("options", [{}, {"thinking_budget": 1024}])
@pytest.mark.parametrize("model", ["claude-newest", "claude-new", "claude-old"])
async def test_tools_are_called_and_their_results_used(made, model, options):
    provider, params = made(**options), Params(extra={"tools": [ADD, NOW]})

    first = await ask(provider, model, params=params)
    second = await ask(provider, model, told(first, "Two", "Noon"), params)

    assert [call["function"] for call in calls_of(first)] == [
        {"name": "add", "arguments": '{"said": "Hello there"}'},
        {"name": "now", "arguments": '{"said": "Hello there"}'},
    ]
    assert (text_of(first), first[-1]) == ("You said: Hello there", Finish("tool_calls"))
    assert (text_of(second), second[-1]) == ("You said: Two Noon", Finish("stop"))


@pytest.mark.parametrize("choice", ["required", ADD])
async def test_a_call_can_be_forced_also_of_who_thinks(made, choice):
    extra = {"tools": [ADD, NOW], "tool_choice": choice, "parallel_tool_calls": False}
    pieces = await ask(made(thinking_budget=1024), params=Params(extra=extra))

    assert [call["function"]["name"] for call in calls_of(pieces)] == ["add"]


async def test_a_conversation_with_calls_goes_on_without_tools(made):
    first = await ask(made(), params=Params(extra={"tools": [ADD]}))

    assert text_of(await ask(made(), messages=[*told(first, "Two"), *conversation("So?")])) == "You said: Two"


async def test_an_older_model_is_asked_without_being_strict_and_only_the_first_time_twice(made, upstream):
    provider, params = made(), Params(extra={"tools": [ADD]})

    for _ in range(2):
        assert (await ask(provider, "claude-old", params=params))[-1] == Finish("tool_calls")

    assert ["strict" in request.json["tools"][0] for request in upstream.requests] == [True, False, False]


async def test_an_answer_has_the_form_that_was_asked_for_or_is_refused(made):
    schema = {"type": "object", "properties": {"said": {"type": "string"}}, "additionalProperties": False}
    params = Params(extra={"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}})

    assert json.loads(text_of(await ask(made(), params=params))) == {"said": "Hello there"}
    with pytest.raises(RejectedError, match="rejected the request"):
        await ask(made(), "claude-old", params=params)


# refusals


async def test_other_complaints_are_final(made, upstream):
    with pytest.raises(RejectedError, match="rejected the request") as caught:
        await ask(made(), "claude-newest", [*conversation("a"), Message("assistant", "It is")])
    assert "does not support assistant message prefill" in caught.value.detail
    assert len(upstream.requests) == 1


async def test_a_service_that_goes_on_complaining_is_not_asked_for_ever(made, upstream):
    complaint = error("invalid_request_error", "thinking, adaptive or not, temperature and top_p: no")
    upstream.will_again(json_answer(complaint, 400), to=MESSAGES)

    with pytest.raises(RejectedError):
        await ask(made(thinking_budget=1024), params=Params(temperature=1, top_p=0.5))
    assert len(upstream.requests) == 5


@pytest.mark.parametrize(
    ("status", "type_", "message", "code"),
    [
        (400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum", "prompt_too_long"),
        (400, "invalid_request_error", "Your credit balance is too low to access the API.", "payment_required"),
        (401, "authentication_error", "invalid x-api-key", "key_rejected"),
        (402, "billing_error", "Pay", "payment_required"),
        (403, "permission_error", "Not for you", "key_rejected"),
        (413, "request_too_large", "Request exceeds the maximum size", "prompt_too_long"),
        (429, "rate_limit_error", "Too many", "provider_rate_limited"),
        (500, "api_error", "Internal server error", "provider_failed"),
        (504, "timeout_error", "Request timed out", "provider_timeout"),
    ],
)
async def test_a_refusal_is_named(made, upstream, status, type_, message, code):
    upstream.will_answer_json(error(type_, message), status=status, to=MESSAGES)

    with pytest.raises(UpstreamError) as caught:
        await ask(made())
    assert (caught.value.code, caught.value.detail) == (code, message)


async def test_an_overload_has_a_status_of_its_own_and_says_how_long_to_wait(made, upstream):
    body = json.dumps(error("overloaded_error", "Overloaded")).encode()
    head = b"HTTP/1.1 529 Site Overloaded\r\nretry-after: 7\r\nContent-Length: %d\r\n\r\n" % len(body)
    upstream.will_answer_raw([head + body], to=MESSAGES)

    with pytest.raises(UpstreamError) as caught:
        await ask(made())
    assert (caught.value.code, caught.value.retry_after) == ("provider_overloaded", 7)


async def test_the_edge_says_in_html_that_a_request_is_too_large(made, upstream):
    upstream.will_answer(b"<html><h1>413</h1></html>", status=413, headers={"Content-Type": "text/html"}, to=MESSAGES)

    with pytest.raises(UpstreamError) as caught:
        await ask(made())
    assert (caught.value.code, caught.value.detail) == ("prompt_too_long", "")


async def test_a_wrong_key_is_named_and_not_shown(made):
    with pytest.raises(UpstreamError, match="claude rejected the API key") as caught:
        await ask(made(api_key="wrong-key"))
    assert "wrong-key" not in f"{caught.value} {caught.value.detail}"


async def test_an_unknown_model_is_not_supported(made):
    with pytest.raises(ModelNotSupportedError):
        await ask(made(), "claude-9")


def test_without_a_key_there_is_an_obstacle_that_names_the_variable(made):
    obstacle = made(api_key="").obstacle()

    assert isinstance(obstacle, MissingKeyError)
    assert "api_key" in obstacle.message
    assert "ANTHROPIC_API_KEY" in obstacle.message
    assert made().obstacle() is None


def test_a_missing_variable_is_an_obstacle():
    entry = ProviderSettings(kind="Anthropic", missing_variables=("CLAUDE_KEY",))

    assert "CLAUDE_KEY" in Anthropic("claude", entry, Http()).obstacle().message


def test_the_service_itself_is_the_default():
    assert Anthropic("claude", ProviderSettings(kind="Anthropic"), Http()).base_url == "https://api.anthropic.com"


@pytest.mark.parametrize(
    ("options", "mistake"),
    [
        ({"thinking_budget": 500}, "options.thinking_budget: must be 0 (off) or at least 1024"),
        ({"thinking_budget": -1}, "options.thinking_budget: must be at least 0"),
        ({"max_tokens": 0}, "options.max_tokens: must be greater than 0"),
        ({"max_token": 1}, 'options.max_token: unknown key; did you mean "max_tokens"?'),
    ],
    ids=str,
)
def test_a_mistake_in_the_options_is_reported(tmp_path, options, mistake):
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"providers": {"a": {"kind": "Anthropic", "options": options}}, "default_model": "a/m"}))

    with pytest.raises(ConfigError) as caught:
        load(file, CatalogConfig, {}, KINDS)
    assert caught.value.mistakes == [f"providers.a.{mistake}"]


# models


async def test_models_of_all_pages_are_listed(made, upstream):
    assert await made().list_models() == [
        ModelInfo("claude-newest", vision=True, context=200_000),
        ModelInfo("claude-new", vision=True, context=200_000),
        ModelInfo("claude-old", vision=True),
    ]
    assert [request.path for request in upstream.requests] == [MODELS, f"{MODELS}&after_id=claude-new"]
    assert {request.headers["x-api-key"] for request in upstream.requests} == {KEY}


async def test_pages_that_never_end_are_left(made, upstream, monkeypatch):
    monkeypatch.setattr(anthropic, "MAX_PAGES", 3)
    page = {"data": [{"id": "claude-a"}], "has_more": True, "last_id": "claude a&b"}
    upstream.otherwise = lambda request: json_answer(page)

    assert [offer.id for offer in await made().list_models()] == ["claude-a"]
    assert [request.path for request in upstream.requests] == [MODELS] + [f"{MODELS}&after_id=claude+a%26b"] * 2


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"{}", b'{"data": null}', b"<html>", b"[" * 100_000])
async def test_a_listing_that_is_none_is_malformed(made, upstream, body):
    upstream.will_answer(body, to=MODELS)

    with pytest.raises(UpstreamError, match="Check its base_url") as caught:
        await made().list_models()
    assert caught.value.code == "malformed_reply"


async def test_a_refused_listing_is_an_error(made):
    with pytest.raises(UpstreamError, match="rejected the API key"):
        await made(api_key="wrong-key").list_models()


# direct calls


def test_a_direct_call_without_an_event_loop(upstream):
    messages = [{"role": "system", "content": "Rhyme."}, {"role": "user", "content": "Hello"}]

    texts = Anthropic.create_completion("claude-new", messages, base_url=upstream.url, api_key=KEY, max_tokens=3)

    assert list(texts) == ["[Rhyme.] ", "You ", "said: "]


async def test_a_direct_call_on_an_event_loop(upstream):
    messages = [{"role": "user", "content": "Hello"}]
    reply = await Anthropic.create_async_generator("claude-new", messages, base_url=upstream.url, api_key=KEY)

    assert [text_ async for text_ in reply] == ["You ", "said: ", "Hello"]


def test_a_direct_call_lists_models(upstream):
    assert Anthropic.get_models(base_url=upstream.url, api_key=KEY) == ["claude-newest", "claude-new", "claude-old"]


def test_a_direct_call_without_a_key_says_so(upstream):
    with pytest.raises(MissingKeyError, match="ANTHROPIC_API_KEY"):
        list(Anthropic.create_completion("claude-new", [{"role": "user", "content": "a"}], base_url=upstream.url))
    assert upstream.requests == []
