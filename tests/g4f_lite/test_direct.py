import asyncio

import pytest

from g4f_lite.errors import StreamCutError, UnreachableError
from g4f_lite.providers import OpenAICompatible
from tests.support.services.openai_wire import delta, openai_stream
from tests.support.services.upstream import cut, silence

MESSAGES = [{"role": "user", "content": "Hello"}]


def test_code_without_an_event_loop_gets_the_texts_as_they_come(upstream):
    upstream.will_answer(openai_stream("Hi there!"))

    texts = OpenAICompatible.create_completion("test-model", MESSAGES, stream=True, base_url=upstream.base_url)

    assert list(texts) == ["Hi ", "there!"]


def test_without_streaming_the_text_comes_whole(upstream):
    upstream.will_answer(openai_stream("Hi there!"))

    texts = OpenAICompatible.create_completion("test-model", MESSAGES, stream=False, base_url=upstream.base_url)

    assert list(texts) == ["Hi there!"]


def test_the_described_name_does_the_same(upstream):
    for stream, texts in ((True, ["Hi ", "there!"]), (False, ["Hi there!"])):
        upstream.will_answer(openai_stream("Hi there!"))
        assert list(OpenAICompatible._create_completion("m", MESSAGES, stream, base_url=upstream.base_url)) == texts


def test_an_obstacle_stops_every_call():
    with pytest.raises(UnreachableError, match="base_url"):
        list(OpenAICompatible.create_completion("test-model", MESSAGES))
    with pytest.raises(UnreachableError, match="base_url"):
        OpenAICompatible.get_models()


def test_leaving_early_closes_the_connection(upstream):
    upstream.will_answer([delta("Hi"), silence()])

    texts = OpenAICompatible.create_completion("test-model", MESSAGES, base_url=upstream.base_url)
    next(texts)
    texts.close()

    upstream.wait_closed()


def test_errors_come_through(upstream):
    upstream.will_answer([delta("Hi"), cut()])

    with pytest.raises(StreamCutError):
        list(OpenAICompatible.create_completion("test-model", MESSAGES, base_url=upstream.base_url))


async def test_the_asynchronous_call_works_with_and_without_await(upstream):
    awaited = await OpenAICompatible.create_async_generator("test-model", MESSAGES, base_url=upstream.base_url)
    plain = OpenAICompatible.create_async_generator("test-model", MESSAGES, base_url=upstream.base_url)

    assert [text async for text in awaited] == [text async for text in plain]


def test_parameters_are_passed_and_unknown_words_left_out(upstream):
    kwargs = {"temperature": 0.5, "web_search": True}
    list(OpenAICompatible.create_completion("test-model", MESSAGES, base_url=upstream.base_url, **kwargs))

    assert upstream.requests[0].json["temperature"] == 0.5
    assert "web_search" not in upstream.requests[0].json


def test_models_are_listed(upstream):
    assert "test-model" in OpenAICompatible.get_models(base_url=upstream.base_url, api_key=None)


async def test_code_that_awaits_nothing_may_run_where_a_loop_is_running(upstream):
    upstream.will_answer(openai_stream("Hi there!"))

    assert list(OpenAICompatible.create_completion("test-model", MESSAGES, base_url=upstream.base_url)) == [
        "Hi ",
        "there!",
    ]
    assert "test-model" in OpenAICompatible.get_models(base_url=upstream.base_url)


async def test_leaving_early_closes_the_connection_where_a_loop_is_running(upstream):
    upstream.will_answer([delta("Hi"), silence()])

    texts = OpenAICompatible.create_completion("test-model", MESSAGES, base_url=upstream.base_url)
    next(texts)
    texts.close()

    await asyncio.to_thread(upstream.wait_closed)


def test_what_is_none_counts_as_not_given(upstream):
    kwargs = {"temperature": None, "api_key": None, "proxy": None}
    list(OpenAICompatible.create_completion("test-model", MESSAGES, base_url=upstream.base_url, **kwargs))

    assert "temperature" not in upstream.requests[0].json
    assert "authorization" not in upstream.requests[0].headers


def test_images_in_messages_reach_the_service(upstream):
    upstream.will_answer(openai_stream("A pixel."))
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
    ]

    messages = [{"role": "user", "content": parts}]
    list(OpenAICompatible.create_completion("test-model", messages, base_url=upstream.base_url))

    assert upstream.requests[0].json["messages"] == messages


def test_a_reader_that_leaves_without_a_word_leaves_no_connection_open(upstream):
    upstream.will_answer([delta("Hi"), silence()])

    async def leaving():
        async for _ in OpenAICompatible.create_async_generator("test-model", MESSAGES, base_url=upstream.base_url):
            break

    asyncio.run(leaving())

    upstream.wait_closed()
