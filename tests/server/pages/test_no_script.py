"""The chat without JavaScript: forms, and a page that is streamed with its answer."""

import re
from html import unescape

import pytest
import requests

from server.api.bodies import LONGEST_TEXT
from tests.server.api.test_turns import ask
from tests.support.services.openai_wire import DONE, chunk, delta, openai_stream
from tests.support.services.upstream import Gate, cut, silence, wait_until

FORM = {"Sec-Fetch-Site": "same-origin"}
END = [chunk({}, "stop"), DONE]


class Form:
    """The form of a page, as a browser without scripts sends it."""

    def __init__(self, client, address="/chat/"):
        self.client = client
        html = client.get(address).text
        self.action = re.search(r'<form class="composer-form"[^>]* action="([^"]*)"', html)[1]
        hidden = re.findall(r'<input type="hidden" name="(message_id|parent_id)" value="([^"]*)"', html)
        self.fields = {**dict(hidden), "model": "m"}

    def send(self, text, **fields):
        return self.client.post(self.action, data={**self.fields, "content": text, **fields}, headers=FORM)


@pytest.fixture
def form(client):
    return Form(client)


def conversations(client):
    return client.get("/backend-api/v2/conversations").json["conversations"]


def messages(client, conversation_id):
    return client.get(f"/backend-api/v2/conversations/{conversation_id}").json["messages"]


def field(response):
    return unescape(re.search(r"<textarea[^>]*>\n(.*?)</textarea>", response.text, re.DOTALL)[1])


def refusal(response):
    return unescape(re.search(r'<p class="composer-refusal" role="alert" data-refusal>(.*?)</p>', response.text)[1])


class Reading:
    """A page as it arrives."""

    def __init__(self, address):
        self.response = requests.get(address, stream=True, timeout=10, headers={"Accept-Encoding": "identity"})
        self.text = ""
        self._pieces = self.response.raw.stream(1 << 16)

    def until(self, words):
        """Read until the words are there."""
        while words not in self.text:
            self.text += next(self._pieces).decode()

    def rest(self):
        self.text += b"".join(self._pieces).decode()
        return self.text


def test_a_form_starts_a_conversation_and_redirects_to_its_answer(client, form, upstream):
    response = form.send("Tell me\r\nall")

    conversation = conversations(client)[0]["id"]
    question = messages(client, conversation)[0]
    assert (response.status_code, response.location) == (303, f"/chat/{conversation}/live#running-answer")
    assert (question["id"], question["content"]) == (form.fields["message_id"], "Tell me\nall")
    assert upstream.wait_request_to("/chat/completions").json["model"] == "test-model"


def test_the_next_form_continues_after_the_last_message(client, upstream):
    conversation = ask(client, "One")[0]["conversation_id"]

    Form(client, f"/chat/{conversation}").send("Two")

    said = messages(client, conversation)
    assert [message["content"] for message in said if message["role"] == "user"] == ["One", "Two"]
    assert said[2]["parent_id"] == said[1]["id"]


def test_a_form_that_is_sent_twice_is_one_message(client, form, upstream):
    first, second = form.send("Once"), form.send("Once")

    assert first.location == second.location
    assert len(conversations(client)) == 1


def test_another_text_in_the_form_of_an_earlier_message_is_a_new_one(client, form, upstream):
    first, second = form.send("One"), form.send("Two")

    assert first.location != second.location
    assert {conversation["title"] for conversation in conversations(client)} == {"One", "Two"}


@pytest.mark.parametrize(
    ("text", "fields", "status", "sentence"),
    [
        (" \n", {}, 400, "Write a message first."),
        ("x" * (LONGEST_TEXT + 1), {}, 413, "at most 1 MiB"),
        ("a </textarea><script>", {"model": "nothing"}, 404, "nothing"),
        ("Tell me", {"parent_id": "nobody"}, 404, ""),
        ("Tell \0 me", {}, 400, "invalid character"),
        ("Tell me", {"message_id": "no id"}, 400, "message.id"),
    ],
)
def test_a_refused_text_stays_in_the_field(client, form, text, fields, status, sentence):
    response = form.send(text, **fields)

    assert (response.status_code, response.mimetype) == (status, "text/html")
    assert sentence in refusal(response)
    assert field(response) == text
    assert conversations(client) == []


def test_a_second_question_waits_for_the_first(client, upstream):
    upstream.will_answer([delta("Half"), silence()])
    conversation = Form(client).send("One").location.split("/")[2]

    response = Form(client, f"/chat/{conversation}").send("Two")

    assert response.status_code == 409
    assert refusal(response) == "An answer is still being written in this chat. Wait until it is complete, or stop it."
    assert field(response) == "Two"
    client.post(f"/chat/{conversation}/stop", headers=FORM)


def test_a_form_of_a_deleted_chat_offers_a_new_one(client, upstream):
    conversation = ask(client, "One")[0]["conversation_id"]
    form = Form(client, f"/chat/{conversation}")
    client.delete(f"/backend-api/v2/conversations/{conversation}")

    response = form.send("Two")

    assert response.status_code == 404
    assert "starts a new chat" in refusal(response)
    assert 'method="post" action="/chat/"' in response.text
    assert field(response) == "Two"


