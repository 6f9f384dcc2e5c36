"""OpenAICompatible asks as the protocol says, asks again more plainly, and lists models."""

import asyncio
from contextlib import aclosing

import pytest

from g4f_lite.config.settings import ProviderSettings
from g4f_lite.errors import MalformedReplyError, UpstreamError
from g4f_lite.http import reply_stream
from g4f_lite.http.transport import Http
from g4f_lite.messages import Image, Message, Params, conversation
from g4f_lite.pieces import Content, Finish, Notice, Usage, Via
from g4f_lite.providers.openai_compatible import OpenAICompatible
from g4f_lite.routing.model_info import ModelInfo
from tests.support.services.openai_wire import chunk, delta, openai_error, openai_stream, record
from tests.support.services.upstream import EVENT_STREAM, Answer, Gate, cut, reset, silence, wait_until

QUESTION = conversation("Hello")
MODELS = "/models"


@pytest.fixture
async def http():
    client = Http()
    yield client
    await client.close()


@pytest.fixture
def provider(upstream, http):
    return made(http, upstream.base_url)


def made(http, base_url, api_key="tiger-secret", **settings):
    entry = ProviderSettings(kind="OpenAICompatible", base_url=base_url, api_key=api_key, **settings)
    return OpenAICompatible("groq", entry, http)


async def ask(provider, messages=QUESTION, params=Params()):  # noqa: B008 - it is frozen
    return [piece async for piece in provider.stream("test-model", messages, params)]


async def test_an_honest_service_is_understood(provider):
    *content, usage, finish = await ask(provider)

    assert "".join(piece.text for piece in content) == "You said: Hello"
    assert (usage, finish) == (Usage(1, 3), Finish("stop"))


