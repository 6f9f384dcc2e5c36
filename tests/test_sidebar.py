from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server import sidebar
from server.store import StoredConversation

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
