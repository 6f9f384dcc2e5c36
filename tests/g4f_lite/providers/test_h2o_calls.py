"""The calls that H2o's three descriptions print work as printed, with the service's address replaced."""

import asyncio
import inspect
import socket
from collections.abc import Generator
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from g4f_lite.errors import ModelNotSupportedError, StreamCutError
from g4f_lite.http import sync_transport
from g4f_lite.providers import h2o
from g4f_lite.providers.h2o import H2o, _create_completion
from tests.support.services.chat_ui_service import UUID, ChatUi, token
from tests.support.services.upstream import Answer, Upstream, cut, silence

MODEL = "h2oai/h2ogpt-gm-oasst1-en-2048-falcon-40b-v1"
MESSAGES = [{"role": "user", "content": "Hello, how are you?"}]
INSTRUCTION = (
    "instruction: this is a conversation beween, a user and an AI assistant, "
    "respond to the latest message, referring to the conversation if needed\n"
)

pytestmark = pytest.mark.usefixtures("reads", "blocks")


@pytest.fixture
def blocks(reads, request, monkeypatch):
    """Does for blocking reads what `reads` does for the others."""
    if request.node.callspec.params["reads"] != "as they come":
        monkeypatch.setattr(sync_transport, "BLOCK_BYTES", 1)


@pytest.fixture
def service():
    return ChatUi()


@pytest.fixture(autouse=True)
def upstream(service, monkeypatch):
    """The service, as far as the class knows."""
    upstream = Upstream(otherwise=service)
    monkeypatch.setattr(H2o, "url", upstream.url)
    yield upstream
    upstream.close()


