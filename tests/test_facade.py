import pytest

from g4f_lite.errors import StreamCutError, UnreachableError
from g4f_lite.providers import OpenAICompatible
from tests.openai_wire import delta, openai_stream
from tests.upstream import cut, silence

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
    assert "test-model" in OpenAICompatible.get_models(base_url=upstream.base_url)
