"""H2o follows the rules of chat-ui servers, asynchronous or not, and deletes every conversation."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from threading import Event
from urllib.parse import parse_qsl

import pytest

from g4f_lite.config.settings import ProviderSettings, Timeout
from g4f_lite.errors import ModelNotSupportedError, RejectedError, UpstreamError
from g4f_lite.http import sync_transport
from g4f_lite.http.transport import Http
from g4f_lite.messages import Image, Message, Params, conversation
from g4f_lite.pieces import Content, Finish
from g4f_lite.protocols.chat_ui import client as chat_ui_client
from g4f_lite.providers.h2o import H2o
from g4f_lite.routing.model_info import ModelInfo
from tests.support.services.chat_ui_service import ID, UUID, ChatUi, failure, prelude, token
from tests.support.services.upstream import Answer, Gate, Upstream, cut, json_answer, silence, wait_until

QUESTION = [{"role": "user", "content": "Hello"}]
QUESTION_PATH = f"/conversation/{ID}"
FALCON = "h2oai/h2ogpt-gm-oasst1-en-2048-falcon-7b-v3"

pytestmark = pytest.mark.usefixtures("reads", "blocks")


@pytest.fixture
def blocks(reads, request, monkeypatch):
    """Does for blocking reads what `reads` does for the others."""
    if request.node.callspec.params["reads"] != "as they come":
        monkeypatch.setattr(sync_transport, "BLOCK_BYTES", 1)


@pytest.fixture
def service():
    return ChatUi()


@pytest.fixture
def upstream(service):
    upstream = Upstream(otherwise=service)
    yield upstream
    upstream.close()


@dataclass
class Outcome:
    texts: Sequence[str]
    error: UpstreamError | None = None


Ask = Callable[..., Awaitable[Outcome]]


async def awaiting(texts: list[str], model: str, **kwargs):
    async for text in H2o.create_async_generator(model, QUESTION, **kwargs):
        texts.append(text)


async def blocking_(texts: list[str], model: str, **kwargs):
    await asyncio.to_thread(lambda: texts.extend(H2o.create_completion(model, QUESTION, **kwargs)))


@pytest.fixture(params=[awaiting, blocking_], ids=["awaiting", "blocking"])
def ask(request, upstream) -> Ask:
    """Return a function that asks by either transport, and returns the texts and the failure, if any."""

    async def asking(model="falcon-7b", **kwargs):
        texts: list[str] = []
        try:
            await request.param(texts, model, **{"base_url": upstream.url, **kwargs})
        except UpstreamError as error:
            assert error.message.endswith((".", "?"))
            return Outcome(texts, error)
        return Outcome(texts)

    return asking


@pytest.fixture
async def http():
    client = Http()
    yield client
    await client.close()


@pytest.fixture
async def made(upstream, http):
    """Return a function that makes a provider, which is closed behind the test."""
    providers = []

    def making(base_url=upstream.url, **settings):
        providers.append(H2o("h2o", ProviderSettings(kind="H2o", base_url=base_url, **settings), http))
        return providers[-1]

    yield making
    for provider in providers:
        await provider.close()


async def collect(provider, messages=conversation("Hello"), params=Params(), model="falcon-7b"):  # noqa: B008 - frozen
    return [piece async for piece in provider.stream(model, messages, params)]


def calls(upstream, but="GET"):
    """Return the requests as lines, ids left out."""
    lines = [f"{request.method} {request.path}" for request in upstream.requests if request.method != but]
    return [re.sub("[0-9a-f]{24}", "ID", line) for line in lines]


def answered(text: str) -> Answer:
    return Answer([token(text), token("</s>", special=True, whole=text)])


ONE_TURN = ["POST /settings", "POST /conversation", "POST /conversation/ID", "DELETE /conversation/ID"]


# a good turn


async def test_an_honest_server_answers(ask, service):
    outcome = await ask()

    assert outcome.error is None
    assert re.fullmatch("You said: .*Hello.*", "".join(outcome.texts), re.DOTALL)


async def test_a_turn_is_four_calls_in_one_session(ask, upstream, service):
    await ask()

    assert calls(upstream) == ONE_TURN
    assert len(set(service.sessions)) == 1
    assert service.conversations == {}


async def test_only_the_synchronous_calls_ask_for_the_page_first(upstream):
    await blocking_([], "falcon-7b", base_url=upstream.url)
    await awaiting([], "falcon-7b", base_url=upstream.url)

    assert calls(upstream, but="") == ["GET /", *ONE_TURN, *ONE_TURN]


async def test_a_server_without_a_page_is_asked_all_the_same(upstream, service):
    upstream.otherwise = lambda request: Answer([], 404) if request.method == "GET" else service(request)
    texts = []

    await blocking_(texts, "falcon-7b", base_url=upstream.url)

    assert texts


async def test_each_call_comes_from_the_servers_own_page(ask, upstream):
    await ask()

    for request in upstream.requests:
        assert request.headers["referer"] == f"{upstream.url}/"
        assert request.headers["accept"] == "*/*"
        assert request.headers["accept-encoding"] == "identity"
        assert not {name for name in request.headers if name.startswith("sec-")}


async def test_the_form_accepts_the_disclaimer(ask, upstream):
    await ask()

    form = next(request for request in upstream.requests if request.path == "/settings")
    assert form.headers["content-type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(form.body.decode(), keep_blank_values=True)) == {
        "ethicsModalAccepted": "true",
        "shareConversationsWithModelAuthors": "true",
        "ethicsModalAcceptedAt": "",
        "activeModel": FALCON,
        "searchEnabled": "true",
    }


async def test_a_question_is_asked_as_described(ask, upstream):
    await ask()

    asked = upstream.requests[-2].json
    ids = asked["options"].pop("id"), asked["options"].pop("response_id")
    assert UUID.fullmatch(ids[0]) and UUID.fullmatch(ids[1]) and ids[0] != ids[1]
    assert asked.pop("inputs")
    assert asked == {
        "parameters": {
            "temperature": 0.4,
            "truncate": 2048,
            "max_new_tokens": 1024,
            "do_sample": True,
            "repetition_penalty": 1.2,
            "return_full_text": False,
        },
        "stream": True,
        "options": {"is_retry": False, "use_cache": False, "web_search_id": ""},
    }


async def test_turns_at_the_same_time_have_sessions_of_their_own(made, service):
    provider = made()

    await asyncio.gather(*(collect(provider) for _ in range(3)))
    await provider.close()

    assert len(set(service.sessions)) == 3
    assert len(service.deleted) == 3


async def test_cookies_for_https_come_back_from_a_server_on_this_machine(ask, upstream, service):
    upstream.otherwise = ChatUi(cookie="; Path=/; HttpOnly; Secure; SameSite=None")

    assert (await ask()).error is None


async def test_a_server_without_a_disclaimer(ask, upstream):
    upstream.otherwise = ChatUi(has_disclaimer=False)

    assert (await ask()).error is None


async def test_a_server_may_be_below_a_path(ask, upstream, service):
    upstream.otherwise = lambda request: service(replace(request, path=request.path.removeprefix("/chat")))

    assert (await ask(base_url=f"{upstream.url}/chat/")).error is None
    assert calls(upstream)[0] == "POST /chat/settings"


async def test_a_conversation_reaches_the_server_as_one_text(made, upstream):
    await collect(made(), [Message("system", "Be brief."), *conversation("a", "b", "c")])

    assert upstream.requests[2].json["inputs"] == "System: Be brief.\nUser: a\nAssistant: b\nUser: c\nAssistant:"


async def test_a_single_message_reaches_the_server_as_it_is(made, upstream):
    await collect(made(), conversation("Hello\nthere"))

    assert upstream.requests[2].json["inputs"] == "Hello\nthere"


# parameters


async def test_a_requests_parameters_win_over_those_of_the_entry(made, upstream):
    provider = made(options={"temperature": 0.2, "max_new_tokens": 7, "truncate": 100})
    pieces = await collect(provider, params=Params(temperature=0.0, max_tokens=5, top_p=1.0))

    sent = upstream.requests[2].json["parameters"]
    assert (sent["max_new_tokens"], sent["truncate"], sent["do_sample"]) == (5, 100, False)
    assert pieces[-1] == Finish("stop")  # the service found no fault


@pytest.mark.parametrize("options", [{"temperature": "hot"}, {"top_k": 5}, {"id": "x"}])
def test_options_are_checked(http, options):
    with pytest.raises(ValueError):
        H2o("h2o", ProviderSettings(kind="H2o", options=options), http)


async def test_an_unknown_member_does_not_reach_the_server(ask, upstream):
    kwargs = {"web_search": True, "callback": print, "jailbreak": "default", "top_k": 5}

    assert (await ask(**kwargs)).error is None
    assert set(upstream.requests[-2].json["parameters"]) == {
        "temperature", "truncate", "max_new_tokens", "do_sample", "repetition_penalty", "return_full_text",
    }  # fmt: skip


# models


@pytest.mark.parametrize("alias", [*H2o.models, *H2o.models.values(), "", None])
async def test_each_model_is_known_by_its_short_name_and_its_id(ask, upstream, alias):
    assert (await ask(alias)).error is None

    expected = H2o.models.get(alias, alias) or H2o.model
    created = next(request for request in upstream.requests if request.path == "/conversation")
    assert created.json == {"model": expected}


async def test_a_short_name_that_is_unknown_is_refused_at_once(ask, upstream, monkeypatch):
    monkeypatch.setattr(H2o, "url", upstream.url)

    outcome = await ask("falcon-9b", base_url=None)

    assert type(outcome.error) is ModelNotSupportedError
    assert "falcon-9b" in outcome.error.message and "falcon-7b, falcon-40b, llama-13b" in outcome.error.message
    assert upstream.requests == []


@pytest.mark.parametrize("model", ["falcon-9b", "h2oai/unknown"])
async def test_another_server_is_asked_for_any_model(ask, upstream, model):
    outcome = await ask(model)

    assert outcome.error.code == "model_not_supported"
    assert model in outcome.error.message
    assert calls(upstream) == ["POST /settings"]


async def test_a_conversation_that_fails_to_begin_means_an_unknown_model(ask, upstream, service):
    broken = json_answer({"message": "Internal Error"}, 500)
    upstream.otherwise = lambda request: broken if request.path == "/conversation" else service(request)

    assert (await ask()).error.code == "model_not_supported"


async def test_known_models_are_listed_when_the_server_is_there(made, upstream):
    assert await made().list_models() == [ModelInfo(name, False, 2048) for name in H2o.models]
    assert await made(models=("a/b",)).list_models() == [ModelInfo("a/b", False, 2048)]
    assert calls(upstream, but="") == ["GET /", "GET /"]


async def test_a_server_that_is_not_there_has_no_models(made, upstream):
    upstream.otherwise = lambda request: Answer([b"<title>Just a moment...</title>"], 403)

    with pytest.raises(UpstreamError) as caught:
        await made().list_models()
    assert caught.value.code == "provider_needs_browser"


# what is not asked


async def test_images_are_refused(made, upstream):
    with pytest.raises(ModelNotSupportedError, match="images"):
        await collect(made(), [Message("user", "Look", (Image("https://example.com/a.png"),))])
    assert upstream.requests == []


async def test_an_empty_message_is_refused(made, upstream):
    with pytest.raises(RejectedError, match="empty"):
        await collect(made(), conversation(" \n"))
    assert upstream.requests == []


# the session


@pytest.mark.parametrize("forgotten_at", ["/conversation", "/conversation/ID", "DELETE"])
async def test_a_server_that_wants_its_disclaimer_accepted_again_gets_that_once(ask, upstream, service, forgotten_at):
    forgot = Event()

    def forgetting(request):
        line = re.sub("[0-9a-f]{24}", "ID", f"{request.method} {request.path}")
        if not forgot.is_set() and (line == f"POST {forgotten_at}" or line.startswith(forgotten_at)):
            forgot.set()
            service.forget_acceptance()
        return service(request)

    upstream.otherwise = forgetting
    outcome = await ask()

    again = next(line for line in ONE_TURN if line.startswith(forgotten_at) or line == f"POST {forgotten_at}")
    expected = [part for line in ONE_TURN for part in ([line, "POST /settings", line] if line == again else [line])]
    assert outcome.error is None
    assert calls(upstream) == expected
    assert len(service.deleted) == 1


async def test_a_server_that_is_never_content_is_not_asked_for_ever(ask, upstream, service):
    def never(request):
        service.forget_acceptance()
        return service(request)

    upstream.otherwise = never

    error = (await ask()).error
    assert error.status == 405 and "its disclaimer" in error.message
    assert calls(upstream) == ["POST /settings", "POST /conversation"] * 2


async def test_a_lost_conversation_is_begun_again_in_a_new_session(ask, upstream, service):
    lost = Event()

    def losing(request):
        if request.method == "POST" and request.path.startswith("/conversation/") and not lost.is_set():
            lost.set()
            return json_answer({"message": "Conversation not found"}, 404)
        return service(request)

    upstream.otherwise = losing
    outcome = await ask()

    assert outcome.error is None
    assert calls(upstream) == [*ONE_TURN[:3], *ONE_TURN, ONE_TURN[3]]
    assert len(set(service.sessions)) == 2
    assert service.conversations == {} and len(set(service.deleted)) == 2


async def test_a_conversation_that_is_lost_twice_is_given_up(ask, upstream, service):
    lost = json_answer({"message": "Conversation not found"}, 404)
    is_question = re.compile("POST /conversation/.+")
    upstream.otherwise = lambda request: (
        lost if is_question.match(f"{request.method} {request.path}") else service(request)
    )

    error = (await ask()).error
    assert error.status == 404 and "loses each conversation" in error.message
    assert calls(upstream).count("POST /conversation/ID") == 2
    assert service.conversations == {}


async def test_a_client_whose_cookies_are_lost_gets_an_error(ask, upstream):
    upstream.otherwise = ChatUi(cookie="; Path=/elsewhere")

    assert (await ask()).error.status == 405


# refusals


@pytest.mark.parametrize(
    ("status", "said", "code"),
    [
        (200, {"type": "redirect", "status": 303, "location": "/"}, None),
        (200, {"type": "success", "status": 200}, None),
        (200, {"ok": True}, None),
        (200, ["type"], None),
        (303, {}, None),
        (200, {"type": "failure", "status": 400, "data": "-1"}, "provider_failed"),
        (200, {"type": "failure", "status": 429, "message": "Slow down"}, "provider_rate_limited"),
        (200, {"type": "failure"}, "model_not_supported"),
        (200, {"type": "error", "error": {"message": "Internal Error"}}, "model_not_supported"),
        (500, {"type": "error", "error": {"message": "Internal Error"}}, "model_not_supported"),
        (503, {"error": "Busy"}, "provider_overloaded"),
        (401, {"error": "Log in"}, "key_rejected"),
    ],
)
async def test_the_form_is_taken_or_not_whatever_the_status(ask, upstream, status, said, code):
    upstream.otherwise = prelude
    upstream.will_again(answered("Hi"), to=QUESTION_PATH)
    upstream.will_again(json_answer(said, status, {"Location": "/"} if status == 303 else None), to="/settings")

    outcome = await ask()

    assert (outcome.error.code if outcome.error else None) == code
    assert (calls(upstream) == ["POST /settings"]) == bool(code)


async def test_a_refusal_of_the_form_in_words(ask, upstream):
    upstream.otherwise = prelude
    upstream.will_answer(b"Non-JSON form requests need to have a referer", status=403, to="/settings")

    assert (await ask()).error.status == 403


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<html>Welcome</html>", "malformed_reply"),
        (b"<title>Just a moment...</title>", "provider_needs_browser"),
        (b"", "malformed_reply"),
        (b"[]", "malformed_reply"),
        (b"{}", "malformed_reply"),
        (b'{"conversationId": 7}', "malformed_reply"),
        (b'{"conversationId": ""}', "malformed_reply"),
        (b'{"conversationId": "../settings"}', "malformed_reply"),
        (b'{"conversationId": "@example.com/"}', "malformed_reply"),
    ],
)
async def test_what_is_no_conversation_is_not_asked(ask, upstream, body, code):
    upstream.otherwise = prelude
    upstream.will_answer(body, to="/conversation")

    assert (await ask()).error.code == code
    assert calls(upstream) == ["POST /settings", "POST /conversation"]


@pytest.mark.parametrize(
    ("status", "said", "code"),
    [
        (410, {"message": "Model not available anymore"}, "model_not_supported"),
        (410, {"message": "Gone"}, "model_not_supported"),
        (429, {"message": "You are sending too many messages"}, "provider_rate_limited"),
        (500, {"message": "Internal Error"}, "provider_failed"),
        (503, {"error": "Model is currently loading", "estimated_time": 20.0}, "provider_overloaded"),
        (422, {"error": "Input validation error: `inputs` must have less than 1024 tokens", "error_type": "validation"},
         "prompt_too_long"),
        (422, {"error": "Input validation error", "error_type": "validation"}, "provider_failed"),
        (429, {"error": "Model is overloaded", "error_type": "overloaded"}, "provider_rate_limited"),
    ],
)  # fmt: skip
async def test_a_refused_question_is_named_and_asked_no_more(ask, upstream, status, said, code):
    upstream.otherwise = prelude
    upstream.will_again(json_answer(said, status), to=QUESTION_PATH)

    outcome = await ask()

    assert (outcome.error.code, outcome.error.detail) == (code, said.get("message") or said.get("error"))
    assert calls(upstream) == ONE_TURN


async def test_a_redirect_is_not_followed(ask, upstream):
    other = Upstream()
    endless = (b"x" * 65536 for _ in iter(int, 1))
    upstream.otherwise = lambda request: Answer(endless, 307, {"Location": f"{other.url}/settings"})

    outcome = await ask()

    assert (outcome.error.code, other.requests) == ("provider_failed", [])
    other.close()


# deleting the conversation


ENDS = [[cut()], [], [failure("Oops", "generation")], [b"data:nonsense\n\n"]]


@pytest.mark.parametrize("end", ENDS, ids=["cut", "ended", "error", "nonsense"])
async def test_a_reply_that_breaks_keeps_its_text_and_leaves_nothing_open(ask, upstream, end):
    upstream.otherwise = prelude
    upstream.will_again(Answer([token("Hi"), *end]), to=QUESTION_PATH)

    outcome = await ask()

    assert outcome.texts == ["Hi"] and outcome.error
    assert calls(upstream) == ONE_TURN


@pytest.mark.parametrize(
    "answer", [json_answer({"message": "x"}, 404), json_answer({}, 500), Answer([cut()], raw=True)]
)
async def test_a_failure_to_delete_is_only_logged(ask, upstream, caplog, answer):
    def failing(request):
        return answer if request.method == "DELETE" else prelude(request)

    upstream.otherwise = failing
    upstream.will_again(answered("Hi"), to=QUESTION_PATH)
    caplog.set_level(logging.INFO, "g4f_lite")

    outcome = await ask()

    assert (outcome.texts, outcome.error) == (["Hi"], None)
    assert "did not delete a conversation" in caplog.text and ID not in caplog.text


async def test_a_silent_deletion_is_not_waited_for_long(ask, upstream, monkeypatch):
    monkeypatch.setattr("g4f_lite.protocols.chat_ui.client.CLEANUP_S", 0.05)
    monkeypatch.setattr("g4f_lite.protocols.chat_ui.sync_client.CLEANUP_S", 0.05)
    mute = Answer([], before_headers=silence())
    upstream.otherwise = lambda request: mute if request.method == "DELETE" else prelude(request)
    upstream.will_again(answered("Hi"), to=QUESTION_PATH)

    async with asyncio.timeout(chat_ui_client.CLEANUP_S + 4):
        assert (await ask()).texts == ["Hi"]


@pytest.fixture
def mute(upstream):
    """A server that says one word and falls silent; its answer to DELETE waits for the gate that is returned."""
    gate = Gate()
    held = Answer([], headers={"Content-Length": "0"}, before_headers=wait_until(gate))
    upstream.otherwise = lambda request: held if request.method == "DELETE" else prelude(request)
    upstream.will_again(Answer([token("Hi"), silence()]), to=QUESTION_PATH)
    yield gate
    gate.open()


async def deleted(upstream):
    """Wait until the deletion came; there is never more than one."""
    await asyncio.to_thread(upstream.wait_request, 4)
    assert calls(upstream) == ONE_TURN


async def test_a_stop_closes_the_connection_at_once_and_does_not_wait_for_the_deletion(made, upstream, mute):
    provider = made()
    reply = provider.stream("falcon-7b", conversation("Hello"), Params())
    assert await anext(reply) == Content("Hi")

    async with asyncio.timeout(1):
        await reply.aclose()
        await asyncio.to_thread(upstream.wait_request(3).wait_closed)

    await deleted(upstream)
    mute.open()
    await provider.close()


async def test_closing_the_provider_waits_for_the_deletion(made, upstream, mute):
    provider = made()
    async with aclosing(provider.stream("falcon-7b", conversation("Hello"), Params())) as reply:
        await anext(reply)

    closing = asyncio.create_task(provider.close())
    await deleted(upstream)
    assert not closing.done()
    mute.open()
    await closing


async def test_a_cancelled_reply_leaves_nothing_open(made, upstream, mute):
    task = asyncio.create_task(collect(made()))
    request = await asyncio.to_thread(upstream.wait_request_to, QUESTION_PATH)
    task.cancel()

    await asyncio.to_thread(request.wait_closed)
    await deleted(upstream)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_turn_cancelled_before_it_is_answered_leaves_nothing_open(made, upstream, mute):
    upstream.will_again(Answer([], before_headers=silence()), to=QUESTION_PATH)
    task = asyncio.create_task(collect(made()))
    request = await asyncio.to_thread(upstream.wait_request_to, QUESTION_PATH)
    task.cancel()

    await asyncio.to_thread(request.wait_closed)
    await deleted(upstream)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_turn_cancelled_before_its_conversation_is_begun_deletes_nothing(made, upstream):
    upstream.otherwise = prelude
    upstream.will_again(Answer([], before_headers=silence()), to="/conversation")
    provider = made()
    task = asyncio.create_task(collect(provider))
    request = await asyncio.to_thread(upstream.wait_request_to, "/conversation")
    task.cancel()

    await asyncio.to_thread(request.wait_closed)
    with pytest.raises(asyncio.CancelledError):
        await task
    await provider.close()
    assert calls(upstream) == ["POST /settings", "POST /conversation"]


async def test_leaving_a_direct_call_early_leaves_nothing_open(upstream, mute):
    mute.open()
    reply = H2o.create_async_generator("falcon-7b", QUESTION, base_url=upstream.url)
    async for text in reply:
        assert text == "Hi"
        break
    await reply.aclose()

    assert calls(upstream) == ONE_TURN
    await asyncio.to_thread(upstream.wait_closed)


async def test_leaving_a_synchronous_call_early_leaves_nothing_open(upstream, mute):
    mute.open()

    def leave():
        texts = H2o.create_completion("falcon-7b", QUESTION, base_url=upstream.url)
        assert next(texts) == "Hi"
        texts.close()

    await asyncio.to_thread(leave)

    assert calls(upstream) == ONE_TURN
    await asyncio.to_thread(upstream.wait_closed)


async def test_limits_of_time_hold_for_either_transport(ask, upstream, mute):
    mute.open()

    outcome = await ask(timeout=Timeout(idle=0.05))

    assert (outcome.texts, outcome.error.code) == (["Hi"], "provider_timeout")
    assert "0.05 seconds" in outcome.error.message
    assert calls(upstream) == ONE_TURN
