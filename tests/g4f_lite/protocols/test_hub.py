"""The Hub's client finds models and their providers; wrong answers and other origins do no harm."""

import asyncio
import socket

import pytest

from g4f_lite.config.settings import ProviderSettings
from g4f_lite.errors import (
    KeyRejectedError,
    MalformedReplyError,
    ModelNotSupportedError,
    UnreachableError,
    UpstreamError,
    UpstreamTimeoutError,
)
from g4f_lite.http.transport import Http
from g4f_lite.protocols.hugging_face import hub as hubs
from g4f_lite.protocols.hugging_face import hub_cache as directories
from g4f_lite.protocols.hugging_face.hub import HubClient, NoAccessError, is_hugging_face
from g4f_lite.protocols.hugging_face.hub_cache import HubCache, hub_cache
from tests.support.services.hub_service import MODEL, TOKEN, HubService, as_list, by_provider, serving
from tests.support.services.upstream import Upstream, cut, silence

JSON = {"Content-Type": "application/json"}

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
def hub(service, upstream, http):
    return made(http, upstream.url)


def made(http, url, api_key=TOKEN, **settings):
    return HubClient("hf", url, ProviderSettings(kind="HuggingFaceAPI", api_key=api_key, **settings), http)


# who serves a model


async def test_the_mapping_of_a_model_is_asked_with_the_token(hub, upstream):
    assert await hub.mapping(MODEL) == by_provider("novita")

    request = upstream.wait_request()
    assert request.path.startswith("/api/models/org/name?expand")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


async def test_without_a_token_none_is_sent(service, upstream, http):
    assert await made(http, upstream.url, api_key="").mapping(MODEL) == by_provider("novita")
    assert "authorization" not in upstream.wait_request().headers


async def test_the_entry_s_headers_are_for_the_router_alone(service, upstream, http):
    await made(http, upstream.url, headers={"X-HF-Bill-To": "org", "X-Gateway-Key": "secret"}).mapping(MODEL)

    assert not {"x-hf-bill-to", "x-gateway-key"} & set(upstream.wait_request().headers)


async def test_a_mapping_may_be_a_list(hub, service):
    service.models[MODEL] = as_list(by_provider("novita", "groq"))

    assert await hub.mapping(MODEL) == by_provider("novita", "groq")


@pytest.mark.parametrize("mapping", [None, {}, [], "novita", 5], ids=str)
async def test_a_model_without_providers_has_an_empty_mapping(hub, service, mapping):
    service.models[MODEL] = mapping

    assert await hub.mapping(MODEL) == {}


@pytest.mark.parametrize("value", [None, [], "text", {"id": MODEL}], ids=str)
async def test_an_answer_without_a_mapping_is_an_empty_one(hub, upstream, value):
    upstream.will_answer_json(value, to="")

    assert await hub.mapping(MODEL) == {}


async def test_a_mapping_is_asked_for_once(hub, service, upstream, http):
    first = await hub.mapping(MODEL)
    first["novita"]["status"] = "spoilt by the caller"
    service.models.clear()

    assert await made(http, upstream.url).mapping(MODEL) == by_provider("novita")
    assert len(upstream.requests) == 1


async def test_a_token_s_preferences_are_its_own(hub, service, upstream, http):
    service.tokens.add("hf_other")
    service.preferred["hf_other"] = {MODEL: by_provider("groq", "novita")}

    assert list(await hub.mapping(MODEL)) == ["novita"]
    assert list(await made(http, upstream.url, api_key="hf_other").mapping(MODEL)) == ["groq", "novita"]
    assert list(await hub.mapping(MODEL)) == ["novita"]


async def test_another_hub_is_another_matter(hub, http):
    other = Upstream(otherwise=HubService({MODEL: by_provider("groq")}))

    assert list(await hub.mapping(MODEL)) == ["novita"]
    assert list(await made(http, other.url).mapping(MODEL)) == ["groq"]
    other.close()


