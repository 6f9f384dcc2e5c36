"""The list of conversations: archived ones separately, pinned ones first."""

import re

import pytest

from tests.support.stores import ME, Clock, a_turn, answered

CONVERSATIONS = "/backend-api/v2/conversations"
LISTED = re.compile(r'href="/chat/([0-9a-f-]{36})[?"]')


@pytest.fixture
def ids(app):
    """The ids of conversations by what they are; the oldest come first."""
    store = app.extensions["chat"].store
    made = {}
    for name in ("pinned", "archived", "both", "plain"):
        made[name] = answered(store, a_turn(title=name)).conversation_id
    store.change(ME, made["pinned"], {"pinned": True})
    store.change(ME, made["archived"], {"archived": True})
    store.change(ME, made["both"], {"archived": True, "pinned": True})
    return made


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["plain", "both", "archived", "pinned"]),
        ("?archived=false", ["plain", "pinned"]),
        ("?archived=true", ["both", "archived"]),
        ("?pinned=true", ["both", "pinned"]),
        ("?pinned=false&archived=false", ["plain"]),
    ],
)
def test_flags_filter_the_list(client, ids, query, names):
    assert [one["title"] for one in client.get(f"{CONVERSATIONS}{query}").json["conversations"]] == names


@pytest.mark.parametrize("query", ["archived=1", "archived=", "pinned=yes"])
def test_a_flag_is_true_or_false(client, query):
    response = client.get(f"{CONVERSATIONS}?{query}")

    assert (response.status_code, response.json["error"]["code"]) == (400, "invalid_request")
    assert response.json["error"]["message"].startswith(query.split("=")[0])


def listed(client, query=""):
    return LISTED.findall(client.get(f"/chat/parts/conversations{query}").text)


def test_the_page_lists_pinned_chats_first_and_archived_ones_separately(client, ids):
    assert listed(client) == [ids["pinned"], ids["plain"]]
    assert listed(client, "?archived=true") == [ids["both"], ids["archived"]]
    assert LISTED.findall(client.get("/chat/").text) == [ids["pinned"], ids["plain"]]


def test_a_pinned_conversation_is_on_the_first_page_only(app, client, ids):
    store = app.extensions["chat"].store
    for _ in range(60):
        answered(store)

    first = listed(client)
    cursor = re.search(r"before=([^\"&]+)", client.get("/chat/parts/conversations").text)[1]
    second = listed(client, f"?before={cursor}")

    assert first[0] == ids["pinned"]
    assert len(first) == 51
    assert ids["pinned"] not in second and second[-1] == ids["plain"]


def test_older_archived_conversations_are_on_the_next_page(app, client):
    store = app.extensions["chat"].store
    for _ in range(51):
        store.change(ME, answered(store).conversation_id, {"archived": True})

    part = client.get("/chat/parts/conversations?archived=true").text

    older = re.search(r'href="(/chat/\?before=[^"]+)"', part)[1].replace("&amp;", "&")
    assert "archived=true" in older
    assert len(LISTED.findall(client.get(older).text)) == 1


def test_every_database_filters_page_by_page(store, clock: Clock):
    for number in range(6):
        begun = answered(store, a_turn(title=f"{number}"))
        store.change(ME, begun.conversation_id, {"pinned": number % 2 == 0, "archived": number == 4})
        clock.pass_by(minutes=1)

    first, cursor = store.conversations(ME, limit=1, pinned=True, archived=False)
    second, end = store.conversations(ME, cursor, limit=1, pinned=True, archived=False)

    assert [one.title for one in (*first, *second)] == ["2", "0"]
    assert end is None
    assert [one.title for one in store.conversations(ME, archived=True)[0]] == ["4"]


@pytest.mark.parametrize("change", [{"title": "New"}, {"pinned": True}, {"archived": True}, {"model": "x"}])
def test_a_change_does_not_move_a_conversation_up(store, clock: Clock, change):
    begun = answered(store)
    before = store.summary(ME, begun.conversation_id).updated_at
    clock.pass_by(hours=1)

    assert store.change(ME, begun.conversation_id, change).updated_at == before
