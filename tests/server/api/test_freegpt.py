"""Requests of freegpt-webui's page, as it sends them."""

import http.client
import json
from urllib.parse import urlsplit

import pytest
import requests

from server.web.preferences import LANGUAGES
from tests.server.api.test_turns import CONVERSATION
from tests.server.pages.test_error_page import BROWSER
from tests.support.members import FROM_OUR_PAGE
from tests.support.services.openai_wire import delta, openai_error, openai_stream
from tests.support.services.upstream import cut, silence

FREEGPT = {
    "conversation_id": "1f2e3d4c-5b6a-4789-a0b1-18f0a1b2c3d",
    "action": "_ask",
    "model": "m",
    "jailbreak": "default",
    "meta": {
        "id": "7310000000000000000",
        "content": {
            "conversation": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}] * 4,
            "internet_access": False,
            "content_type": "text",
            "parts": [{"content": "new question", "role": "user"}],
        },
    },
}
ASKED = [("GET", "/get-languages"), ("GET", "/get-locale"), ("POST", "/change-language")]


def asking(question, *history, **content):
    """Return the body of a question after others and their answers. content: more members of `content`."""
    said = [{"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate(history)]
    parts = [{"content": question, "role": "user"}]
    return FREEGPT | {"meta": {"content": {"conversation": said, "parts": parts, **content}}}


def told(upstream):
    """Return the messages that the service received last."""
    return [(message["role"], message["content"]) for message in upstream.requests[-1].json["messages"]]


def choose(client, language, path="/change-language"):
    return client.post(path, json={"language": language}, headers=FROM_OUR_PAGE)


def test_an_answer_is_raw_text_and_uses_the_whole_history(client, upstream):
    upstream.will_answer(openai_stream("Привет, 日本語 🙂!"))

    response = client.post(CONVERSATION, json=FREEGPT, headers={"Accept": "text/event-stream"})

    assert response.content_type == "text/plain; charset=utf-8"
    assert response.get_data(as_text=True) == "Привет, 日本語 🙂!"
    assert len(upstream.requests[-1].json["messages"]) == 9
    assert client.get("/backend-api/v2/conversations").json["conversations"] == []


def test_a_failure_has_its_http_status(client, upstream):
    upstream.will_answer_json(openai_error("slow down"), status=429, headers={"Retry-After": "7"})

    response = client.post(CONVERSATION, json=FREEGPT)

    assert response.status_code == 429
    assert response.headers["Retry-After"] == "7"
    assert response.json["error"]["code"] == "provider_rate_limited"
    assert response.json["error"]["detail"] == "slow down"


@pytest.mark.parametrize(
    ("theirs", "ours"), [(400, 400), (401, 502), (402, 502), (413, 413), (422, 400), (429, 429), (500, 502), (503, 503)]
)
def test_an_upstream_status_is_translated_for_our_client(client, upstream, theirs, ours):
    upstream.will_answer_json(openai_error("no"), status=theirs)

    assert client.post(CONVERSATION, json=FREEGPT).status_code == ours


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (FREEGPT | {"model": "nobody"}, 404, "unknown_model"),
        (FREEGPT | {"meta": {"content": {}}}, 400, "invalid_request"),
        (FREEGPT | {"meta": {"content": {"parts": [{"role": "user", "content": " "}]}}}, 400, "invalid_request"),
        (FREEGPT | {"meta": {"content": {"parts": [{"role": "assistant", "content": "a"}]}}}, 400, "invalid_request"),
    ],
)
def test_bad_input_is_refused_in_json_without_asking_a_provider(client, upstream, body, status, code):
    response = client.post(CONVERSATION, json=body)

    assert (response.status_code, response.json["error"]["code"]) == (status, code)
    assert upstream.requests == []


def test_the_thirtieth_question_is_sent_with_all_earlier_messages(client, upstream):
    history = [f"{number}: {'Слово ' * 200}" for number in range(58)]

    assert client.post(CONVERSATION, json=asking("And now?", *history)).status_code == 200

    assert [content for _, content in told(upstream)] == [*history, "And now?"]


def test_messages_that_the_page_added_itself_are_sent_too(client, upstream):
    history = ["a", "Half [aborted]", "b", " [aborted]", "c", '{"error": {"code": "busy"}}', "d", "oops ! [stacktrace]"]

    client.post(CONVERSATION, json=asking("e", *history))

    assert [content for _, content in told(upstream)] == [*history, "e"]


@pytest.mark.parametrize("nothing", [{"content": ""}, {"content": None}, {}])
def test_two_questions_around_a_missing_answer_are_joined(client, upstream, nothing):
    body = asking("b", conversation=[{"role": "user", "content": "a"}, {"role": "assistant", **nothing}])

    assert client.post(CONVERSATION, json=body).status_code == 200
    assert told(upstream) == [("user", "a\n\nb")]


def test_two_questions_in_a_row_are_joined(client, upstream):
    conversation = [
        {"role": role, "content": text} for role, text in (("user", "a"), ("user", "b"), ("assistant", "c"))
    ]

    client.post(CONVERSATION, json=asking("d", conversation=conversation))

    assert told(upstream) == [("user", "a\n\nb"), ("assistant", "c"), ("user", "d")]


def test_characters_that_the_page_broke_do_not_end_the_conversation(client, upstream):
    body = asking("What is \ud83d?", "What is \0?", "It is \0, and \ud83d is half of \U0001f642.")

    assert client.post(CONVERSATION, json=body).status_code == 200
    said = [content for _, content in told(upstream)]
    assert said == ["What is \ufffd?", "It is \ufffd, and \ufffd is half of \U0001f642.", "What is \ufffd?"]


