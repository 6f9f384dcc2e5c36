"""HuggingFaceAPI asks a model's inference providers in turn, through the router, with their own paths and names."""

import asyncio
import socket
from contextlib import aclosing

import pytest

from g4f_lite.config.load import CatalogConfig
from g4f_lite.config.settings import ProviderSettings, Timeout
from g4f_lite.errors import (
    KeyRejectedError,
    MissingKeyError,
    ModelNotSupportedError,
    PaymentRequiredError,
    RejectedError,
    StreamCutError,
    UnreachableError,
    UpstreamError,
    UpstreamTimeoutError,
)
from g4f_lite.http.timeouts import within
from g4f_lite.http.transport import Http
from g4f_lite.messages import Image, Message, Params, conversation
from g4f_lite.pieces import Attempt, Content, Finish, Notice, ToolCalls, Via
from g4f_lite.protocols.hugging_face.hub import NoAccessError
from g4f_lite.protocols.hugging_face.hub_cache import hub_cache
from g4f_lite.providers import KINDS, huggingface_api
from g4f_lite.providers.huggingface_api import HuggingFaceAPI
from g4f_lite.routing.check import check
from g4f_lite.routing.model_info import ModelInfo
from tests.support.services.hub_service import MODEL, ROUTES, TOKEN, HubService, by_provider, serving
from tests.support.services.openai_wire import chunk, delta, openai_error, openai_stream, record
from tests.support.services.upstream import Answer, Gate, cut, reset, silence, wait_until

QUESTION = conversation("Hello")
NOVITA, GROQ, TOGETHER = ROUTES["novita"], ROUTES["groq"], ROUTES["together"]
HTML = {"Content-Type": "text/html"}

pytestmark = pytest.mark.usefixtures("reads")


@pytest.fixture(autouse=True)
def forgetful():
    """What another test's Hub said at the same port is not believed."""
    hub_cache.cache_clear()


@pytest.fixture
def service(upstream):
    upstream.otherwise = HubService()
    return upstream.otherwise


@pytest.fixture
async def http():
    client = Http()
    yield client
    await client.close()


@pytest.fixture
def provider(service, upstream, http):
    return made(http, upstream.url)


def made(http, url, api_key=TOKEN, options=None, **settings):
    options = {"hub_url": url, **(options or {})}
    entry = ProviderSettings(kind="HuggingFaceAPI", base_url=url, api_key=api_key, options=options, **settings)
    return HuggingFaceAPI("hf", entry, http)


async def ask(provider, model=MODEL, messages=QUESTION, params=Params()):  # noqa: B008 - it is frozen
    return [piece async for piece in provider.stream(model, messages, params)]


async def tried(provider):
    """Return the pieces, and the error behind them or None."""
    pieces = []
    try:
        async for piece in provider.stream(MODEL, QUESTION, Params()):
            pieces.append(piece)
    except UpstreamError as error:
        return pieces, error
    return pieces, None


def said(pieces):
    return "".join(piece.text for piece in pieces if isinstance(piece, Content))


def chats(upstream):
    """Return the paths that chats were posted to."""
    return [request.path for request in upstream.requests if request.method == "POST"]


# who is asked, where, and as what


@pytest.mark.parametrize("name", ROUTES)
async def test_each_is_asked_by_its_route_for_its_own_name_of_the_model(provider, service, upstream, name):
    service.models[MODEL] = by_provider(name)

    pieces = await ask(provider)

    assert pieces[0] == Via(name, f"vendor/{name}")
    assert said(pieces) == f"{name} heard: Hello"
    assert pieces[-1] == Finish("stop")
    request = upstream.wait_request(2)
    assert (request.path, request.json["model"]) == (ROUTES[name], f"vendor/{name}")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


async def test_an_answer_is_text_from_the_first_provider(provider, service, upstream):
    service.models[MODEL] = by_provider("groq", "novita", "together")

    assert (await ask(provider))[0] == Via("groq", "vendor/groq")
    assert chats(upstream) == [GROQ]


