"""The calls that AllenAI's description prints work as printed."""

from contextlib import aclosing
from uuid import UUID

import pytest

from g4f_lite.errors import StreamCutError
from g4f_lite.providers import AllenAI
from g4f_lite.providers.allenai import Conversation, FinishReason
from tests.support.loops import on, running_loop
from tests.support.services.olmo_service import (
    DESCRIBED,
    JSON_LINES,
    THREADS,
    Playground,
    chunk,
    failure,
    fields_of,
    tree,
)
from tests.support.services.upstream import Upstream, cut, silence

MESSAGES = [{"role": "user", "content": "Hello"}]
MORE = [{"role": "user", "content": "And now?"}]
FIRST, SECOND = "Answer 1:\n\n\tHello 👋", "Answer 2:\n\n\tAnd now? 👋"

pytestmark = pytest.mark.usefixtures("reads")


@pytest.fixture
def service():
    return Playground()


@pytest.fixture
def upstream(service, monkeypatch):
    upstream = Upstream(otherwise=service)
    monkeypatch.setattr(AllenAI, "api_endpoint", upstream.url + DESCRIBED)
    yield upstream
    upstream.close()


async def answered(**kwargs):
    """Return the text of a call, and what else it yielded."""
    everything = [one async for one in AllenAI.create_async_generator(**kwargs)]
    texts = [one for one in everything if isinstance(one, str)]
    assert everything[: len(texts)] == texts
    return "".join(texts), everything[len(texts) :]


def sent(upstream):
    return [fields_of(request) for request in upstream.requests]


def test_the_class_is_as_described():
    assert (AllenAI.label, AllenAI.url) == ("Ai2 Playground", "https://playground.allenai.org")
    assert AllenAI.login_url is None
    assert AllenAI.api_endpoint == "https://olmo-api.allen.ai/v4/message/stream"
    assert (AllenAI.working, AllenAI.needs_auth, AllenAI.use_nodriver) == (True, False, False)
    assert (AllenAI.supports_stream, AllenAI.supports_system_message) == (True, False)
    assert AllenAI.supports_message_history
    assert AllenAI.models[0] == AllenAI.default_model == "tulu3-405b"


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("tulu-3-405b", "tulu3-405b"),
        ("olmo-2-13b", "OLMo-2-1124-13B-Instruct"),
        ("tulu-3-1-8b", "tulu-3-1-8b"),
        ("llama-3.1-70b", "Llama-3-1-Tulu-3-70B"),
        ("olmoe-0125", "olmoe-0125"),
        ("one-of-tomorrow", "one-of-tomorrow"),
        ("", "tulu3-405b"),
    ],
)
def test_aliases_are_resolved_and_other_names_passed_on(name, model):
    assert AllenAI.get_model(name) == model


def test_each_conversation_begins_empty_with_an_id_of_its_own():
    one, other = Conversation("tulu3-405b"), Conversation("tulu3-405b")
    one.messages.append({})

    assert (other.model, other.parent, other.messages) == ("tulu3-405b", None, [])
    assert UUID(one.x_anonymous_user_id) != UUID(other.x_anonymous_user_id)
    assert Conversation("m", x_anonymous_user_id="given").x_anonymous_user_id == "given"


def test_what_is_no_text_prints_as_nothing():
    assert f"{Conversation('m')}{FinishReason('stop')}" == ""


async def test_a_call_yields_texts_and_why_they_ended(upstream):
    text, rest = await answered(model="tulu-3-405b", messages=MESSAGES)

    assert (text, rest) == (FIRST, [FinishReason("stop")])
    assert sent(upstream) == [{"model": "tulu3-405b", "host": "inferd", "content": "Hello", "private": "true"}]


async def test_a_conversation_is_followed_up(upstream):
    _, (conversation, finish) = await answered(model="tulu3-405b", messages=MESSAGES, return_conversation=True)

    assert (type(conversation), finish.reason) == (Conversation, "stop")
    assert conversation.messages == [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": FIRST},
    ]
    parent = conversation.parent

    text, (same, _) = await answered(
        model="tulu3-405b", messages=MORE, conversation=conversation, return_conversation=True
    )
    assert (text, same) == (SECOND, conversation)
    assert conversation.parent != parent
    assert [one["content"] for one in conversation.messages] == ["Hello", FIRST, "And now?", SECOND]

    first, second = upstream.requests
    assert (fields_of(second)["content"], fields_of(second)["parent"]) == ("And now?", parent)
    for request in (first, second):
        assert request.headers["x-anonymous-user-id"] == conversation.x_anonymous_user_id


async def test_a_conversation_of_ones_own_is_kept_up_to_date(upstream):
    conversation = Conversation("olmoe-0125")

    _, rest = await answered(model="olmoe-0125", messages=MESSAGES, conversation=conversation)

    assert rest == [FinishReason("stop")]
    assert conversation.messages[1] == {"role": "assistant", "content": FIRST}
    assert upstream.requests[0].headers["x-anonymous-user-id"] == conversation.x_anonymous_user_id

    whole = [*MESSAGES, {"role": "assistant", "content": FIRST}, *MORE]
    assert (await answered(model="olmoe-0125", messages=whole, conversation=conversation))[0] == SECOND