@pytest.mark.parametrize("jailbreak", ["gpt-dan-11.0", "gpt-evil", "another"])
def test_no_prompt_is_added_to_a_question(client, upstream, jailbreak):
    body = asking("c", "a", "b", internet_access=True) | {"jailbreak": jailbreak}

    assert client.post(CONVERSATION, json=body).status_code == 200
    assert told(upstream) == [("user", "a"), ("assistant", "b"), ("user", "c")]


def test_a_failure_in_the_middle_breaks_the_stream(server, upstream):
    upstream.will_answer([delta("Half"), cut()])

    with requests.post(f"{server}{CONVERSATION}", json=FREEGPT, stream=True, timeout=10) as response:
        pieces = response.iter_content(None)

        assert (response.status_code, next(pieces)) == (200, b"Half")
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            next(pieces)


@pytest.mark.parametrize("before_headers", [b"", silence()], ids=["in the answer", "before it"])
def test_aborting_cancels_the_upstream_request(server, upstream, before_headers):
    upstream.will_answer([delta("Half"), silence()], before_headers=before_headers)
    page = http.client.HTTPConnection(urlsplit(server).netloc, timeout=10)
    page.request("POST", CONVERSATION, json.dumps(FREEGPT), {"Content-Type": "application/json"})
    asked = upstream.wait_request()
    answer = None if before_headers else page.getresponse()
    assert not answer or answer.read1() == b"Half"

    page.close()
    if answer:
        answer.close()

    asked.wait_closed()


def test_the_list_has_the_languages_of_the_settings(client):
    assert client.get("/get-languages").json == list(LANGUAGES)


@pytest.mark.parametrize(("accepted", "tag"), [("de-AT, en;q=0.9", "de"), ("pt", "pt-BR"), ("he", "en"), ("", "en")])
def test_the_language_in_use_is_one_of_the_list(client, accepted, tag):
    response = client.get("/get-locale", headers={"Accept-Language": accepted})

    assert (response.mimetype, response.text) == ("text/plain", tag)
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("tag", LANGUAGES)
def test_each_language_of_the_list_can_be_set_for_all_pages(client, tag):
    response = choose(client, tag)

    assert (response.status_code, response.data) == (204, b"")
    assert client.get("/get-locale").text == tag
    assert f'<html lang="{tag}"' in client.get("/chat/").text


@pytest.mark.parametrize(
    ("remembered", "tag"),
    [("en_US", "en"), ("en-US", "en"), ("DE_de", "de"), ("pt_BR", "pt-BR"), ("zh_Hans_CN", "zh-Hans")],
)
def test_the_language_tags_of_freegpt_webui_are_accepted(client, remembered, tag):
    client.set_cookie("chat_language", "ja")

    assert choose(client, remembered).status_code == 204
    assert client.get("/get-locale").text == tag


@pytest.mark.parametrize("language", ["he_IL", "", "*", "english", None, 7, ["de"]])
def test_an_unknown_language_is_refused_and_nothing_is_kept(client, language):
    response = choose(client, language)

    assert (response.status_code, response.json["error"]["code"]) == (400, "invalid_request")
    assert response.json["error"]["message"].startswith("language: ")
    assert response.headers.getlist("Set-Cookie") == []


def test_another_sites_page_cannot_set_the_language(client):
    response = client.post("/change-language", json={"language": "de"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert (response.status_code, response.json["error"]["code"]) == (403, "forbidden")
    assert response.headers.getlist("Set-Cookie") == []


def test_a_language_is_sent_as_json(client):
    response = client.post("/change-language", data={"language": "de"}, headers=FROM_OUR_PAGE)

    assert (response.status_code, response.json["error"]["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(("method", "path"), ASKED)
def test_another_method_is_refused_in_json(client, method, path):
    other = "POST" if method == "GET" else "GET"

    response = client.open(path, method=other, headers=BROWSER | FROM_OUR_PAGE)

    assert (response.status_code, response.json["error"]["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("path", ["/get-languages", "/get-locale"])
def test_the_answer_to_head_has_no_body(client, path):
    response = client.head(path)

    assert (response.status_code, response.data) == (200, b"")


class TestSignedOut:
    @pytest.fixture(params=["accounts", "password"])
    def settings(self, request, settings):
        return settings | {"auth": {"mode": request.param, "password": "correct horse"}}

    @pytest.mark.parametrize(("method", "path"), [*ASKED, ("POST", CONVERSATION)])
    def test_it_is_refused_in_json_without_a_redirect(self, client, method, path):
        body = {"json": FREEGPT | {"language": "de"}} if method == "POST" else {}

        response = client.open(path, method=method, headers=BROWSER | FROM_OUR_PAGE, **body)

        assert (response.status_code, response.json["error"]["code"]) == (401, "unauthenticated")
        assert response.headers.getlist("Set-Cookie") == []


class TestUnderAPath:
    @pytest.fixture
    def settings(self, settings):
        return settings | {"url_prefix": "/some/where"}

    def test_the_language_is_kept_for_that_path_only(self, client):
        response = choose(client, "de", "/some/where/change-language")

        assert response.status_code == 204
        assert "Path=/some/where/;" in response.headers["Set-Cookie"]
        assert client.get("/some/where/get-locale").text == "de"
        assert client.get("/some/where/get-languages").json == list(LANGUAGES)
        assert client.get("/get-locale").status_code == 404