async def test_those_of_another_task_are_skipped(provider, service, upstream):
    service.models[MODEL] = {
        "fal-ai": serving("fal-ai", task="text-to-image"),
        "hf-inference": serving("hf-inference", task="text-generation"),
        **by_provider("novita"),
    }

    assert said(await ask(provider)) == "novita heard: Hello"
    assert chats(upstream) == [NOVITA]


async def test_providers_that_are_not_live_are_the_last_resort(provider, service, upstream):
    service.models[MODEL] = {
        "together": serving("together", status="staging"),
        "groq": serving("groq", status="error"),
        "novita": serving("novita"),
    }
    service.broke = {"novita", "groq"}

    assert [type(piece) for piece in (await ask(provider))[:3]] == [Attempt, Attempt, Via]
    assert chats(upstream) == [NOVITA, GROQ, TOGETHER]


@pytest.mark.parametrize(
    "mapping",
    [None, {}, {"fal-ai": serving("fal-ai", task="text-to-image")}, {"replicate": serving("replicate")}],
    ids=["null", "empty", "other task", "without chat"],
)
async def test_a_model_without_chat_providers_is_not_supported(provider, service, upstream, mapping):
    service.models[MODEL] = mapping

    with pytest.raises(ModelNotSupportedError, match="No service at hf offers chat with org/name"):
        await ask(provider)
    assert chats(upstream) == []


async def test_a_model_that_does_not_exist_is_not_supported(provider):
    with pytest.raises(ModelNotSupportedError, match="hf has no model org/unknown"):
        await ask(provider, "org/unknown")


async def test_an_alias_is_a_name_of_the_model(provider, service):
    service.models["meta-llama/Llama-3.3-70B-Instruct"] = by_provider("groq")

    assert said(await ask(provider, "llama-3.3-70b")) == "groq heard: Hello"


async def test_the_hub_is_asked_once_for_many_turns(provider, upstream):
    for _ in range(3):
        await ask(provider)

    assert [request.method for request in upstream.requests] == ["GET", "POST", "POST", "POST"]


async def test_a_request_holds_what_the_protocol_says(provider, upstream):
    picture = Image("https://example.com/1.jpg")
    await ask(provider, messages=[Message("system", "Be brief."), Message("user", "Look:", (picture,))])

    assert upstream.wait_request(2).json == {
        "model": "vendor/novita",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look:"},
                    {"type": "image_url", "image_url": {"url": picture.url}},
                ],
            },
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 2048,
    }


SCHEMA = {"type": "object", "properties": {}}
IN_OPENAI_S_WAY = {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}}


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("together", {"type": "json_schema", "schema": SCHEMA}),
        ("cohere", {"type": "json_object", "schema": SCHEMA}),
        ("fireworks-ai", {"type": "json_object", "schema": SCHEMA}),
        ("hf-inference", {"type": "json_object", "value": SCHEMA}),
        ("novita", IN_OPENAI_S_WAY),
    ],
)
async def test_a_schema_is_reported_to_each_in_its_own_way(provider, service, upstream, name, form):
    service.models[MODEL] = by_provider(name)

    for asked, told in [(IN_OPENAI_S_WAY, form), ({"type": "json_object"}, {"type": "json_object"})]:
        await ask(provider, params=Params(extra={"response_format": asked, "seed": 1}))
        assert (upstream.requests[-1].json["response_format"], upstream.requests[-1].json["seed"]) == (told, 1)


async def test_tools_are_called_by_whoever_answers(two, upstream):
    tool = {"type": "function", "function": {"name": "add"}}
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"x":1}'}}
    upstream.will_answer_json(openai_error("Later."), status=503)
    upstream.will_answer([chunk({"tool_calls": [call]}), chunk({}, "tool_calls")])

    *_, via, calls, finish = await ask(two, params=Params(extra={"tools": [tool]}))

    assert (type(via), calls, finish) == (Via, ToolCalls([call]), Finish("tool_calls"))
    assert [request.json["tools"] for request in upstream.requests if request.method == "POST"] == [[tool]] * 2
    assert two.supports("tools", [tool])


