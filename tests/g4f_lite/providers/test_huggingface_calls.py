"""The calls that the description of HuggingFaceAPI prints work as printed, with its addresses replaced."""

import asyncio
import inspect
import socket

import pytest

from g4f_lite.errors import MissingKeyError, ModelNotSupportedError, PaymentRequiredError, StreamCutError
from g4f_lite.protocols.hugging_face import hub as hubs
from g4f_lite.protocols.hugging_face.hub_cache import hub_cache
from g4f_lite.providers.huggingface_api import HuggingFaceAPI, ProviderInfo, calculate_lenght, calculate_length
from tests.support.services.hub_service import ROUTES, TOKEN, HubService, as_list, by_provider
from tests.support.services.openai_wire import delta
from tests.support.services.upstream import Upstream, cut, silence

MESSAGES = [{"role": "user", "content": "Hello, how are you?"}]
IMAGE = "https://example.com/image.jpg"
HEARD = "novita heard: Hello, how are you?"

pytestmark = pytest.mark.usefixtures("reads")


@pytest.fixture(autouse=True)
def service(upstream, monkeypatch):
    """Hugging Face, as far as the class knows."""
    hub_cache.cache_clear()
    names = (
        "llama-2-7b",
        "vision-model",
        "new-model",
        HuggingFaceAPI.default_model,
        HuggingFaceAPI.default_vision_model,
    )
    upstream.otherwise = HubService({name: by_provider("novita") for name in names}, tokens={TOKEN, "your_api_key"})
    monkeypatch.setattr(HuggingFaceAPI, "api_base", upstream.url)
    monkeypatch.setattr(HuggingFaceAPI, "hub_url", upstream.url)
    return upstream.otherwise


def test_the_attributes_are_described():
    assert (HuggingFaceAPI.label, HuggingFaceAPI.parent) == ("HuggingFace (Text Generation)", "HuggingFace")
    assert HuggingFaceAPI.url == "https://huggingface.co"
    assert (HuggingFaceAPI.working, HuggingFaceAPI.needs_auth) == (True, True)
    assert HuggingFaceAPI.default_vision_model in HuggingFaceAPI.vision_models
    assert HuggingFaceAPI.default_model in HuggingFaceAPI.model_aliases.values()
    assert len(HuggingFaceAPI.fallback_models) == len(set(HuggingFaceAPI.fallback_models)) > 0
    assert HuggingFaceAPI.provider_mapping == {}


def test_the_signature_is_described():
    signature = inspect.signature(HuggingFaceAPI.create_async_generator)

    assert {name: one.default for name, one in signature.parameters.items() if one.default is not one.empty} == {
        "api_base": None,
        "api_key": None,
        "max_tokens": 2048,
        "max_inputs_lenght": 10000,
        "media": None,
        "max_inputs_length": None,
    }


# get_model


@pytest.mark.parametrize("model", ["llama-2-7b", "unsupported-model"])
def test_a_name_is_itself(model):
    assert HuggingFaceAPI.get_model(model) == model


def test_an_alias_stands_for_a_name():
    assert HuggingFaceAPI.get_model("llama-3.3-70b") == "meta-llama/Llama-3.3-70B-Instruct"
    assert HuggingFaceAPI.get_model("", stream=True) == HuggingFaceAPI.default_model


# get_models


def test_models_are_listed_without_a_key_and_asked_for_once(service, upstream):
    models = HuggingFaceAPI.get_models()
    cached_models = HuggingFaceAPI.get_models()

    assert models == cached_models == sorted(service.models)
    assert len(upstream.requests) == 1
    assert "authorization" not in upstream.requests[0].headers


async def test_models_are_listed_where_a_loop_is_running(service):
    assert HuggingFaceAPI.get_models() == sorted(service.models)


def test_a_caller_s_list_is_its_own():
    HuggingFaceAPI.get_models().clear()

    assert HuggingFaceAPI.get_models() != []