async def test_a_model_without_providers_is_not_remembered(hub, service):
    service.models[MODEL] = None
    assert await hub.mapping(MODEL) == {}
    service.models[MODEL] = by_provider("novita")

    assert await hub.mapping(MODEL) == by_provider("novita")


async def test_that_a_model_is_unknown_is_not_remembered(hub, service):
    with pytest.raises(ModelNotSupportedError):
        await hub.mapping("org/new")
    service.models["org/new"] = by_provider("novita")

    assert await hub.mapping("org/new") == by_provider("novita")


async def test_a_mapping_is_not_believed_for_ever(hub, service, monkeypatch):
    monkeypatch.setattr(directories, "GOOD_FOR_S", 0)
    await hub.mapping(MODEL)
    service.models[MODEL] = by_provider("groq")

    assert await hub.mapping(MODEL) == by_provider("groq")


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_model_that_the_hub_does_not_know_is_no_matter_of_the_token(hub, upstream, status):
    """The Hub says 401 of a model that does not exist: whether it is private is nobody's business."""
    headers = {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"}
    upstream.will_answer(b"", status=status, headers=headers, to="")

    with pytest.raises(ModelNotSupportedError, match="hf has no model org/name") as caught:
        await hub.mapping(MODEL)
    assert (caught.value.detail, caught.value.status) == ("Repository not found", status)


@pytest.mark.parametrize("status", [401, 404])
async def test_a_hub_that_gives_no_reason_does_not_know_the_model(hub, upstream, status):
    upstream.will_answer_json({"error": "Repository not found"}, status=status, to="")

    with pytest.raises(ModelNotSupportedError):
        await hub.mapping(MODEL)


@pytest.mark.parametrize(
    "words",
    [
        "Invalid credentials in Authorization header",
        "Invalid username or password.",
        "Invalid user token. If you didn't pass a user token, make sure you are properly logged in.",
        'User Access Token "x" is expired',
    ],
)
async def test_a_wrong_token_is_separated_from_an_unknown_model(hub, upstream, words):
    upstream.will_answer_json({"error": words}, status=401, to="")

    with pytest.raises(KeyRejectedError, match="hf rejected the API key"):
        await hub.mapping(MODEL)


async def test_a_gated_model_needs_access_and_blames_nothing_else(hub, service):
    service.gated.add(MODEL)

    with pytest.raises(NoAccessError, match=r"org/name is gated\. Request access") as caught:
        await hub.mapping(MODEL)
    assert (caught.value.code, caught.value.fault) == ("key_rejected", "route")


@pytest.mark.parametrize("model", ["", "..", "../whoami-v2", "org/..", "a/b/c", "org/name?x=", "org/na me", "x" * 200])
async def test_a_name_that_no_model_has_is_not_asked_for(hub, upstream, model):
    assert await hub.mapping(model) == {}
    assert upstream.requests == []


async def test_an_old_model_has_no_organisation(hub, service):
    service.models["gpt2"] = by_provider("hf-inference")

    assert list(await hub.mapping("gpt2")) == ["hf-inference"]


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"\xff", b"[" * 100_000])
async def test_an_answer_that_is_no_json_is_malformed(hub, upstream, body):
    upstream.will_answer(body, to="")

    with pytest.raises(MalformedReplyError):
        await hub.mapping(MODEL)


async def test_an_answer_may_not_be_endless(hub, upstream, monkeypatch):
    monkeypatch.setattr(hubs, "MAX_PAGE_BYTES", 10_000)
    upstream.will_answer((b" " * 4096 for _ in iter(int, 1)), to="")

    with pytest.raises(MalformedReplyError):
        await hub.mapping(MODEL)


async def test_a_hub_that_stays_silent_is_not_waited_for(hub, upstream, monkeypatch):
    monkeypatch.setattr(hubs, "LOOKUP_LIMIT_S", 0.05)
    upstream.will_answer([b"{", silence()], headers=JSON, to="")

    with pytest.raises(UpstreamTimeoutError, match="hf did not list"):
        await hub.mapping(MODEL)
    await asyncio.to_thread(upstream.wait_closed)