async def test_an_answer_s_length_is_the_request_s_the_entry_s_or_2048(service, upstream, http):
    lengths = []
    for options, params in [({}, Params(max_tokens=9)), ({"max_tokens": 512}, Params()), ({}, Params())]:
        await ask(made(http, upstream.url, options=options), params=params)
        lengths.append(upstream.requests[-1].json["max_tokens"])

    assert lengths == [9, 512, 2048]


async def test_the_paying_organisation_is_named_in_the_entry_s_headers(service, upstream, http):
    await ask(made(http, upstream.url, headers={"X-HF-Bill-To": "my-org"}))

    hub, router = upstream.requests
    assert router.headers["x-hf-bill-to"] == "my-org"
    assert "x-hf-bill-to" not in hub.headers


async def test_what_one_of_them_does_not_take_is_learned_once(provider, upstream):
    upstream.will_answer_json(openai_error("Unknown field: stream_options"), status=422)

    await ask(provider)
    await ask(provider)

    bodies = [request.json for request in upstream.requests if request.method == "POST"]
    assert ["stream_options" in body for body in bodies] == [True, False, False]


# one after the other


@pytest.fixture
def two(provider, service):
    """The provider, for a model that novita and, behind it, groq serve."""
    service.models[MODEL] = by_provider("novita", "groq")
    return provider


PAYMENT_REFUSALS = [
    (b'{"error": "You have exceeded your monthly included credits."}', {}),
    (b'{"error": {"message": "Credits are used up", "code": null}}', {}),
    (b'{"error": ["Credits", "used up"]}', {}),
    (b"Payment Required", {"Content-Type": "text/plain"}),
    (b"<html><h1>402 Payment Required</h1></html>", HTML),
    (b"", {}),
    (b"{", {"Content-Type": "application/json"}),
]


@pytest.mark.parametrize(("body", "headers"), PAYMENT_REFUSALS, ids=lambda part: repr(part)[:24])
async def test_a_provider_that_wants_to_be_paid_is_skipped_in_whatever_words(two, upstream, body, headers):
    upstream.will_answer(body, status=402, headers=headers, to=NOVITA)

    attempt, via, *reply = await ask(two)

    assert (attempt.provider, type(attempt.error)) == ("novita", PaymentRequiredError)
    assert attempt.error.message.startswith("The account at hf (novita) has no credit left.")
    assert via == Via("groq", "vendor/groq")
    assert said(reply) == "groq heard: Hello"


@pytest.mark.parametrize("status", [404, 410, 424, 429, 500, 502, 503, 504])
async def test_a_provider_that_fails_is_skipped(two, upstream, status):
    upstream.will_answer_json({"error": "no"}, status=status, to=NOVITA)

    attempt, *reply = await ask(two)

    assert (attempt.provider, attempt.error.status) == ("novita", status)
    assert said(reply) == "groq heard: Hello"


async def test_a_provider_that_is_not_where_most_are_is_skipped(provider, service, upstream):
    service.models[MODEL] = by_provider("brand-new", "groq")

    attempt, *reply = await ask(provider)

    assert (attempt.provider, attempt.error.status) == ("brand-new", 404)
    assert said(reply) == "groq heard: Hello"
    assert chats(upstream) == ["/brand-new/v1/chat/completions", GROQ]


@pytest.mark.parametrize(
    "answer",
    [
        Answer([cut()], raw=True),
        Answer([reset()], raw=True),
        Answer([b"SSH-2.0-OpenSSH\r\n"], raw=True),
        Answer([]),
        Answer([chunk({"role": "assistant", "content": ""}), cut()]),
        Answer([b"data: [DONE]\n\n"]),
        Answer([record(openai_error("Oops", "server_error", 500)), *openai_stream("late")]),
        Answer([record({"error": "out of credits", "code": 402})]),
        Answer([b"<html>Bad gateway</html>"], headers=HTML),
        Answer([b"data: {'not': 'JSON'}\n\n"]),
    ],
    ids=["cut", "reset", "ssh", "nothing", "cut in stream", "done", "error", "payment", "page", "garbled"],
)
async def test_a_provider_that_breaks_before_the_first_text_is_skipped(two, upstream, answer):
    upstream.will(answer, to=NOVITA)

    attempt, *reply = await ask(two)

    assert attempt.provider == "novita"
    assert said(reply) == "groq heard: Hello"