async def test_a_conversation_may_begin_with_a_dialogue(upstream):
    conversation = Conversation("tulu3-405b")
    dialogue = [*MESSAGES, {"role": "assistant", "content": "Hi"}, *MORE]

    await answered(model="tulu3-405b", messages=dialogue, conversation=conversation)

    assert conversation.messages[0]["content"] == sent(upstream)[0]["content"]
    assert sent(upstream)[0]["content"] == "User: Hello\nAssistant: Hi\nUser: And now?\nAssistant:"


async def test_a_conversation_that_expired_is_sent_again(upstream, service):
    conversation = Conversation("tulu3-405b")
    await answered(model="tulu3-405b", messages=MESSAGES, conversation=conversation)
    service.messages.clear()

    text, _ = await answered(model="tulu3-405b", messages=MORE, conversation=conversation)

    assert text.startswith(f"Answer 1:\n\n\tUser: Hello\nAssistant: {FIRST}\nUser: And now?")
    assert [one["role"] for one in conversation.messages] == ["user", "assistant"] * 2
    assert (await answered(model="tulu3-405b", messages=MORE, conversation=conversation))[0] == SECOND


async def test_a_conversation_that_is_another_persons_gets_another_id(upstream):
    conversation = Conversation("tulu3-405b")
    await answered(model="tulu3-405b", messages=MESSAGES, conversation=conversation)
    conversation.x_anonymous_user_id = "another"

    await answered(model="tulu3-405b", messages=MORE, conversation=conversation)

    assert conversation.x_anonymous_user_id == upstream.requests[-1].headers["x-anonymous-user-id"] != "another"


async def test_every_argument_of_the_description_is_taken(upstream):
    await answered(
        model="tulu-3-1-8b",
        messages=[{"role": "system", "content": "Be brief."}, *MESSAGES],
        proxy=None,
        host="modal",
        private=False,
        top_p=0.5,
        temperature=1.5,
        web_search=True,
    )

    fields = sent(upstream)[0]
    assert fields["content"] == "System: Be brief.\nUser: Hello\nAssistant:"
    assert {**fields, "temperature": float(fields["temperature"])} == {
        "model": "tulu-3-1-8b",
        "host": "modal",
        "content": fields["content"],
        "private": "false",
        "top_p": "0.5",
        "temperature": 1,
    }


async def test_a_proxy_is_asked(upstream, monkeypatch):
    monkeypatch.setattr(AllenAI, "api_endpoint", f"http://olmo-api.example{DESCRIBED}")

    upstream.will_answer([tree(), chunk("Hi"), tree(final=True)], headers=JSON_LINES, to=DESCRIBED)

    assert (await answered(model="", messages=MESSAGES, proxy=upstream.url))[0] == "Hi"
    assert upstream.requests[0].path == f"http://olmo-api.example{DESCRIBED}"


async def test_an_answer_that_reached_its_limit_says_so(upstream):
    upstream.will_answer([tree(), chunk("Hi"), failure("length"), tree(final=True)], headers=JSON_LINES, to=DESCRIBED)

    assert await answered(model="", messages=MESSAGES) == ("Hi", [FinishReason("length")])


async def test_a_cut_leaves_the_conversation_as_it_was(upstream):
    conversation = Conversation("tulu3-405b")
    upstream.will_answer([tree(), chunk("Hi"), cut()], headers=JSON_LINES, to=DESCRIBED)

    with pytest.raises(StreamCutError):
        await answered(model="tulu3-405b", messages=MESSAGES, conversation=conversation)
    assert (conversation.parent, conversation.messages) == (None, [])


async def test_the_call_may_be_awaited_and_goes_to_threads_by_itself(upstream, service):
    service.described, service.typed = False, True

    reply = await AllenAI.create_async_generator("tulu3-405b", MESSAGES)

    assert "".join([str(one) async for one in reply]) == FIRST
    assert upstream.requests[-1].path == THREADS


def test_a_running_loop_does_not_mind(upstream):
    with running_loop() as loop:
        assert on(loop, answered(model="tulu3-405b", messages=MESSAGES))[0] == FIRST


async def test_closing_the_generator_closes_the_connection(upstream):
    upstream.will_answer([tree(), chunk("Hi"), silence()], headers=JSON_LINES, to=DESCRIBED)

    async with aclosing(aiter(AllenAI.create_async_generator("", MESSAGES))) as reply:
        assert await anext(reply) == "Hi"

    upstream.requests[0].wait_closed()


# from code that awaits nothing


@pytest.mark.parametrize("call", [AllenAI.create_completion, AllenAI._create_completion])
def test_code_that_awaits_nothing_gets_the_texts_alone(upstream, call):
    assert "".join(call("tulu3-405b", MESSAGES)) == FIRST
    assert list(call("tulu3-405b", MESSAGES, stream=False)) == [FIRST]


async def test_so_does_code_within_a_loop(upstream):
    assert "".join(AllenAI.create_completion("tulu3-405b", MESSAGES)) == FIRST


def test_a_conversation_is_followed_up_there_too(upstream):
    conversation = Conversation("tulu3-405b")

    for messages, text in ((MESSAGES, FIRST), (MORE, SECOND)):
        assert "".join(AllenAI.create_completion("tulu3-405b", messages, conversation=conversation)) == text


def test_leaving_early_closes_the_connection(upstream):
    upstream.will_answer([tree(), chunk("Hi"), silence()], headers=JSON_LINES, to=DESCRIBED)

    texts = AllenAI.create_completion("tulu3-405b", MESSAGES)
    next(texts)
    texts.close()

    upstream.wait_closed()


def test_models_are_listed(upstream):
    assert AllenAI.get_models() == AllenAI.models