def test_the_form_of_another_site_is_refused(client, form):
    response = client.post("/chat/", data={"content": "Hi"}, headers={"Sec-Fetch-Site": "cross-site"})
    nameless = client.post("/chat/", data={"content": "Hi"})

    assert (response.status_code, nameless.status_code) == (403, 415)
    assert conversations(client) == []


def test_the_answer_comes_block_by_block_in_the_page(client, form, server, upstream):
    one, two = Gate(), Gate()
    upstream.will_answer(
        [
            delta("First.\n\nSecond\nli"),
            wait_until(one),
            delta("ne.\n\n- a <b>\n- c"),
            wait_until(two),
            delta(" d"),
            *END,
        ]
    )
    page = Reading(server + form.send("Tell me").location.split("#")[0])

    page.until("<p>First.</p>")
    assert page.response.headers["Transfer-Encoding"] == "chunked"
    assert page.response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Second" not in page.text
    one.open()
    page.until("line.</p>")
    assert "a &lt;b" not in page.text
    two.open()

    html = page.rest()
    assert html.index("First.") < html.index("Second") < html.index("<li>a &lt;b&gt;</li>") < html.index("<textarea")
    assert html.count("<p>First.</p>") == 1
    assert html.rstrip().endswith("</html>")
    assert f'name="parent_id" value="{messages(client, conversations(client)[0]["id"])[1]["id"]}"' in html


def test_a_block_that_became_another_is_corrected_at_the_end(form, server, upstream):
    upstream.will_answer([delta("See [here][a].\n\nMore.\n\n[a]: https://example.org/\n"), *END])

    html = Reading(server + form.send("Tell me").location.split("#")[0]).rest()

    assert '<a href="https://example.org/"' in html[html.rindex('data-block="0"') :]


def test_a_reload_shows_the_answer_whole(client, form, server, upstream):
    live = form.send("Tell me").location.split("#")[0]
    Reading(server + live).rest()

    response = client.get(live)

    assert response.location == live.removesuffix("/live")
    assert "You said: Tell me" in client.get(response.location).text


def test_a_reader_who_leaves_does_not_stop_the_answer(client, form, server, upstream):
    gate = Gate()
    upstream.will_answer([delta("First.\n\nSecond\nli"), wait_until(gate), delta("ne."), *END])
    live = form.send("Tell me").location.split("#")[0]
    page = Reading(server + live)
    page.until("First.")

    page.response.close()
    gate.open()

    assert "line." in Reading(server + live).rest()


def test_an_error_comes_in_the_place_of_the_rest(form, server, upstream):
    upstream.will_answer([delta("Half.\n\nAnd"), cut()])

    html = Reading(server + form.send("Tell me").location.split("#")[0]).rest()

    assert (
        html.index("<p>Half.</p>")
        < html.index("<p>And</p>")
        < re.search("before it was complete|was lost", html).start()
    )
    assert "aria-busy" not in html[: html.index("<template")]


def test_a_stopped_answer_says_so(client, form, server, upstream):
    upstream.will_answer([delta("Half.\n\nAnd\nmo"), silence()])
    live = form.send("Tell me").location.split("#")[0]
    page = Reading(server + live)
    page.until("Half.")
    assert f'action="{live.removesuffix("/live")}/stop"' in page.text

    response = client.post(live.removesuffix("live") + "stop", headers=FORM)

    assert (response.status_code, response.location) == (303, live.removesuffix("/live"))
    assert "You stopped this answer." in page.rest()


def test_hostile_text_stays_text(client, form, server, upstream):
    upstream.will_answer(openai_stream("<!--the answer-->\n\n<script>alert(1)</script>\n\nEnd."))

    html = Reading(
        server + form.send("</textarea><!--the answer--><script>alert(2)</script>").location.split("#")[0]
    ).rest()

    assert "<script>alert" not in html
    assert "<!--the answer-->" not in html
    assert html.count("</html>") == 1
    assert html.index("&lt;script&gt;alert(2)") < html.index("End.")


def test_an_unknown_conversation_leads_to_the_page_that_says_so(client):
    assert client.get("/chat/nobody/live").location == "/chat/nobody"


class TestBelowAPrefix:
    @pytest.fixture
    def settings(self, settings):
        return {**settings, "url_prefix": "/some/where"}

    def test_a_conversation_stays_below_it(self, client, server, upstream):
        form = Form(client, "/some/where/chat/")
        assert form.action == "/some/where/chat/"

        location = form.send("Tell me").location

        assert location.startswith("/some/where/chat/")
        assert "You said: Tell me" in Reading(server + location.split("#")[0]).rest()


def test_the_page_speaks_the_readers_language_to_its_end(client, form, server, upstream):
    location = form.send("Tell me").location.split("#")[0]

    html = requests.get(server + location, cookies={"chat_language": "ar"}, timeout=10).text

    assert '<html lang="ar" dir="rtl"' in html