async def test_an_answer_that_breaks_off_is_a_cut(hub, upstream):
    upstream.will_answer([b"{", cut()], headers=JSON, to="")

    with pytest.raises(UpstreamError, match=r"before it was complete|was lost"):
        await hub.mapping(MODEL)


async def test_a_model_that_was_renamed_is_found(hub, upstream):
    for location in ("/api/models/org/newer?expand[]=inferenceProviderMapping", f"{upstream.url}/api/models/{MODEL}?x"):
        upstream.will_answer(b"", status=307, headers={"Location": location}, to="")
    upstream.will_answer_json({"id": MODEL, "inferenceProviderMapping": by_provider("groq")}, to="name?x")

    assert await hub.mapping("org/older") == by_provider("groq")
    assert [request.headers["authorization"] for request in upstream.requests] == [f"Bearer {TOKEN}"] * 3


@pytest.mark.parametrize("location", [None, "", "http://[", "mailto:a@b.example", "https://example.com/api/models/a/b"])
async def test_a_model_that_moved_elsewhere_is_not_followed(hub, upstream, location):
    for _ in range(4):
        upstream.will_answer(b"", status=302, headers={} if location is None else {"Location": location}, to="")

    with pytest.raises(MalformedReplyError):
        await hub.mapping(MODEL)


# where a token may go


@pytest.mark.parametrize(
    "url", ["https://huggingface.co", "https://HuggingFace.co:443/x", "http://router.huggingface.co"]
)
def test_hugging_face_s_own_addresses_are_known(url):
    assert is_hugging_face(url)


@pytest.mark.parametrize(
    "url", ["", "https://huggingface.co.example.com", "https://nothuggingface.co", "http://127.0.0.1/huggingface.co"]
)
def test_other_addresses_are_others(url):
    assert not is_hugging_face(url)


async def test_a_foreign_key_does_not_go_to_hugging_face(service, upstream, http, monkeypatch):
    monkeypatch.setattr(hubs, "is_hugging_face", lambda url: url == upstream.url)

    assert await made(http, upstream.url, api_key="sk-foreign").mapping(MODEL) == by_provider("novita")
    assert "authorization" not in upstream.wait_request().headers


# which models there are


async def test_models_with_a_live_provider_are_listed(hub, service):
    service.models = {
        "a/chat": by_provider("novita"),
        "b/null": None,
        "c/images": {"fal-ai": serving("fal-ai", task="text-to-image")},
        "d/staging": {"novita": serving("novita", status="staging")},
        "e/behind": {"fal-ai": serving("fal-ai", task="text-to-image"), "groq": serving("groq")},
    }

    assert await hub.models() == ["a/chat", "e/behind"]


async def test_all_pages_are_read(hub, service, upstream):
    service.models = {f"org/{letter}": by_provider("novita") for letter in "abcde"}
    service.page_size = 2

    assert await hub.models() == [f"org/{letter}" for letter in "abcde"]
    assert len(upstream.requests) == 3
    assert {request.headers["authorization"] for request in upstream.requests} == {f"Bearer {TOKEN}"}


async def test_a_page_on_another_origin_does_not_get_the_token(hub, upstream):
    thief = Upstream()
    headers = {"Link": f'<{thief.url}/api/models?cursor=2>; rel="next"'}
    page = [{"id": MODEL, "inferenceProviderMapping": as_list(by_provider("novita"))}]
    upstream.will_answer_json(page, headers=headers, to="")

    assert await hub.models() == [MODEL]
    assert thief.requests == []
    thief.close()


@pytest.mark.parametrize(
    "link",
    [
        "",
        "nonsense",
        "<>; rel=next",
        '<http://[>; rel="next"',
        '</api/models?cursor=1>; rel="prev"',
        '<mailto:a@b.example>; rel="next"',
    ],
)
async def test_a_link_that_is_none_ends_the_list(hub, upstream, link):
    page = [{"id": MODEL, "inferenceProviderMapping": as_list(by_provider("novita"))}]
    upstream.will_answer_json(page, headers={"Link": link}, to="")

    assert await hub.models() == [MODEL]


