"""AllenAI asks the playground by its rules, follows its threads up, and moves on when it has moved."""

import asyncio
import json
import socket
from contextlib import aclosing

import pytest

from g4f_lite.config.settings import ProviderSettings
from g4f_lite.errors import (
    ContentRefusedError,
    KeyRejectedError,
    MalformedReplyError,
    ModelNotSupportedError,
    NeedsBrowserError,
    RejectedError,
    UnreachableError,
    UpstreamError,
)
from g4f_lite.http.transport import Http
from g4f_lite.messages import Image, Message, Params, conversation
from g4f_lite.pieces import Content, Finish, UpstreamState
from g4f_lite.providers import allenai
from g4f_lite.providers.allenai import AllenAI
from g4f_lite.routing.model_info import ModelInfo
from tests.support.services.olmo_service import (
    DESCRIBED,
    FORBIDDEN,
    HTML,
    JSON_LINES,
    THREADS,
    Playground,
    chunk,
    fields_of,
    form_of,
    tree,
)
from tests.support.services.upstream import Upstream, silence

QUESTION = conversation("Hello")
TULU, EYES = "tulu3-405b", "mm-olmo-uber-model-v4-synthetic"
FIRST, SECOND = "Answer 1:\n\n\tHello 👋", "Answer 2:\n\n\tAnd now? 👋"
FOLLOW_UP = conversation("Hello", FIRST, "And now?")
PIXEL = Image("data:image/png;base64,iVBORw0KGgo=")
BAD_GATEWAY = b"<html><h1>Bad gateway</h1></html>"

pytestmark = pytest.mark.usefixtures("reads")


@pytest.fixture
def service():
    return Playground()


@pytest.fixture
def upstream(service):
    upstream = Upstream(otherwise=service)
    yield upstream
    upstream.close()


@pytest.fixture
async def http():
    client = Http()
    yield client
    await client.close()


@pytest.fixture
def provider(http, upstream):
    return made(http, upstream.url)


def made(http, base_url, **settings):
    return AllenAI("allenai", ProviderSettings(kind="AllenAI", base_url=base_url, **settings), http)


async def ask(provider, messages=QUESTION, state=None, model=TULU, **params):
    """Return the answer, the state for the next turn, and the reason of the end."""
    pieces = [piece async for piece in provider.stream(model, messages, Params(**params), state)]
    *texts, left, finish = pieces
    assert (type(left), type(finish)) == (UpstreamState, Finish)
    return "".join(piece.text for piece in texts), left.state, finish.reason


def asked(upstream):
    """Return the fields of each question, and the address it went to."""
    return [{"path": one.path, **fields_of(one)} for one in upstream.requests if one.method == "POST"]


def users(upstream):
    return [request.headers["x-anonymous-user-id"] for request in upstream.requests]


# questions


async def test_a_question_is_a_multipart_form_of_what_was_set(provider, upstream):
    assert (await ask(provider))[0] == FIRST

    request = upstream.requests[0]
    assert (request.method, request.path) == ("POST", DESCRIBED)
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert request.headers["accept"] == "*/*"
    assert request.headers["origin"] == "https://playground.allenai.org"
    assert fields_of(request) == {"model": TULU, "host": "inferd", "content": "Hello", "private": "true"}


async def test_parameters_beyond_the_limits_are_brought_within_them(provider, upstream):
    await ask(provider, temperature=1.7, top_p=0.333, max_tokens=100_000, stop=("x", "y\n"))

    sent = asked(upstream)[0]
    assert (float(sent["temperature"]), sent["top_p"], sent["max_tokens"]) == (1, "0.33", "2048")
    assert sent["stop"] == ["x", "y\n"]


async def test_what_a_form_may_hold_arrives_as_it_is(provider, upstream):
    for text in ('"quoted"\r\n--boundary\r\n\r\nfield', "é👋\u2028\x00", "a\\r\\nb", " "):
        upstream.requests.clear()
        await ask(provider, conversation(text))
        assert asked(upstream)[0]["content"] == text


async def test_a_long_dialogue_is_one_long_field(provider, upstream):
    upstream.will_answer([tree(), chunk("a"), tree(final=True)], headers=JSON_LINES, to=DESCRIBED)

    await ask(provider, conversation("x" * 600_000))

    assert len(asked(upstream)[0]["content"]) == 600_000


async def test_half_a_character_stops_no_question(provider, upstream):
    await ask(provider, conversation("a\ud83d"), stop=("\ud83d",))
    with pytest.raises(ModelNotSupportedError):
        await ask(provider, model="a\ud83d")

    assert (asked(upstream)[0]["content"], asked(upstream)[0]["stop"]) == ("a\ufffd", ["\ufffd"])


