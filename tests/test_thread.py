from datetime import UTC, datetime

from server import thread
from server.screen import Snapshot
from server.store import StoredMessage

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def a_message(id_="m", parent_id=None, role="assistant", content="", **members):
    values = {
        "conversation_id": "c", "reasoning": "", "status": "complete", "model": "gpt", "provider": None,
        "attempts": [], "usage": None, "error": None, "finish_reason": "stop", "state": None, "last_seq": 9,
        "created_at": NOON, "ended_at": NOON,
    }  # fmt: skip
    return StoredMessage(id=id_, parent_id=parent_id, role=role, content=content, **values | members)


def shown(message, snapshot=None):
    return thread.shown(message, snapshot, lambda name: {"gpt": "GPT"}.get(name, name))


def test_the_path_leads_from_the_root_to_the_leaf():
    tree = [a_message("a"), a_message("b", "a"), a_message("b2", "a"), a_message("c", "b")]

    assert [message.id for message in thread.path(tree, "c")] == ["a", "b", "c"]
    assert [message.id for message in thread.path(tree, "b2")] == ["a", "b2"]


def test_without_a_leaf_there_is_no_path():
    assert thread.path([a_message("a")], None) == []


def test_an_ended_answer_is_rendered():
    message = shown(a_message(content="One\n\n**Two**"))

    assert message.blocks == ["<p>One</p>\n", "<p><strong>Two</strong></p>\n"]
    assert message.seq == 9


def test_what_a_person_wrote_is_text():
    message = shown(a_message(role="user", content="<b>*a*</b>", model=None))

    assert (message.text, message.blocks) == ("<b>*a*</b>", [])


def test_a_running_answer_is_as_far_as_its_snapshot():
    message = shown(a_message(status="running", last_seq=0), Snapshot(7, ["<p>Hal</p>"], "Hal", "Hm."))

    assert (message.seq, message.blocks, message.reasoning) == (7, ["<p>Hal</p>"], "Hm.")


def test_a_model_has_its_label_while_it_is_known():
    assert shown(a_message()).model == "GPT"
    assert shown(a_message(model="gone")).model == "gone"


def test_an_answer_at_its_length_limit_is_cut():
    assert shown(a_message(finish_reason="length")).cut
    assert not shown(a_message()).cut