@pytest.mark.parametrize(
    "answer", [Answer([], before_headers=silence()), Answer([b": hm\n\n", silence()])], ids=["headers", "text"]
)
async def test_a_provider_that_stays_silent_is_skipped_before_all_time_is_over(
    service, upstream, http, monkeypatch, answer
):
    monkeypatch.setattr(huggingface_api, "SHARE", 0.05)
    service.models[MODEL] = by_provider("novita", "groq")
    upstream.will(answer, to=NOVITA)
    limits = Timeout(first=10)
    provider = made(http, upstream.url, timeout=limits)

    pieces = within(limits, "hf", provider.stream(MODEL, QUESTION, Params()))
    attempt, *reply = [piece async for piece in pieces]

    assert (attempt.provider, type(attempt.error)) == ("novita", UpstreamTimeoutError)
    assert said(reply) == "groq heard: Hello"
    await asyncio.to_thread(upstream.wait_request(2).wait_closed)


@pytest.mark.parametrize(
    ("status", "kind"), [(400, RejectedError), (401, KeyRejectedError), (403, NoAccessError), (422, RejectedError)]
)
async def test_what_all_would_say_is_reported_at_once(two, upstream, status, kind):
    upstream.will_answer_json({"error": "Not like this", "error_type": "validation"}, status=status, to=NOVITA)

    pieces, error = await tried(two)

    assert (pieces, type(error), error.status, error.detail) == ([], kind, status, "Not like this")
    assert chats(upstream) == [NOVITA]


async def test_after_the_first_text_no_other_is_asked(two, upstream):
    upstream.will_answer([delta("Hel"), cut()], to=NOVITA)

    pieces, error = await tried(two)

    assert pieces == [Via("novita", "vendor/novita"), Content("Hel")]
    assert isinstance(error, StreamCutError)
    assert chats(upstream) == [NOVITA]


async def test_no_provider_is_named_before_there_is_text(two, upstream):
    gate = Gate()
    upstream.will_answer([chunk({"role": "assistant", "content": ""}), wait_until(gate), record({"error": "no"})])
    asking = asyncio.create_task(ask(two))
    await asyncio.to_thread(upstream.wait_request, 2)
    gate.open()

    assert [type(piece) for piece in (await asking)[:2]] == [Attempt, Via]


async def test_when_all_fail_the_last_about_payment_is_reported(provider, service, upstream):
    service.models[MODEL] = by_provider("novita", "groq", "together")
    upstream.will_answer_json({"error": "Pay novita"}, status=402, to=NOVITA)
    upstream.will_answer_json({"error": "Pay groq"}, status=402, to=GROQ)
    upstream.will_answer_json({"error": "busy"}, status=503, to=TOGETHER)

    pieces, error = await tried(provider)

    assert [piece.provider for piece in pieces] == ["novita", "groq"]
    assert (type(error), error.detail) == (PaymentRequiredError, "Pay groq")


async def test_when_all_fail_otherwise_the_last_failure_is_reported(two, upstream):
    upstream.will_answer_json({"error": "busy"}, status=503, to=NOVITA)
    upstream.will_answer_json({"error": "slow down"}, status=429, headers={"ratelimit": '"api";r=0;t=55'}, to=GROQ)

    _, error = await tried(two)

    assert (error.code, error.retry_after) == ("provider_rate_limited", 55)


async def test_the_model_s_name_at_one_is_not_taken_to_the_next(provider, service, upstream):
    service.models[MODEL] = by_provider("novita", "hf-inference")
    service.broke = {"novita"}

    assert said(await ask(provider)) == "hf-inference heard: Hello"
    assert chats(upstream) == [NOVITA, ROUTES["hf-inference"]]