@pytest.mark.parametrize("model", [*AllenAI.models, *AllenAI.model_aliases, EYES])
async def test_each_model_is_asked_on_its_host(provider, model):
    assert (await ask(provider, model=model))[0] == FIRST


async def test_a_host_may_be_set(http, upstream):
    provider = made(http, upstream.url, options={"host": "modal", "private": False})

    with pytest.raises(ModelNotSupportedError, match="on this host"):
        await ask(provider)
    assert (asked(upstream)[0]["host"], asked(upstream)[0]["private"]) == ("modal", "false")


async def test_other_options_are_refused(http):
    with pytest.raises(ValueError, match="guest"):
        made(http, "", options={"guest": True})


async def test_each_conversation_has_a_user_of_its_own(provider, upstream):
    await ask(provider)
    await ask(provider)

    first, second = users(upstream)
    assert len(first) == len(second) == 36 and first != second


async def test_the_whole_dialogue_is_one_text_in_a_new_thread(provider, upstream):
    await ask(provider, [Message("system", "Be brief."), *FOLLOW_UP])

    assert asked(upstream)[0]["content"] == (
        f"System: Be brief.\nUser: Hello\nAssistant: {FIRST}\nUser: And now?\nAssistant:"
    )


async def test_images_are_files(provider, upstream):
    text, _, _ = await ask(provider, [Message("user", "What is this?", (PIXEL, PIXEL))], model=EYES)

    assert text.endswith("(2 files)")
    files = form_of(upstream.requests[0]).files.getlist("files")
    assert [(file.filename, file.mimetype, file.read()) for file in files] == [
        ("image-0.png", "image/png", b"\x89PNG\r\n\x1a\n"),
        ("image-1.png", "image/png", b"\x89PNG\r\n\x1a\n"),
    ]


async def test_images_are_refused_where_the_model_is_blind(provider, upstream):
    with pytest.raises(ModelNotSupportedError, match="does not accept images"):
        await ask(provider, [Message("user", "What is this?", (PIXEL,))])
    assert upstream.requests == []


async def test_a_message_without_text_is_not_sent(provider, upstream):
    with pytest.raises(RejectedError, match="without text"):
        await ask(provider, conversation(""))
    assert upstream.requests == []


# addresses


async def test_without_a_base_url_the_described_endpoint_is_asked(http, upstream, monkeypatch):
    provider = made(http, "")
    monkeypatch.setattr(AllenAI, "api_endpoint", f"{upstream.url}/v4/message/stream")

    assert (await ask(provider))[0] == FIRST


async def test_a_gone_endpoint_is_followed_to_threads(provider, upstream, service):
    service.described = False

    text, state, _ = await ask(provider, temperature=0.5)
    assert text == FIRST
    assert (await ask(provider, FOLLOW_UP, state))[0] == SECOND

    assert [one["path"] for one in asked(upstream)] == [DESCRIBED, THREADS, THREADS]
    assert asked(upstream)[1] == {
        "path": THREADS,
        "model": TULU,
        "content": "Hello",
        "private": "true",
        "temperature": "0.5",
    }


async def test_a_thread_goes_on_where_the_endpoint_goes_in_between(provider, upstream, service):
    _, state, _ = await ask(provider)
    service.described = False

    assert (await ask(provider, FOLLOW_UP, state))[0] == SECOND
    assert len(set(users(upstream))) == 1


async def test_images_go_to_threads_too(provider, service):
    service.described = False

    assert "(1 files)" in (await ask(provider, [Message("user", "What is this?", (PIXEL,))], model=EYES))[0]


async def test_without_either_endpoint_the_service_has_changed(provider, upstream, service):
    service.described = service.threads = False
    for _ in range(2):
        with pytest.raises(UpstreamError, match="allenai has changed"):
            await ask(provider)
    assert [one["path"] for one in asked(upstream)] == [DESCRIBED, THREADS] * 2

    service.described = True
    assert (await ask(provider))[0] == FIRST


@pytest.mark.parametrize("body", [b"", b'{"error":{"code":404,"message":"Not Found"}}', b"<html>"])
async def test_a_404_means_gone_whatever_comes_with_it(provider, upstream, body):
    upstream.will_answer(body, status=404, headers=HTML, to=DESCRIBED)

    assert (await ask(provider))[0] == FIRST


async def test_a_model_that_is_not_there_does_not_move_the_service(provider, upstream):
    missing = {"error": {"message": "The model does not exist", "code": "model_not_found"}}
    upstream.will_answer_json(missing, status=404, to=DESCRIBED)

    with pytest.raises(ModelNotSupportedError):
        await ask(provider)
    await ask(provider)

    assert {one["path"] for one in asked(upstream)} == {DESCRIBED}