async def test_a_request_holds_what_was_set_and_nothing_else(provider, upstream):
    messages = [Message("system", "Be brief."), *conversation("a", "b", "c")]

    await ask(provider, messages)

    request = upstream.wait_request()
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.headers["authorization"] == "Bearer tiger-secret"
    assert request.headers["accept"] == "text/event-stream"
    assert request.headers["content-type"] == "application/json"
    assert request.json == {
        "model": "test-model",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": "b"},
            {"role": "user", "content": "c"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_parameters_are_passed_on(provider, upstream):
    await ask(provider, params=Params(temperature=0.0, top_p=0.5, max_tokens=9, stop=("x",)))

    asked = upstream.wait_request().json
    assert (asked["temperature"], asked["top_p"], asked["max_tokens"], asked["stop"]) == (0.0, 0.5, 9, ["x"])


async def test_without_a_key_none_is_sent(upstream, http):
    await ask(made(http, upstream.base_url, api_key=""))

    assert "authorization" not in upstream.wait_request().headers


async def test_a_slash_at_the_end_of_the_address_does_no_harm(upstream, http):
    await ask(made(http, upstream.base_url + "/"))

    assert upstream.wait_request().path == "/v1/chat/completions"


CALL = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
PICTURE = Image("data:image/png;base64,iVBORw0KGgo=")


def calling(**extra):
    return Message("assistant", "", extra={"tool_calls": [CALL], "content": None, **extra})


def result(content, *images, id_="call_1"):
    return Message("user", content, images, {"role": "tool", "tool_call_id": id_})


def shown(*texts):
    """Return the content of a message with the picture of a tool, behind the texts."""
    image = {"type": "image_url", "image_url": {"url": PICTURE.url}}
    return [*({"type": "text", "text": text} for text in texts), image]


@pytest.mark.parametrize(
    ("behind", "last"),
    [
        ([], {"role": "user", "content": shown()}),
        (conversation("So?"), {"role": "user", "content": shown("So?")}),
        ([Message("assistant", "Ah.")], {"role": "assistant", "content": "Ah."}),
    ],
    ids=str,
)
async def test_what_a_tool_has_shown_is_the_user_s_after_all_results(provider, upstream, behind, last):
    await ask(provider, [*QUESTION, calling(), result("", PICTURE), result("Two", id_="call_2"), *behind])

    _, _, first, second, *others = upstream.wait_request().json["messages"]
    assert first == {"role": "tool", "tool_call_id": "call_1", "content": "(The image follows.)"}
    assert second == {"role": "tool", "tool_call_id": "call_2", "content": "Two"}
    assert (others[-1], len(others)) == (last, 2 if last["role"] == "assistant" else 1)
    assert others[0]["content"][-1] == shown()[0]


@pytest.mark.parametrize(("complaint", "is_heard"), [("'reasoning_content' is unsupported", True), ("x", False)])
async def test_a_service_that_takes_no_thoughts_is_asked_without(provider, upstream, complaint, is_heard):
    messages = [*QUESTION, calling(reasoning_content="Let me look."), result("Noon.")]
    upstream.will_answer_json(openai_error(complaint), status=400)

    try:
        await ask(provider, messages)
        await ask(provider, messages)
    except UpstreamError as error:
        assert (error.detail, is_heard) == (complaint, False)

    thoughts = [request.json["messages"][1].get("reasoning_content") for request in upstream.requests]
    assert thoughts == ["Let me look."] + [None] * 2 * is_heard


@pytest.mark.parametrize(
    ("status", "complaint"),
    [
        (400, openai_error("Unrecognized request argument supplied: stream_options")),
        (422, {"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]}),
        (422, {"error": "unknown field `include_usage`", "error_type": "validation"}),
        (422, None),
    ],
    ids=["OpenAI", "FastAPI", "TGI", "no words"],
)
async def test_a_service_that_does_not_know_stream_options_is_asked_without(provider, upstream, status, complaint):
    upstream.will_answer_json(complaint, status=status)

    assert (await ask(provider))[-1] == Finish("stop")
    first, second = (upstream.wait_request(number).json for number in (1, 2))
    assert second == {name: value for name, value in first.items() if name != "stream_options"}


async def test_a_model_that_wants_the_newer_name_gets_it(provider, upstream):
    said = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    upstream.will_answer_json(openai_error(said, code="unsupported_parameter"), status=400)

    await ask(provider, params=Params(max_tokens=9))

    asked = upstream.wait_request(2).json
    assert asked["max_completion_tokens"] == 9
    assert "max_tokens" not in asked


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ("Unsupported value: 'temperature' does not support 0.2 with this model. Only the default is.", "temperature"),
        ("Unsupported parameter: 'top_p' is not supported with this model.", "top_p"),
    ],
)
async def test_a_model_with_a_fixed_parameter_is_asked_without_it(provider, upstream, said, field):
    upstream.will_answer_json(openai_error(said, code="unsupported_value"), status=400)

    assert (await ask(provider, params=Params(temperature=0.2, top_p=0.5)))[-1] == Finish("stop")

    first, second = (upstream.wait_request(number).json for number in (1, 2))
    assert second == {name: value for name, value in first.items() if name != field}


async def test_a_model_that_may_not_be_streamed_is_asked_for_its_answer_as_a_whole(provider, upstream):
    said = "Your organization must be verified. Unsupported value: 'stream' does not support true with this model."
    upstream.will_answer_json(openai_error(said, code="unsupported_value"), status=400)
    only_with = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
    upstream.will_answer_json(openai_error(only_with), status=400)

    assert (await ask(provider))[1:] == [Content("You said: Hello"), Usage(1, 3), Finish("stop")]
    assert set(upstream.wait_request(3).json) == {"model", "messages"}


async def test_a_model_without_a_system_role_gets_the_prompt_before_the_first_question(provider, upstream):
    said = "Unsupported value: 'messages[0].role' does not support 'system' with this model."
    upstream.will_answer_json(openai_error(said), status=400)
    messages = [Message("system", "Be brief."), *QUESTION]

    first = await ask(provider, messages)
    again = await ask(provider, messages)

    assert upstream.wait_request(2).json["messages"] == [{"role": "user", "content": "Be brief.\n\nHello"}]
    assert upstream.wait_request(3).json["messages"] == upstream.wait_request(2).json["messages"]
    assert [type(pieces[0]) for pieces in (first, again)] == [Notice, Notice]
    assert "system prompt" in first[0].text


async def test_a_spare_field_that_any_refusal_names_is_left_out_with_a_notice(provider, upstream):
    upstream.will_answer_json({"detail": [{"loc": ["body", "stop"], "msg": "not this one"}]}, status=422)
    params = Params(stop=("x",), extra={"top_k": 5})

    notice, *_ = await ask(provider, params=params)
    upstream.will_answer_json(openai_error("top_k: unknown"), status=400)
    pieces = await ask(provider, params=params)

    assert notice == Notice("groq does not accept stop as sent for this model, so it was left out.")
    assert [piece.text.split()[4] for piece in pieces[:2]] == ["stop", "top_k"]
    assert {"stop", "top_k"}.isdisjoint(upstream.wait_request(4).json)
    assert not any(isinstance(piece, Notice) for piece in await ask(provider))


async def test_what_a_model_does_not_take_is_refused_once(provider, upstream):
    upstream.will_answer_json(openai_error("Unknown field: stream_options"), status=400)
    upstream.will_answer_json(openai_error("Use 'max_completion_tokens' instead."), status=400)
    await ask(provider, params=Params(max_tokens=9))

    await ask(provider, params=Params(max_tokens=8))
    await ask(provider)
    [_ async for _ in provider.stream("other-model", QUESTION, Params(max_tokens=7))]

    fields = [set(request.json) - {"model", "messages", "stream"} for request in upstream.requests]
    assert fields[2:] == [{"max_completion_tokens"}, {"max_completion_tokens"}, set(), {"stream_options", "max_tokens"}]


async def test_another_provider_of_the_same_kind_learns_nothing(provider, upstream, http):
    upstream.will_answer_json(openai_error("Unknown field: stream_options"), status=400)
    await ask(provider)

    await ask(made(http, upstream.base_url))

    assert "stream_options" in upstream.wait_request(3).json


async def test_what_did_not_help_is_not_remembered(provider, upstream):
    for _ in range(2):
        upstream.will_answer_json(openai_error("Unexpected role"), status=400)
    with pytest.raises(UpstreamError):
        await ask(provider)

    await ask(provider)

    assert "stream_options" in upstream.wait_request(3).json


@pytest.mark.parametrize("address", ["https://example.org/cat.png", "data:image/png;base64,aGk="])
async def test_images_are_parts_after_the_text(provider, upstream, address):
    image = Image(address)
    upstream.will_again(Answer(openai_stream("A cat.")), to="/chat/completions")

    await ask(provider, [Message("user", "What is it?", (image,)), Message("assistant", "A cat."), *QUESTION])

    part = {"type": "image_url", "image_url": {"url": address}}
    assert upstream.wait_request().json["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "What is it?"}, part]},
        {"role": "assistant", "content": "A cat."},
        {"role": "user", "content": "Hello"},
    ]


async def test_images_may_come_without_a_text(provider, upstream):
    image = Image("data:image/png;base64,aGk=")
    upstream.will_again(Answer(openai_stream("Two cats.")), to="/chat/completions")

    await ask(provider, [Message("user", "", (image, image))])

    part = {"type": "image_url", "image_url": {"url": image.url}}
    assert upstream.wait_request().json["messages"][0]["content"] == [part, part]


async def test_a_service_may_complain_about_both(provider, upstream):
    upstream.will_answer_json(openai_error("Use 'max_completion_tokens' instead."), status=400)
    upstream.will_answer_json(openai_error("Unknown field: stream_options"), status=400)

    await ask(provider, params=Params(max_tokens=9))

    assert set(upstream.wait_request(3).json) == {"model", "messages", "stream", "max_completion_tokens"}


async def test_a_service_that_goes_on_complaining_is_not_asked_for_ever(provider, upstream):
    for _ in range(5):
        upstream.will_answer_json(openai_error("Unknown field: stream_options, use max_completion_tokens"), status=400)

    with pytest.raises(UpstreamError, match="rejected the request"):
        await ask(provider, params=Params(max_tokens=9))
    assert len(upstream.requests) == 4


@pytest.mark.parametrize(
    ("status", "said"),
    [(400, "Temperature is too high"), (400, "maximum context length"), (401, "unknown key"), (500, "unknown")],
)
async def test_other_complaints_are_final(provider, upstream, status, said):
    upstream.will_answer_json(openai_error(said), status=status)

    with pytest.raises(UpstreamError):
        await ask(provider)
    assert len(upstream.requests) == 1


async def test_pieces_arrive_while_the_service_is_still_writing(provider, upstream):
    gate = Gate()
    upstream.will_answer([delta("a"), wait_until(gate), *openai_stream("b")])

    async with aclosing(provider.stream("m", QUESTION, Params())) as pieces:
        assert await anext(pieces) == Content("a")
        gate.open()
        assert await anext(pieces) == Content("b")


async def test_closing_the_reply_closes_the_connection(provider, upstream):
    upstream.will_answer([delta("a"), silence()])
    pieces = provider.stream("m", QUESTION, Params())
    assert await anext(pieces) == Content("a")

    await pieces.aclose()

    await asyncio.to_thread(upstream.wait_request().wait_closed)


async def test_cancelling_a_silent_reply_closes_the_connection(provider, upstream):
    upstream.will_answer([silence()])
    asking = asyncio.create_task(ask(provider))
    request = await asyncio.to_thread(upstream.wait_request)

    asking.cancel()

    await asyncio.to_thread(request.wait_closed)
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_body_that_ends_after_the_end_marker_leaves_its_connection_to_the_next_turn(provider, upstream):
    for _ in range(3):
        gate = Gate()
        upstream.will_answer([*openai_stream("a"), wait_until(gate)])
        async for piece in provider.stream("test-model", QUESTION, Params()):
            if isinstance(piece, Finish):  # it comes before the end of the body
                gate.open()

    assert upstream.connections_seen == 1


@pytest.mark.parametrize("behind", [[silence()], [delta("late"), cut()], [delta("late"), reset()]])
async def test_the_connection_is_closed_when_the_body_goes_on_after_the_end_marker(provider, upstream, behind):
    upstream.will_answer([*openai_stream("a"), *behind])

    assert (await ask(provider))[-1] == Finish("stop")
    await asyncio.to_thread(upstream.wait_request().wait_closed)


async def test_a_stop_after_the_end_marker_closes_the_connection_at_once(provider, upstream, monkeypatch):
    monkeypatch.setattr(reply_stream, "DRAIN_S", 60)
    upstream.will_answer([*openai_stream("a"), silence()])
    ended = asyncio.Event()

    async def hearing():
        async for piece in provider.stream("m", QUESTION, Params()):
            if isinstance(piece, Finish):
                ended.set()

    task = asyncio.create_task(hearing())
    await ended.wait()
    await asyncio.sleep(0)
    task.cancel()

    await asyncio.to_thread(upstream.wait_request().wait_closed)
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("step", [cut(), reset()], ids=["cut", "reset"])
async def test_a_break_after_the_finish_reason_costs_nothing(provider, upstream, step):
    gate = Gate()
    upstream.will_answer([chunk({"content": "a"}, "stop"), wait_until(gate), step])

    pieces = []
    async for piece in provider.stream("m", QUESTION, Params()):
        pieces.append(piece)
        gate.open()

    assert pieces == [Content("a"), Finish("stop")]


def test_without_an_address_there_is_an_obstacle(upstream):
    assert "base_url" in made(Http(), "").obstacle().message
    assert made(Http(), upstream.base_url, api_key="").obstacle() is None


def test_a_missing_variable_is_an_obstacle():
    assert "GROQ_KEY" in made(Http(), "", missing_variables=("GROQ_KEY",)).obstacle().message


async def test_a_router_s_header_names_the_provider(provider, upstream):
    upstream.will_answer(openai_stream("Hi"), headers={**EVENT_STREAM, "x-inference-provider": "groq"})

    assert (await ask(provider))[:2] == [Via("groq", "test-model"), Content("Hi")]


@pytest.mark.parametrize("name", ["", "gr\xf6q", "x" * 65])
async def test_a_name_that_is_none_is_not_told(provider, upstream, name):
    upstream.will_answer(openai_stream("Hi"), headers={**EVENT_STREAM, "x-inference-provider": name})

    assert (await ask(provider))[0] == Content("Hi")


async def test_no_provider_is_named_before_the_first_text(provider, upstream):
    upstream.will_answer([record(openai_error("Oops"))], headers={**EVENT_STREAM, "x-inference-provider": "groq"})

    with pytest.raises(UpstreamError):
        await anext(provider.stream("test-model", QUESTION, Params()))


async def test_models_are_listed_with_their_details(provider, upstream):
    entry = {"id": "a", "context_length": 8192, "architecture": {"input_modalities": ["text", "image"]}}
    upstream.will_answer_json({"data": [entry, {"id": "b/c"}]}, to=MODELS)

    assert await provider.list_models() == [ModelInfo("a", vision=True, context=8192), ModelInfo("b/c")]
    request = upstream.wait_request()
    assert (request.method, request.path) == ("GET", "/v1/models")
    assert request.headers["authorization"] == "Bearer tiger-secret"


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"{}", b'{"data": null}', b"<html>", b'{"error": "Unexpected"}'])
async def test_a_listing_that_is_none_is_malformed(provider, upstream, body):
    upstream.will_answer(body, to=MODELS)

    with pytest.raises(MalformedReplyError, match="Check its base_url"):
        await provider.list_models()


async def test_a_refused_listing_is_an_error(provider, upstream):
    upstream.will_answer_json(openai_error("no"), status=401, to=MODELS)

    with pytest.raises(UpstreamError, match="rejected the API key"):
        await provider.list_models()


async def test_the_members_of_the_entry_and_of_the_model_are_merged_into_the_request(upstream, http):
    provider = made(http, upstream.base_url, extra_body={"provider": {"sort": "price"}, "top_k": 5, "seed": 1})
    params = Params(
        extra={"seed": 3}, extra_body={"provider": {"order": ["a"]}, "seed": 2, "stream_options": {"x": True}}
    )

    await ask(provider, params=params)

    asked = upstream.wait_request().json
    assert asked["provider"] == {"sort": "price", "order": ["a"]}
    assert (asked["top_k"], asked["seed"]) == (5, 3)
    assert asked["stream_options"] == {"include_usage": True, "x": True}


@pytest.mark.parametrize("status", [404, 405])
async def test_a_service_without_a_list_of_models_says_what_to_do(provider, upstream, status):
    upstream.will_answer_json({"detail": "Not Found"}, status=status, to="/models")

    with pytest.raises(UpstreamError, match="name its models under `models`"):
        await provider.list_models()
