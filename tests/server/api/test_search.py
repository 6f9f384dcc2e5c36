import re
from datetime import UTC, datetime

import pytest
from markupsafe import escape

from tests.support.stores import a_turn, add_person, an_outcome, answered

SEARCH = "/backend-api/v2/search"
EVIL = '<script>alert("heat")</script>'


@pytest.fixture
def store(app):
    return app.extensions["chat"].store


def test_a_match_has_its_place_and_a_snippet(client, store):
    begun = answered(store, a_turn(content="What is a heat\n pump?", title="Warmth"), an_outcome("A machine."))
    store.change("local", begun.conversation_id, {"archived": True})

    said = client.get(SEARCH, query_string={"q": "HEAT pump"}).json

    [hit] = said["results"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", hit.pop("created_at"))
    assert hit == {
        "conversation_id": begun.conversation_id,
        "title": "Warmth",
        "message_id": begun.user_message_id,
        "role": "user",
        "archived": True,
        "snippet": [
            {"text": "What is a ", "hit": False},
            {"text": "heat", "hit": True},
            {"text": " ", "hit": False},
            {"text": "pump", "hit": True},
            {"text": "?", "hit": False},
        ],
    }
    assert said["next"] is None


def test_a_matching_title_has_no_message(client, store):
    answered(store, a_turn(content="Hello", title="On warmth"))

    [hit] = client.get(SEARCH, query_string={"q": "warm"}).json["results"]

    assert (hit["message_id"], hit["role"], hit["title"]) == (None, None, "On warmth")
    assert [piece["text"] for piece in hit["snippet"]] == ["On ", "warm", "th"]


@pytest.mark.parametrize("query", ["", "?q=", "?q=%20%22%22"])
def test_an_empty_query_finds_nothing(client, store, query):
    answered(store)

    assert client.get(SEARCH + query).json == {"results": [], "next": None}


def test_the_next_page_continues_where_the_first_ended(client, store):
    for number in range(40):
        answered(store, a_turn(content=f"gold {number}", title="#"))

    first = client.get(SEARCH, query_string={"q": "gold"}).json
    second = client.get(SEARCH, query_string={"q": "gold", "before": first["next"]}).json

    assert second["next"] is None
    assert len({hit["message_id"] for hit in first["results"] + second["results"]}) == 40


@pytest.mark.parametrize("query", [{"q": "x" * 201}, {"q": "a\0b"}, {"q": "gold", "before": "never"}])
def test_an_invalid_query_is_refused(client, query):
    response = client.get(SEARCH, query_string=query)

    assert (response.status_code, response.json["error"]["code"]) == (400, "invalid_request")


def test_nobody_finds_another_persons_messages(client, store):
    answered(store, a_turn(content="secret", title="secret"), user_id=add_person(store, "other"))

    assert client.get(SEARCH, query_string={"q": "secret"}).json["results"] == []
    assert "secret</mark>" not in client.get("/chat/search?q=secret").text


@pytest.mark.parametrize("address", ["/chat/search", "/chat/parts/search"])
def test_the_page_links_to_the_matches(client, store, address):
    begun = answered(store, a_turn(content=f"About {EVIL}", title="Warmth & heat"))

    html = client.get(address, query_string={"q": "heat"}).text

    message, place = begun.user_message_id, f"/chat/{begun.conversation_id}"
    assert f'href="{place}?message={message}#message-{message}"' in html
    assert f'href="{place}"' in html
    assert "Warmth &amp; <mark>heat</mark>" in html
    assert "&lt;script&gt;alert(&#34;<mark>heat</mark>&#34;)" in html
    assert ("<html" in html) == (address == "/chat/search")


def test_the_page_tells_that_nothing_was_found(client):
    html = client.get("/chat/search", query_string={"q": EVIL}).text

    assert "No results for" in html
    assert f'value="{escape(EVIL)}"' in html
    assert "<script>" not in html


def test_without_a_query_the_page_is_only_a_field(client):
    html = client.get("/chat/search").text

    assert '<form class="search-form" action="/chat/search"' in html
    assert "No results" not in html


def test_the_page_links_to_older_matches(client, store):
    for number in range(31):
        answered(store, a_turn(content=f"gold {number}", title="#"))

    html = client.get("/chat/search?q=gold").text
    older = re.search(r'href="(/chat/search\?q=gold&amp;before=[^"]+)"', html)[1].replace("&amp;", "&")

    assert html.count("data-hit>") == 30
    assert client.get(older).text.count("data-hit>") == 1


def test_the_page_explains_a_refused_query(client):
    response = client.get("/chat/search", query_string={"q": "x" * 201})

    assert response.status_code == 400
    assert "A search can be at most 200 characters" in response.text


def test_days_are_in_the_readers_time_zone(client, store, monkeypatch):
    monkeypatch.setattr(store, "now", lambda: datetime(2026, 2, 3, 23, 30, tzinfo=UTC))
    answered(store, a_turn(content="gold"))
    client.set_cookie("chat_zone", "Asia/Tokyo")

    assert ">2026-02-04</time>" in client.get("/chat/search?q=gold").text
