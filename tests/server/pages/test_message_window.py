"""The part of a conversation that its page shows."""

import re

import pytest

from tests.support.stores import a_turn, answered

SHOWN = re.compile(r'<chat-message [^>]*data-id="([^"]*)"')


@pytest.fixture
def store(app):
    return app.extensions["chat"].store


@pytest.fixture
def long(store):
    """A conversation of 50 messages: its id, then theirs."""
    begun = answered(store)
    ids = [begun.conversation_id, begun.user_message_id, begun.answer.id]
    for _ in range(24):
        begun = answered(store, a_turn(conversation_id=begun.conversation_id))
        ids += [begun.user_message_id, begun.answer.id]
    return ids


def shown(html):
    return [id_ for id_ in SHOWN.findall(html) if id_]


def test_a_long_conversation_starts_with_a_link_to_earlier_messages(client, long):
    conversation_id, *ids = long

    html = client.get(f"/chat/{conversation_id}").text

    assert shown(html)[:1] + shown(html)[-1:] == [ids[10], ids[-1]]
    earlier = f"conversation={conversation_id}&amp;before={ids[10]}"
    assert f'data-older-messages="/chat/parts/messages?{earlier}"' in html
    assert f'href="/chat/{conversation_id}?before={ids[10]}"' in html


def test_earlier_messages_are_a_part_and_a_page(client, long):
    conversation_id, *ids = long

    part = client.get(f"/chat/parts/messages?conversation={conversation_id}&before={ids[10]}").text
    page = client.get(f"/chat/{conversation_id}?before={ids[10]}").text

    assert shown(part) == ids[:10]
    assert "<html" not in part and "thread-older" not in part
    assert shown(page) == ids, "a page ends where the conversation does, since a question is asked there"


def test_earlier_messages_are_on_the_branch_that_is_shown(client, store, long):
    conversation_id, *ids = long
    again = a_turn("regenerate", conversation_id=conversation_id, parent_id=ids[-2])
    answered(store, again)

    html = client.get(f"/chat/{conversation_id}?leaf={ids[-1]}").text
    earlier = re.search(r'class="thread-older" href="([^"]*)"', html)[1].replace("&amp;", "&")

    assert shown(client.get(earlier).text) == ids


def test_a_message_that_was_found_is_on_the_page(client, long):
    conversation_id, *ids = long

    html = client.get(f"/chat/{conversation_id}?message={ids[7]}").text

    assert shown(html)[: len(ids) - 2] == ids[2:]


def test_another_version_can_be_looked_at(client, store):
    begun = answered(store)
    other = answered(
        store, a_turn("regenerate", conversation_id=begun.conversation_id, parent_id=begun.user_message_id)
    )
    address = f"/chat/{begun.conversation_id}"

    assert other.answer.id in shown(client.get(address).text)
    assert begun.answer.id in shown(client.get(f"{address}?leaf={begun.answer.id}").text)
    assert store.summary("local", begun.conversation_id).leaf_id == other.answer.id


@pytest.mark.parametrize("query", ["message", "leaf", "before"])
def test_a_link_to_a_message_that_is_gone_leads_to_the_conversation(client, store, query):
    begun = answered(store)
    store.delete_message("local", begun.answer.id)

    response = client.get(f"/chat/{begun.conversation_id}?{query}={begun.answer.id}")

    assert (response.status_code, response.location) == (302, f"/chat/{begun.conversation_id}")


def test_messages_of_an_unknown_conversation_are_not_found(client, store):
    begun = answered(store)

    for query in ("", "?conversation=never", f"?conversation={begun.conversation_id}&before=never"):
        assert client.get(f"/chat/parts/messages{query}").status_code == 404


def test_the_model_that_was_picked_last_stays_picked(client, store):
    begun = answered(store, a_turn(model="m"))
    address = f"/chat/{begun.conversation_id}"
    assert '<option value="m" selected' in client.get(address).text

    store.change("local", begun.conversation_id, {"model": "guide"})

    assert '<option value="guide" selected' in client.get(address).text
