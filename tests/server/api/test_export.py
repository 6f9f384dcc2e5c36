"""Export of conversations as files."""

import json
import re

import pytest

from tests.server.api.test_conversations import CONVERSATIONS, MESSAGE_MEMBERS
from tests.server.api.test_turns import ask, lines_of
from tests.support.services.openai_wire import delta, openai_stream
from tests.support.services.upstream import silence
from tests.support.stores import ME, a_turn, add_person, an_outcome, answered

EXPORT = "/backend-api/v2/export"


@pytest.fixture
def store(app):
    return app.extensions["chat"].store


def exported(client):
    response = client.get(EXPORT)
    assert (response.status_code, response.mimetype) == (200, "application/json")
    return json.loads(response.get_data())["conversations"]


def test_the_file_has_all_conversations_except_deleted_ones(client, store):
    plain = answered(store, a_turn(params={"system": "Be brief."}, content="Größe?"))
    archived, deleted = answered(store), answered(store)
    store.change(ME, archived.conversation_id, {"archived": True})
    store.delete(ME, deleted.conversation_id)
    answered(store, user_id=add_person(store, "other"))

    found = {one["id"]: one for one in exported(client)}

    assert set(found) == {plain.conversation_id, archived.conversation_id}
    one = found[plain.conversation_id]
    assert (one["title"], one["archived"], one["params"]) == (plain.title, False, {"system": "Be brief."})
    assert one["created_at"].endswith("Z")
    question, answer = one["messages"]
    assert set(question) == MESSAGE_MEMBERS
    assert (question["content"], answer["content"], answer["parent_id"]) == ("Größe?", "Fine.", question["id"])
    assert one["leaf_id"] == answer["id"]


def test_deleted_messages_are_not_in_the_file(client, store):
    begun = answered(store)
    store.delete_message(ME, begun.answer.id)

    assert [message["id"] for message in exported(client)[0]["messages"]] == [begun.user_message_id]


def test_the_file_has_the_day_in_its_name(client):
    response = client.get(EXPORT)

    assert re.match(r'attachment; filename="chats-\d{4}-\d\d-\d\d\.json"', response.headers["Content-Disposition"])
    assert set(response.json) == {"exported_at", "conversations"}
    assert response.json["conversations"] == []


def test_the_file_has_more_than_one_page_of_the_list(client, store):
    ids = {answered(store).conversation_id for _ in range(51)}

    assert {one["id"] for one in exported(client)} == ids


def test_conversations_are_read_one_by_one_and_deleted_ones_are_left_out(client, store):
    first, second, third = (answered(store).conversation_id for _ in range(3))
    response = client.get(EXPORT, buffered=False)
    blocks = iter(response.response)

    begin = [next(blocks), next(blocks)]
    store.delete(ME, second)
    rest = list(blocks)

    whole = json.loads(b"".join([*begin, *rest]))
    assert [one["id"] for one in whole["conversations"]] == [third, first]
    response.close()


def test_the_files_have_the_text_so_far_of_a_running_answer(client, upstream):
    upstream.will_answer([delta("Hel"), silence()])
    response = client.post("/backend-api/v2/conversation", json={"message": {"content": "Hello"}})
    start = next(event for event in lines_of(response) if event["type"] == "start")
    next(event for event in lines_of(client.get(f"/backend-api/v2/messages/{start['message_id']}/events"))
         if event["type"] == "content")  # fmt: skip

    assert exported(client)[0]["messages"][1]["content"] == "Hel"
    assert client.get(f"{CONVERSATIONS}/{start['conversation_id']}/markdown").text.endswith("\n\nHel\n")
    response.close()


def test_the_current_branch_is_a_markdown_file(client, upstream):
    upstream.will_answer(openai_stream("**Fine.**"))
    start = ask(client, "# Größe: how\nare you?")[0]
    ask(client, "Other?", conversation_id=start["conversation_id"], parent_id=None)
    client.patch(f"{CONVERSATIONS}/{start['conversation_id']}", json={"leaf_id": start["message_id"]})

    response = client.get(f"{CONVERSATIONS}/{start['conversation_id']}/markdown")

    assert response.content_type == "text/markdown; charset=utf-8"
    assert response.text == "# Größe: how\n\n## You\n\n# Größe: how\nare you?\n\n## m\n\n**Fine.**\n"
    assert response.headers["Content-Disposition"].endswith("filename*=UTF-8''Gr%C3%B6%C3%9Fe%20how.md")


def test_a_long_branch_is_exported_completely(client, store):
    begun = answered(store)
    for _ in range(30):
        answered(store, a_turn(conversation_id=begun.conversation_id), an_outcome("And on."))

    text = client.get(f"{CONVERSATIONS}/{begun.conversation_id}/markdown").text

    assert (text.count("\n## You\n"), text.count("And on.")) == (31, 30)


def test_another_persons_conversation_cannot_be_exported(client, store):
    theirs = answered(store, user_id=add_person(store, "other"))

    for conversation_id in (theirs.conversation_id, "never"):
        response = client.get(f"{CONVERSATIONS}/{conversation_id}/markdown")
        assert (response.status_code, response.json["error"]["code"]) == (404, "unknown_conversation")