# threads


@pytest.mark.parametrize("typed", [False, True], ids=["plain", "typed"])
@pytest.mark.parametrize("described", [False, True], ids=["threads", "described"])
@pytest.mark.parametrize("system", ["", "You are Tülu."], ids=["no system prompt", "system prompt"])
async def test_a_follow_up_sends_its_question_alone(provider, upstream, service, typed, described, system):
    service.typed, service.described = typed, described
    service.systems = {TULU: system} if system else {}

    text, state, reason = await ask(provider)
    assert (text, reason) == (FIRST, "stop")
    text, state, _ = await ask(provider, FOLLOW_UP, json.loads(json.dumps(state)))
    assert text == SECOND
    assert (await ask(provider, conversation("Hello", FIRST, "And now?", SECOND, "Then?"), state))[0][:8] == "Answer 3"

    assert asked(upstream)[-1]["content"] == "Then?"
    assert len(set(users(upstream))) == 1


async def test_a_branch_follows_the_answer_it_grew_from(provider):
    _, first, _ = await ask(provider)
    await ask(provider, FOLLOW_UP, first)

    assert (await ask(provider, FOLLOW_UP, first))[0] == SECOND


@pytest.mark.parametrize(
    "state", [{}, {"parent": "msg_X"}, {"parent": ["msg_X"], "user": "u"}, {"parent": "msg_X", "user": 5}, "msg_X"]
)
async def test_an_odd_state_is_a_new_thread(provider, upstream, state):
    await ask(provider, FOLLOW_UP, state)

    assert len(upstream.requests) == 1
    assert "parent" not in asked(upstream)[0]
    assert asked(upstream)[0]["content"].startswith("User: Hello")


async def test_a_thread_that_expired_is_sent_again_once(provider, upstream, service):
    _, state, _ = await ask(provider)
    service.messages.clear()

    text, left, _ = await ask(provider, FOLLOW_UP, state)

    assert text.startswith("Answer 1:\n\n\tUser: Hello")
    assert "parent" not in asked(upstream)[-1]
    assert (len(upstream.requests), len(set(users(upstream)))) == (3, 1)
    assert (await ask(provider, FOLLOW_UP, left))[0] == SECOND


async def test_a_thread_with_the_wrong_role_or_visibility_is_sent_again(provider, service):
    _, state, _ = await ask(provider)
    question = next(iter(service.messages))

    assert (await ask(provider, FOLLOW_UP, {**state, "parent": question}))[0].startswith("Answer 1")
    service.messages[question].private = False
    assert (await ask(provider, FOLLOW_UP, state))[0].startswith("Answer 1")


async def test_another_persons_thread_is_sent_again_with_a_new_id(provider, upstream):
    _, state, _ = await ask(provider)

    text, left, _ = await ask(provider, FOLLOW_UP, {**state, "user": "another"})

    assert text.startswith("Answer 1")
    assert len(set(users(upstream))) == 3
    assert left["user"] == users(upstream)[-1]


async def test_an_expired_thread_is_sent_again_at_threads_too(provider, upstream, service):
    service.described = False
    _, state, _ = await ask(provider)
    service.messages.clear()

    assert (await ask(provider, FOLLOW_UP, state))[0].startswith("Answer 1")
    assert asked(upstream)[-1]["path"] == THREADS


async def test_a_thread_is_sent_again_only_once(provider, upstream):
    refusal = {"error": {"code": 400, "message": "Value error, Parent message msg_X not found"}}
    for _ in range(3):
        upstream.will_answer_json(refusal, status=400, to=DESCRIBED)

    with pytest.raises(RejectedError, match="rejected the request"):
        await ask(provider, FOLLOW_UP, {"parent": "msg_X", "user": "somebody"})
    assert len(upstream.requests) == 2


async def test_other_mistakes_are_not_sent_again(provider, upstream):
    upstream.will_answer_json({"error": {"code": 400, "message": "n must be 1"}}, status=400, to=DESCRIBED)

    with pytest.raises(RejectedError):
        await ask(provider, FOLLOW_UP, {"parent": "msg_X", "user": "somebody"})
    assert len(upstream.requests) == 1


async def test_a_reply_that_was_cut_leaves_no_state(provider, upstream):
    upstream.will_answer([tree(), chunk("a")], headers=JSON_LINES, to=DESCRIBED)
    pieces = []

    with pytest.raises(UpstreamError, match=r"before it was complete|was lost"):
        async for piece in provider.stream(TULU, QUESTION, Params()):
            pieces.append(piece)

    assert pieces == [Content("a")]


# refusals