async def test_several_turns_at_a_time_do_not_meet(provider, service, upstream):
    service.models["org/other"] = by_provider("groq")
    gate = Gate()
    upstream.will_answer([delta("a"), wait_until(gate), *openai_stream("b")], to=NOVITA)
    async with aclosing(provider.stream(MODEL, QUESTION, Params())) as slow:
        assert [await anext(slow), await anext(slow)] == [Via("novita", "vendor/novita"), Content("a")]
        assert said(await ask(provider, "org/other")) == "groq heard: Hello"
        gate.open()
        assert await anext(slow) == Content("b")


async def test_a_router_out_of_reach_is_reported(service, upstream, http):
    with socket.create_server(("127.0.0.1", 0)) as server:
        router = f"http://127.0.0.1:{server.getsockname()[1]}"

    with pytest.raises(UnreachableError, match=r"Cannot reach hf \(novita\)"):
        await ask(made(http, router, options={"hub_url": upstream.url}))


async def test_a_hub_out_of_reach_is_reported(service, upstream, http):
    with socket.create_server(("127.0.0.1", 0)) as server:
        hub = f"http://127.0.0.1:{server.getsockname()[1]}"

    with pytest.raises(UnreachableError, match="Cannot reach hf"):
        await ask(made(http, upstream.url, options={"hub_url": hub}))


async def test_a_token_without_permission_gets_a_clear_error(provider, upstream):
    upstream.will_answer_json({"error": "Insufficient permissions"}, status=403)

    with pytest.raises(NoAccessError, match="Allow the token to call Inference Providers") as caught:
        await ask(provider)
    assert (caught.value.code, caught.value.fault) == ("key_rejected", "route")


async def test_a_gated_model_is_reported_as_gated(provider, service):
    service.gated.add(MODEL)

    with pytest.raises(NoAccessError, match="org/name is gated"):
        await ask(provider)


# the unified router


@pytest.fixture
def unified(service, upstream, http):
    return made(http, upstream.url, options={"unified": True})


@pytest.mark.parametrize(("suffix", "answers"), [("", "novita"), (":groq", "groq"), (":fastest", "novita")])
async def test_the_unified_router_is_asked_by_the_hub_s_name(unified, service, upstream, suffix, answers):
    service.models[MODEL] = by_provider("novita", "groq")

    pieces = await ask(unified, MODEL + suffix)

    assert pieces[0] == Via(answers, MODEL + suffix)
    assert said(pieces) == f"{answers} heard: Hello"
    (request,) = upstream.requests
    assert (request.path, request.json["model"]) == ("/v1/chat/completions", MODEL + suffix)
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


async def test_the_unified_router_s_failure_is_the_answer_s(unified, upstream):
    upstream.will_answer_json({"error": "Pay"}, status=402)

    assert (await tried(unified))[1].code == "payment_required"
    assert len(upstream.requests) == 1


async def test_the_unified_router_reports_unknown_models(unified):
    with pytest.raises(ModelNotSupportedError):
        await ask(unified, "org/name:nobody")


@pytest.mark.parametrize("end", ["/", "/v1", "/v1/"])
async def test_the_router_s_address_may_be_the_one_that_other_programs_want(service, upstream, http, end):
    for unified in (False, True):
        entry = made(http, upstream.url, options={"unified": unified})
        other = HuggingFaceAPI("hf", entry.settings.model_copy(update={"base_url": upstream.url + end}), http)
        assert said(await ask(other)) == "novita heard: Hello"


async def test_the_unified_router_lists_what_it_knows_of_models(unified, service, upstream):
    assert await unified.list_models() == [ModelInfo(MODEL, vision=False, context=32768)]
    assert [request.path for request in upstream.requests] == ["/v1/models"]


# keys