def test_what_is_known_beforehand_is_listed_too(service, monkeypatch):
    monkeypatch.setattr(HuggingFaceAPI, "provider_mapping", {"org/preset": by_provider("groq"), "new-model": {}})

    assert HuggingFaceAPI.get_models() == [*sorted(service.models), "org/preset"]


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500},
        {"status": 404},
        {"status": 401},
        {"status": 302, "headers": {"Location": "/elsewhere"}},
        {"steps": b"<html>"},
        {"steps": b"{"},
        {"steps": b"null"},
        {"steps": b'{"error": "no"}'},
        {"steps": b"[]"},
        {"steps": b'[{"id": "a/b", "inferenceProviderMapping": null}]'},
        {"steps": [b"[", cut()]},
        {"steps": [b"[", silence()]},
        {"before_headers": silence()},
    ],
    ids=lambda answer: str(answer)[:40],
)
def test_whatever_fails_some_models_are_known(upstream, monkeypatch, answer):
    monkeypatch.setattr(hubs, "LISTING_LIMIT_S", 0.1)
    upstream.will_answer(**{"steps": b"", **answer}, to="")

    assert HuggingFaceAPI.get_models() == HuggingFaceAPI.fallback_models
    monkeypatch.setattr(hubs, "LISTING_LIMIT_S", 8)
    assert "new-model" in HuggingFaceAPI.get_models()  # a failure is not remembered