@pytest.fixture
def proxy(monkeypatch, service):
    """What answers as `your-proxy` on port 8080; the name and the port are replaced where the system looks them up."""

    def passed_on(request):
        url = urlsplit(request.path)
        return service(replace(request, path=url.path))

    proxy = Upstream(otherwise=passed_on)
    address = ("127.0.0.1", urlsplit(proxy.url).port)
    look_up = socket.getaddrinfo

    def replaced(host, port, *args, **kwargs):
        return look_up(*(address if (host, port) == ("your-proxy", 8080) else (host, port)), *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", replaced)
    yield proxy
    proxy.close()


def question(upstream):
    """Return the body of the first question that was asked."""
    return next(request.json for request in upstream.requests if request.path.startswith("/conversation/"))


# the class


def test_the_attributes_are_described():
    assert H2o.model == H2o.default_model == MODEL
    assert (H2o.supports_stream, H2o.needs_auth) == (True, False)
    assert H2o.models == {
        "falcon-7b": "h2oai/h2ogpt-gm-oasst1-en-2048-falcon-7b-v3",
        "falcon-40b": "h2oai/h2ogpt-gm-oasst1-en-2048-falcon-40b-v1",
        "llama-13b": "h2oai/h2ogpt-gm-oasst1-en-2048-open-llama-13b",
    }


def test_the_address_is_described(monkeypatch):
    monkeypatch.undo()

    assert H2o.url == "https://gpt-gm.h2o.ai"


def test_the_signatures_are_described():
    for function in (H2o._create_completion, H2o.create_completion, _create_completion):
        assert list(inspect.signature(function).parameters) == ["model", "messages", "stream", "kwargs"]
    parameters = inspect.signature(H2o.create_async_generator).parameters
    assert list(parameters) == ["model", "messages", "proxy", "kwargs"]
    assert parameters["proxy"].default is None


# the synchronous calls


def test_the_example_of_the_class(capsys):
    messages = [
        {"role": "user", "content": "Привет! Как дела?"},
        {"role": "assistant", "content": "У меня все отлично, как у тебя?"},
    ]
    model = "falcon-7b"
    for call in (H2o._create_completion, _create_completion):
        completion = call(model=model, messages=messages, stream=True)
        for token_ in completion:
            print(token_, end="")
        printed = capsys.readouterr().out
        assert printed.startswith("You said: instruction:")
        assert printed.endswith("user: Привет! Как дела?\nassistant: У меня все отлично, как у тебя?\nassistant:")


def test_the_first_example_of_the_function(upstream):
    result = _create_completion(model="falcon-7b", messages=[{"role": "user", "content": "Hello"}], stream=True)

    assert isinstance(result, Generator)
    assert upstream.requests == []
    assert "".join(result) == f"You said: {INSTRUCTION}user: Hello\nassistant:"
    assert question(upstream)["inputs"] == f"{INSTRUCTION}user: Hello\nassistant:"


def test_the_second_example_of_the_function(upstream):
    result = _create_completion(
        model="falcon-40b",
        messages=[{"role": "user", "content": "Tell me a story"}],
        stream=True,
        temperature=0.7,
        max_new_tokens=500,
    )

    assert len(list(result)) > 1
    assert question(upstream)["parameters"] == {
        "temperature": 0.7,
        "truncate": 2048,
        "max_new_tokens": 500,
        "do_sample": True,
        "repetition_penalty": 1.2,
        "return_full_text": False,
    }


def test_the_third_example_of_the_function(capsys):
    for token_ in _create_completion(
        model="llama-13b", messages=[{"role": "user", "content": "Explain quantum physics"}], stream=True
    ):
        print(token_, end="")

    assert "Explain quantum physics" in capsys.readouterr().out


def test_all_the_keywords_of_the_function(upstream):
    ids = {"id": str(uuid4()), "response_id": str(uuid4()).upper()}
    wanted = {
        "temperature": 1.1,
        "truncate": 1000,
        "max_new_tokens": 20,
        "do_sample": False,
        "repetition_penalty": 2.0,
        "return_full_text": True,
    }

    list(_create_completion("falcon-7b", MESSAGES, True, **wanted, **ids))

    asked = question(upstream)
    assert asked["parameters"] == wanted
    assert asked["options"] == {**ids, "is_retry": False, "use_cache": False, "web_search_id": ""}
    assert asked["stream"] is True


@pytest.mark.parametrize("id_", ["1234567890", "", 7, None, "{7f0c5a0e-4c44-4d0c-9d9b-3f6f8a8f6f10}", b"x" * 16])
def test_an_id_that_is_no_uuid_is_replaced(upstream, id_):
    list(_create_completion("falcon-7b", MESSAGES, True, id=id_, response_id=id_))

    options = question(upstream)["options"]
    assert UUID.fullmatch(options["id"]) and UUID.fullmatch(options["response_id"])
    assert options["id"] != options["response_id"]


def test_the_page_is_visited_before_all_else(upstream):
    list(_create_completion("falcon-7b", MESSAGES, True))

    methods = [(request.method, request.path.count("/") - 1) for request in upstream.requests]
    assert methods == [("GET", 0), ("POST", 0), ("POST", 0), ("POST", 1), ("DELETE", 1)]


def test_without_streaming_the_text_comes_whole(upstream):
    for call in (H2o._create_completion, H2o.create_completion, _create_completion):
        assert list(call("falcon-7b", MESSAGES, stream=False)) == [
            f"You said: {INSTRUCTION}user: Hello, how are you?\nassistant:"
        ]


def test_text_arrives_before_the_reply_is_whole(upstream, service):
    def answering(request):
        if request.method == "POST" and request.path.startswith("/conversation/"):
            return Answer([token(" Grü"), token("ße"), silence()])
        return service(request)

    upstream.otherwise = answering
    texts = _create_completion("falcon-7b", MESSAGES, True)

    assert (next(texts), next(texts)) == ("Grü", "ße")
    texts.close()

    upstream.wait_closed()
    assert len(service.deleted) == 1


def test_a_reply_that_breaks_is_no_whole_one(upstream, service):
    def answering(request):
        if request.method == "POST" and request.path.startswith("/conversation/"):
            return Answer([token("Hi"), cut()])
        return service(request)

    upstream.otherwise = answering
    texts = _create_completion("falcon-7b", MESSAGES, True)

    assert next(texts) == "Hi"
    with pytest.raises(StreamCutError):
        next(texts)
    assert len(service.deleted) == 1


def test_an_unknown_model_is_a_clear_error(upstream):
    with pytest.raises(ModelNotSupportedError, match="falcon-7b, falcon-40b, llama-13b"):
        _create_completion("falcon-180b", MESSAGES, True)
    assert upstream.requests == []


def test_images_are_refused(upstream):
    parts = [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]
    with pytest.raises(ModelNotSupportedError, match="images"):
        _create_completion("falcon-7b", [{"role": "user", "content": parts}], True)
    assert upstream.requests == []


def test_a_synchronous_call_may_go_through_a_proxy(upstream, proxy):
    texts = list(_create_completion("falcon-7b", MESSAGES, True, proxy="http://your-proxy:8080"))

    assert "Hello," in "".join(texts)
    assert {request.path.startswith(upstream.url) for request in proxy.requests} == {True}
    assert upstream.requests == []


async def test_a_synchronous_call_works_where_a_loop_is_running():
    assert "Hello," in "".join(_create_completion("falcon-7b", MESSAGES, True))


# the asynchronous calls


def test_the_first_example_of_the_asynchronous_call(capsys, upstream):
    messages = [{"role": "user", "content": "Hello, how are you?"}]

    async def main():
        generator = await H2o.create_async_generator(
            model="h2oai/h2ogpt-gm-oasst1-en-2048-falcon-40b-v1", messages=messages
        )
        async for message in generator:
            print(message, end="")

    asyncio.run(main())

    assert capsys.readouterr().out == "You said: Hello, how are you?"
    assert question(upstream)["inputs"] == "Hello, how are you?"


def test_the_example_with_a_proxy(capsys, upstream, proxy):
    messages = [{"role": "user", "content": "Tell me a joke"}]

    async def main():
        generator = await H2o.create_async_generator(
            model="h2oai/h2ogpt-gm-oasst1-en-2048-falcon-40b-v1", messages=messages, proxy="http://your-proxy:8080"
        )
        async for message in generator:
            print(message, end="")

    asyncio.run(main())

    assert capsys.readouterr().out == "You said: Tell me a joke"
    assert {request.path.startswith(upstream.url) for request in proxy.requests} == {True}
    assert upstream.requests == []


def test_the_example_with_parameters(capsys, upstream):
    messages = [{"role": "user", "content": "Write a short story"}]

    async def main():
        generator = await H2o.create_async_generator(
            model="h2oai/h2ogpt-gm-oasst1-en-2048-falcon-40b-v1",
            messages=messages,
            temperature=0.7,
            max_new_tokens=500,
        )
        async for message in generator:
            print(message, end="")

    asyncio.run(main())

    assert capsys.readouterr().out == "You said: Write a short story"
    sent = question(upstream)["parameters"]
    assert (sent["temperature"], sent["max_new_tokens"]) == (0.7, 500)


async def test_the_asynchronous_call_works_without_await_too():
    texts = [text async for text in H2o.create_async_generator("", MESSAGES)]

    assert texts == ["You", " said:", " Hello,", " how", " are", " you?"]


async def test_the_conversation_is_deleted_when_the_last_text_was_read(service):
    _ = [text async for text in H2o.create_async_generator(None, MESSAGES)]

    assert len(service.deleted) == 1
    assert service.conversations == {}


def test_leaving_without_closing_deletes_the_conversation_too(service):
    async def main():
        async for _ in H2o.create_async_generator(None, MESSAGES):
            break

    asyncio.run(main())

    assert len(service.deleted) == 1


async def test_an_unknown_model_is_a_clear_error_of_the_asynchronous_call(upstream):
    with pytest.raises(ModelNotSupportedError, match="falcon-7b, falcon-40b, llama-13b"):
        H2o.create_async_generator("gpt-4", MESSAGES)
    assert upstream.requests == []


async def test_models_are_listed_by_the_names_people_use():
    assert H2o.get_models() == ["falcon-7b", "falcon-40b", "llama-13b"]


def test_nothing_is_kept_on_the_module():
    assert not [name for name, value in vars(h2o).items() if isinstance(value, list | set) and name != "__all__"]
