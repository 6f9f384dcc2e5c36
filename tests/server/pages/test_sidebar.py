import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.pages import sidebar
from server.store import StoredConversation
from tests.support.stores import ME, a_turn, answered

NOW = datetime(2026, 11, 21, 18)


def a_conversation(days_ago, *, pinned=False):
    noon = datetime(2026, 11, 21, 12).astimezone() - timedelta(days=days_ago)
    return StoredConversation(f"{days_ago}", "Title", None, pinned, False, False, noon, noon)


@pytest.mark.parametrize(
    ("days_ago", "name"),
    [
        (0, "Today"),
        (1, "Yesterday"),
        (2, "Previous 7 days"),
        (7, "Previous 7 days"),
        (8, "Previous 30 days"),
        (30, "Previous 30 days"),
        (31, "Older"),
        (-1, "Today"),
    ],
)
def test_a_conversation_is_found_by_the_day_it_last_changed(days_ago, name):
    assert [group.name for group in sidebar.groups([a_conversation(days_ago)], NOW)] == [name]


def test_groups_keep_the_order_and_empty_ones_are_left_out():
    found = sidebar.groups([a_conversation(0), a_conversation(40), a_conversation(41)], NOW)

    assert [(group.name, [one.id for one in group.conversations]) for group in found] == [
        ("Today", ["0"]),
        ("Older", ["40", "41"]),
    ]


def test_pinned_ones_come_first():
    found = sidebar.groups([a_conversation(0), a_conversation(99, pinned=True)], NOW)

    assert [group.name for group in found] == ["Pinned", "Today"]


def test_days_are_those_of_the_readers_time_zone():
    late = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    conversation = replace(a_conversation(0), updated_at=late)
    now = datetime(2026, 11, 21, 10, tzinfo=UTC)

    in_tokyo = sidebar.groups([conversation], now.astimezone(ZoneInfo("Asia/Tokyo")))
    in_london = sidebar.groups([conversation], now)

    assert [in_tokyo[0].name, in_london[0].name] == ["Today", "Yesterday"]


@pytest.fixture
def many(app):
    """A store with more conversations than a page of the list has, the first of them pinned."""
    store = app.extensions["chat"].store
    first, *_ = [answered(store, a_turn(title=f"{number}")) for number in range(sidebar.PAGE + 12)]
    store.change(ME, first.conversation_id, {"pinned": True})
    return store


def listed(store, **asked):
    return sidebar.page_of_list(store, ME, **{"archived": False, "before": None, "count": 0, **asked})


def test_a_page_has_the_pinned_conversations_and_one_page_more(many):
    found, older = listed(many)
    rest, end = listed(many, before=older)

    assert (len(found), found[0].title, len(rest), end) == (sidebar.PAGE + 1, "0", 11, None)
    assert len({one.id for one in [*found, *rest]}) == sidebar.PAGE + 12


@pytest.mark.parametrize("times", [1, 2])
def test_a_longer_list_is_sent_again_at_its_length(many, times):
    count = sidebar.PAGE + 6
    for _ in range(times):
        found, older = listed(many, count=count)
        count = len(found)

    assert count == sidebar.PAGE + 6
    assert older


@pytest.mark.parametrize("count", [-5, 0, sidebar.MOST_AT_ONCE * 9])
def test_a_list_has_at_least_one_page_and_at_most_the_limit(many, monkeypatch, count):
    monkeypatch.setattr(sidebar, "MOST_AT_ONCE", sidebar.PAGE + 3)

    found, _ = listed(many, count=count)

    assert sidebar.PAGE + 1 <= len(found) <= sidebar.PAGE + 4


@pytest.mark.parametrize("count", ["x", "", "9" * 40])
def test_an_invalid_count_breaks_nothing(client, count):
    assert client.get("/chat/parts/conversations", query_string={"count": count}).status_code == 200


def test_archived_conversations_are_a_list_with_a_link_back(many, client):
    one = listed(many)[0][5]
    many.change(ME, one.id, {"archived": True})

    html = client.get("/chat/?archived=true").text

    assert f'href="/chat/{one.id}?archived=true"' in html
    assert html.count("data-row=") == 1
    assert re.search(r'href="/chat/"[^>]*>.*All chats', html)
    assert one.id not in client.get("/chat/").text