def test_without_a_key_nothing_is_asked(upstream, http):
    obstacle = made(http, upstream.url, api_key="").obstacle()

    assert isinstance(obstacle, MissingKeyError)
    assert "api_key" in obstacle.message and "HF_TOKEN" in obstacle.message


def test_a_missing_variable_is_named(upstream, http):
    obstacle = made(http, upstream.url, api_key="", missing_variables=("MY_TOKEN",)).obstacle()

    assert "MY_TOKEN" in obstacle.message


@pytest.mark.parametrize("base_url", ["", "https://router.huggingface.co", "https://router.huggingface.co/v1"])
def test_a_vendor_s_key_does_not_go_to_hugging_face(http, base_url):
    obstacle = made(http, base_url, api_key="sk-tiger-secret").obstacle()

    assert isinstance(obstacle, KeyRejectedError)
    assert "hf_" in obstacle.message and "OpenAICompatible" in obstacle.message and "sk-" not in obstacle.message
    assert made(http, base_url, api_key=TOKEN).obstacle() is None


def test_a_gateway_of_one_s_own_has_its_own_keys(upstream, http):
    assert made(http, upstream.url, api_key="gateway-key").obstacle() is None


# what is left out


async def test_the_oldest_messages_are_left_out_and_the_person_is_told(service, upstream, http):
    messages = [Message("system", "Be brief."), *conversation("one", "two", "three", "four", "five")]
    provider = made(http, upstream.url, options={"max_inputs_length": 70})

    notice, via, *_ = await ask(provider, messages=messages)

    assert notice == Notice(
        "The 4 oldest messages were left out, because hf accepts at most 70 characters. To send more, raise "
        "options.max_inputs_length of hf in config.json."
    )
    assert isinstance(via, Via)
    assert [message["content"] for message in upstream.requests[-1].json["messages"]] == ["Be brief.", "five"]


@pytest.mark.parametrize("name", ["max_inputs_length", "max_inputs_lenght"])
async def test_one_omitted_message_is_singular_and_the_option_has_both_names(service, upstream, http, name):
    provider = made(http, upstream.url, options={name: 20})

    notice, *_ = await ask(provider, messages=[Message("user", "one"), Message("user", "two")])

    assert notice.text.startswith("The oldest message was left out,")


async def test_ten_thousand_characters_are_sent_when_nothing_is_set(provider, upstream):
    fits = [*conversation("x" * 4976, "y" * 4976), Message("user", "")]

    assert isinstance((await ask(provider, messages=fits))[0], Via)
    fits[-1] = Message("user", "z")
    assert isinstance((await ask(provider, messages=fits))[0], Notice)
    assert [len(request.json["messages"]) for request in upstream.requests[1:]] == [3, 1]


# the catalog


async def test_models_are_offered_as_the_hub_lists_them(provider, service):
    vision = HuggingFaceAPI.vision_models[0]
    service.models = {MODEL: by_provider("novita"), vision: by_provider("novita"), "z/null": None}

    assert await provider.list_models() == [ModelInfo(vision, vision=True), ModelInfo(MODEL)]


async def test_a_hub_that_fails_is_noticed_though_some_models_are_known(provider, upstream):
    upstream.will_answer(b"", status=503, to="")

    with pytest.raises(UpstreamError):
        await provider.list_models()


@pytest.mark.parametrize(
    ("key", "works", "sentence"),
    [
        (TOKEN, True, ""),
        ("hf_wrong", False, "huggingface rejected the API key. Check its api_key in config.json."),
        ("", False, "huggingface needs a Hugging Face token"),
    ],
)
async def test_a_wrong_key_is_found_before_any_request(service, upstream, key, works, sentence):
    entry = {"kind": "HuggingFaceAPI", "base_url": upstream.url, "api_key": key, "options": {"hub_url": upstream.url}}
    models = {"m": f"huggingface/{MODEL}"}
    config = CatalogConfig.model_validate({"providers": {"huggingface": entry}, "models": models, "default_model": "m"})

    (finding,) = await check(config, KINDS)

    assert (finding.works, finding.sentence[: len(sentence)]) == (works, sentence)