@pytest.mark.parametrize("described", [False, True])
async def test_a_captcha_ends_it(provider, upstream, service, described):
    service.captcha, service.described = True, described

    with pytest.raises(NeedsBrowserError, match="needs a browser"):
        await ask(provider)
    assert len(upstream.requests) == 1 + (not described)


async def test_forbidden_words_are_the_end_of_it(provider, upstream):
    with pytest.raises(ContentRefusedError):
        await ask(provider, conversation(FORBIDDEN))
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("described", [False, True])
async def test_an_unknown_model_is_passed_on_and_not_supported(provider, upstream, service, described):
    service.described = described

    with pytest.raises(ModelNotSupportedError):
        await ask(provider, model="olmo-of-tomorrow")
    assert asked(upstream)[0]["host"] == "modal"


@pytest.mark.parametrize("status", [401, 403])
async def test_a_service_that_wants_an_account_says_so(provider, upstream, status):
    upstream.will_answer_json({"error": {"code": status, "message": "No"}}, status=status, to=DESCRIBED)

    with pytest.raises(KeyRejectedError, match="only answers people with an account"):
        await ask(provider)
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(
    ("status", "code"), [(500, "provider_failed"), (502, "provider_failed"), (504, "provider_timeout")]
)
async def test_pages_of_the_ingress_are_failures(provider, upstream, status, code):
    upstream.will_answer(BAD_GATEWAY, status=status, headers=HTML, to=DESCRIBED)

    with pytest.raises(UpstreamError) as caught:
        await ask(provider)
    assert (caught.value.code, caught.value.detail) == (code, "")


# life of a connection


async def test_text_arrives_while_the_service_is_still_writing_and_closing_closes(provider, upstream):
    upstream.will_answer([tree(), chunk("a"), silence()], headers=JSON_LINES, to=DESCRIBED)

    async with aclosing(provider.stream(TULU, QUESTION, Params())) as pieces:
        assert await anext(pieces) == Content("a")

    await asyncio.to_thread(upstream.wait_request().wait_closed)


async def test_cancelling_a_silent_reply_closes_the_connection(provider, upstream):
    upstream.will_answer([tree(), silence()], headers=JSON_LINES, to=DESCRIBED)
    asking = asyncio.create_task(ask(provider))
    request = await asyncio.to_thread(upstream.wait_request)

    asking.cancel()

    await asyncio.to_thread(request.wait_closed)
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_turns_share_a_connection(provider, upstream):
    for _ in range(3):
        await ask(provider)

    assert upstream.connections_seen == 1


# models


@pytest.mark.parametrize("path", allenai.LISTS)
async def test_models_are_listed_as_the_service_has_them(provider, service, path):
    service.listing[path] = [{"id": "a", "host": "x"}, {"id": "b", "host": "x", "accepted_file_types": ["image/*"]}]

    assert await provider.list_models() == [ModelInfo("a", vision=False), ModelInfo("b", vision=True)]


async def test_listed_models_are_asked_as_listed(provider, service, upstream):
    listed = {"id": "olmoe-0125", "host": "inferd", "accepted_file_types": ["image/png"]}
    service.listing["/v4/models/"] = [listed]
    await provider.list_models()

    with pytest.raises(ModelNotSupportedError, match="on this host"):
        await ask(provider, [Message("user", "What is this?", (PIXEL,))], model="olmoe-0125")
    assert asked(upstream)[0]["host"] == "inferd"


async def test_without_a_list_the_known_models_are_offered_by_a_service_that_is_there(provider, upstream):
    assert await provider.list_models() == [ModelInfo(model, vision=False) for model in AllenAI.models]
    assert [request.path for request in upstream.requests] == list(allenai.LISTS)


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]", b""])
async def test_a_list_that_is_none_is_as_good_as_missing(provider, upstream, body):
    upstream.will_answer(body, to="/v4/models/")

    assert (await provider.list_models())[0] == ModelInfo(TULU, vision=False)


@pytest.mark.parametrize(
    ("status", "code"), [(403, "key_rejected"), (429, "provider_rate_limited"), (502, "provider_failed")]
)
async def test_a_service_that_is_in_trouble_lists_nothing(provider, upstream, status, code):
    upstream.will_answer(b"", status=status, to="/v4/models/")

    with pytest.raises(UpstreamError) as caught:
        await provider.list_models()
    assert caught.value.code == code


async def test_a_service_that_is_not_there_lists_nothing(http):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(UnreachableError):
        await made(http, f"http://127.0.0.1:{port}").list_models()


async def test_a_list_may_not_be_endless(provider, upstream, monkeypatch):
    monkeypatch.setattr(allenai, "MAX_LIST_BYTES", 1000)
    upstream.will_answer((b" " * 100 for _ in iter(int, 1)), to="/v4/models/")

    with pytest.raises(MalformedReplyError):
        await provider.list_models()