async def test_a_link_may_be_relative(hub, service, upstream):
    page = [{"id": "org/first", "inferenceProviderMapping": as_list(by_provider("novita"))}]
    following = "/api/models?inference=warm&expand[]=inferenceProviderMapping&cursor=0"
    upstream.will_answer_json(page, headers={"Link": f'<{following}>; rel="next"'}, to="")

    assert await hub.models() == ["org/first", MODEL]


async def test_a_list_that_never_ends_is_left_in_time(hub, service, upstream, monkeypatch):
    monkeypatch.setattr(hubs, "MAX_PAGES", 3)
    service.models = {f"org/{number}": by_provider("novita") for number in range(9)}
    service.page_size = 1

    assert len(await hub.models()) == 3
    assert len(upstream.requests) == 3


async def test_the_pages_that_came_in_time_are_not_lost(hub, service, upstream, monkeypatch):
    monkeypatch.setattr(hubs, "LISTING_LIMIT_S", 0.5)
    page = [{"id": MODEL, "inferenceProviderMapping": as_list(by_provider("novita"))}]
    upstream.will_answer_json(page, headers={"Link": '</api/models?cursor=1>; rel="next"'}, to="Mapping")
    upstream.will_answer([silence()], to="cursor=1")

    assert await hub.models() == [MODEL]


async def test_a_page_that_fails_does_not_take_those_before_it_along(hub, upstream):
    page = [{"id": MODEL, "inferenceProviderMapping": as_list(by_provider("novita"))}]
    upstream.will_answer_json(page, headers={"Link": '</api/models?cursor=1>; rel="next"'}, to="Mapping")
    upstream.will_answer_json({"error": "Oops"}, status=500, to="cursor=1")

    assert await hub.models() == [MODEL]


async def test_a_list_that_does_not_begin_in_time_fails(hub, upstream, monkeypatch):
    monkeypatch.setattr(hubs, "LISTING_LIMIT_S", 0.05)
    upstream.will_answer([silence()], to="")

    with pytest.raises(UpstreamTimeoutError):
        await hub.models()


@pytest.mark.parametrize("page", [[], [{"id": MODEL, "inferenceProviderMapping": None}], {}, None, "text"], ids=str)
async def test_a_list_without_a_model_is_none(hub, upstream, page):
    upstream.will_answer_json(page, to="")

    with pytest.raises(MalformedReplyError, match="hub_url"):
        await hub.models()


async def test_a_wrong_token_is_reported_when_models_are_listed(service, upstream, http):
    with pytest.raises(KeyRejectedError, match="hf rejected the API key"):
        await made(http, upstream.url, api_key="hf_wrong").models()


async def test_a_hub_out_of_reach_is_reported(http):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"

    with pytest.raises(UnreachableError, match="Cannot reach hf"):
        await made(http, url).models()


async def test_the_list_of_late_is_known_until_it_is_old(hub, upstream, monkeypatch):
    assert hub.known_models() == []
    await hub.models()
    assert hub.known_models() == [MODEL]

    monkeypatch.setattr(directories, "GOOD_FOR_S", 0)
    assert hub.known_models() == []


async def test_a_failed_list_leaves_nothing_open(hub, upstream):
    upstream.will_answer(b"", status=500, to="")
    with pytest.raises(UpstreamError):
        await hub.models()

    assert hub.known_models() == []
    assert await hub.models() == [MODEL]


# what is remembered


def test_so_many_answers_are_kept_and_no_more(monkeypatch):
    monkeypatch.setattr(directories, "MAX_ANSWERS", 2)
    kept = HubCache()
    for path in ("a", "b", "a", "c"):
        kept.keep(path, {path: {}})

    assert (kept.recall("a"), kept.recall("b"), kept.recall("c")) == ({"a": {}}, None, {"c": {}})


def test_nothing_replaces_what_was_said():
    kept = HubCache()
    kept.keep("a", {"novita": {}})
    kept.keep("a", {})

    assert kept.recall("a") is None