def test_without_a_network_some_models_are_known(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(HuggingFaceAPI, "hub_url", f"http://127.0.0.1:{server.getsockname()[1]}")

    models = HuggingFaceAPI.get_models()
    models.clear()

    assert HuggingFaceAPI.get_models() == HuggingFaceAPI.fallback_models != []


# get_mapping


async def test_a_mapping_is_asked_for_and_then_known(upstream):
    mapping = await HuggingFaceAPI.get_mapping("new-model", api_key="your_api_key")

    assert mapping == {"novita": {"status": "live", "providerId": "vendor/novita", "task": "conversational"}}
    assert await HuggingFaceAPI.get_mapping("new-model", api_key="your_api_key") == mapping
    (request,) = upstream.requests
    assert request.headers["authorization"] == "Bearer your_api_key"


async def test_a_mapping_needs_no_key(upstream):
    assert await HuggingFaceAPI.get_mapping("llama-2-7b") == by_provider("novita")
    assert "authorization" not in upstream.requests[0].headers


@pytest.mark.parametrize(
    ("said", "mapping"), [(as_list(by_provider("groq")), by_provider("groq")), (None, {})], ids=str
)
async def test_a_mapping_has_one_shape(service, said, mapping):
    service.models["new-model"] = said

    assert await HuggingFaceAPI.get_mapping("new-model") == mapping


async def test_an_unknown_model_has_no_mapping():
    with pytest.raises(ModelNotSupportedError):
        await HuggingFaceAPI.get_mapping("unsupported-model")


async def test_a_mapping_that_is_known_beforehand_is_not_asked_for(upstream, monkeypatch):
    monkeypatch.setattr(HuggingFaceAPI, "provider_mapping", {"org/preset": by_provider("groq")})

    assert await HuggingFaceAPI.get_mapping("org/preset") == by_provider("groq")
    assert upstream.requests == []


async def test_the_class_and_its_calls_know_the_same(upstream):
    await HuggingFaceAPI.get_mapping("llama-2-7b", TOKEN)
    await texts_of(HuggingFaceAPI.create_async_generator("llama-2-7b", MESSAGES, api_key=TOKEN))

    assert [request.method for request in upstream.requests] == ["GET", "POST"]


async def test_nothing_is_kept_on_the_class():
    before = dict(vars(HuggingFaceAPI))
    await HuggingFaceAPI.get_mapping("llama-2-7b")
    await texts_of(HuggingFaceAPI.create_async_generator("llama-2-7b", MESSAGES, api_key=TOKEN))

    assert dict(vars(HuggingFaceAPI)) == before
    assert HuggingFaceAPI.provider_mapping == {}


# create_async_generator


async def texts_of(reply):
    return [text async for text in reply]


async def test_the_provider_info_comes_before_the_texts_and_joins_with_them():
    info, *texts = await texts_of(
        HuggingFaceAPI.create_async_generator(model="llama-2-7b", messages=MESSAGES, api_key=TOKEN)
    )

    assert isinstance(info, ProviderInfo)
    assert (info.name, info.label) == ("HuggingFaceAPI", "HuggingFace (novita)")
    assert (info.model, info.url, str(info)) == ("vendor/novita", HuggingFaceAPI.url, "")
    assert all(type(text) is str for text in texts)
    assert "".join([info, *texts]) == "".join(map(str, [info, *texts])) == HEARD


async def test_it_may_be_awaited_first():
    reply = await HuggingFaceAPI.create_async_generator("llama-2-7b", MESSAGES, api_key=TOKEN)

    assert "".join(await texts_of(reply)) == HEARD


async def test_the_printed_call_lacks_a_key_and_says_so(upstream):
    async_generator = HuggingFaceAPI.create_async_generator(model="llama-2-7b", messages=MESSAGES)

    with pytest.raises(MissingKeyError, match="api_key"):
        await anext(aiter(async_generator))
    assert upstream.requests == []


async def test_images_go_along(upstream):
    messages = [{"role": "user", "content": "Describe this image."}]
    media = [{"url": IMAGE, "type": "image/jpeg"}]
    async_generator = HuggingFaceAPI.create_async_generator(
        model="vision-model", messages=messages, media=media, api_key=TOKEN
    )

    await texts_of(async_generator)

    (message,) = upstream.requests[-1].json["messages"]
    assert message["content"] == [
        {"type": "text", "text": "Describe this image."},
        {"type": "image_url", "image_url": {"url": IMAGE}},
    ]
    assert upstream.requests[0].path.startswith("/api/models/vision-model?")


@pytest.mark.parametrize("media", [[(b"GIF8", "cat.gif")], [{"url": "data:image/gif;base64,R0lGOA=="}]], ids=str)
async def test_an_image_may_be_at_hand(upstream, media):
    await texts_of(HuggingFaceAPI.create_async_generator("vision-model", MESSAGES, api_key=TOKEN, media=media))

    _, image = upstream.requests[-1].json["messages"][0]["content"]
    assert image["image_url"]["url"] == "data:image/gif;base64,R0lGOA=="


@pytest.mark.parametrize("model", ["", None])
@pytest.mark.parametrize(
    ("media", "asked"),
    [([{"url": IMAGE}], HuggingFaceAPI.default_vision_model), (None, HuggingFaceAPI.default_model)],
    ids=["vision", "text"],
)
async def test_without_a_model_images_decide_which(upstream, model, media, asked):
    await texts_of(HuggingFaceAPI.create_async_generator(model, MESSAGES, api_key=TOKEN, media=media))

    assert upstream.requests[0].path.startswith(f"/api/models/{asked}?")


@pytest.mark.parametrize("name", ["max_inputs_length", "max_inputs_lenght"])
async def test_limits_have_described_defaults_and_both_names(upstream, name):
    await texts_of(HuggingFaceAPI.create_async_generator("llama-2-7b", MESSAGES, api_key=TOKEN))
    long = [{"role": "user", "content": "x" * 100}, *MESSAGES]
    limits = {"max_tokens": 9, name: 100}
    await texts_of(HuggingFaceAPI.create_async_generator("llama-2-7b", long, api_key=TOKEN, **limits))

    first, second = (request.json for request in upstream.requests if request.method == "POST")
    assert (first["max_tokens"], second["max_tokens"]) == (2048, 9)
    assert [message["content"] for message in second["messages"]] == ["Hello, how are you?"]


async def test_other_words_are_parameters_options_or_nothing(upstream):
    kwargs = {"temperature": 0.5, "unified": True, "web_search": True, "proxy": None}
    await texts_of(HuggingFaceAPI.create_async_generator("llama-2-7b", MESSAGES, api_key=TOKEN, **kwargs))

    (request,) = upstream.requests
    assert (request.path, request.json["temperature"]) == ("/v1/chat/completions", 0.5)
    assert "web_search" not in request.json


async def test_another_router_may_be_asked(upstream):
    other = Upstream(otherwise=HubService({"llama-2-7b": by_provider("novita")}))

    texts = await texts_of(
        HuggingFaceAPI.create_async_generator("llama-2-7b", MESSAGES, api_base=other.url, api_key=TOKEN)
    )

    assert "".join(texts) == HEARD
    assert [request.path for request in other.requests] == [ROUTES["novita"]]
    assert len(upstream.requests) == 1
    other.close()


async def test_a_provider_that_fails_leaves_no_trace_among_the_texts(service):
    service.models["llama-2-7b"] = by_provider("novita", "groq")
    service.broke = {"novita"}

    info, *texts = await texts_of(HuggingFaceAPI.create_async_generator("llama-2-7b", MESSAGES, api_key=TOKEN))

    assert (info.label, "".join(texts)) == ("HuggingFace (groq)", "groq heard: Hello, how are you?")


async def test_when_nobody_is_paid_that_is_the_error(service):
    service.models["llama-2-7b"] = by_provider("novita", "groq")
    service.broke = {"novita", "groq"}

    with pytest.raises(PaymentRequiredError):
        await texts_of(HuggingFaceAPI.create_async_generator("llama-2-7b", MESSAGES, api_key=TOKEN))


async def test_an_unsupported_model_is_reported():
    with pytest.raises(ModelNotSupportedError):
        await texts_of(HuggingFaceAPI.create_async_generator("unsupported-model", MESSAGES, api_key=TOKEN))


async def test_a_break_after_the_first_text_is_reported(upstream):
    upstream.will_answer([delta("Hel"), cut()])
    heard = []

    with pytest.raises(StreamCutError):
        async for text in HuggingFaceAPI.create_async_generator("llama-2-7b", MESSAGES, api_key=TOKEN):
            heard.append(text)
    assert "".join(heard) == "Hel"


async def test_leaving_early_closes_the_connection(upstream):
    upstream.will_answer([delta("Hel"), silence()])
    reply = HuggingFaceAPI.create_async_generator("llama-2-7b", MESSAGES, api_key=TOKEN)
    assert [await anext(aiter(reply)), await anext(aiter(reply))] == ["", "Hel"]

    await reply.aclose()

    await asyncio.to_thread(upstream.wait_closed)


@pytest.mark.parametrize("stream", [True, False])
def test_code_that_awaits_nothing_can_ask_too(stream):
    texts = HuggingFaceAPI.create_completion("llama-2-7b", MESSAGES, stream, api_key=TOKEN)

    assert "".join(texts) == HEARD


def test_the_length_of_messages_is_what_the_formula_says():
    messages = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi there!"}]

    total_length = calculate_length(messages)
    assert calculate_lenght(messages) == total_length, "the description's spelling"

    assert total_length == 46


async def test_arguments_that_nobody_knows_are_members_of_the_request(upstream):
    reply = HuggingFaceAPI.create_async_generator("llama-2-7b", MESSAGES, api_key=TOKEN, seed=4, top_k=3, stream=True)

    assert "".join([text async for text in reply]) == HEARD
    asked = next(request.json for request in upstream.requests if request.method == "POST")
    assert (asked["seed"], asked["top_k"], asked["stream"], "api_key" in asked) == (4, 3, True, False)
