from datetime import UTC, datetime

from g4f_lite.messages import Message
from server.store import StoredMessage
from server.turns.prompt import CONTINUE, in_turns, prompt

NOW = datetime.now(UTC)


def a_path(*said):
    """Return stored messages of alternating roles, the first a question."""
    roles = ("user", "assistant")
    return [
        StoredMessage(str(number), "c", None, roles[number % 2], content, NOW, NOW)
        for number, content in enumerate(said)
    ]


def test_the_path_is_sent_as_it_was_said():
    assert prompt(a_path("a", "b", "c"), "send") == [
        Message("user", "a"),
        Message("assistant", "b"),
        Message("user", "c"),
    ]


def test_an_answer_that_failed_without_text_is_left_out_and_the_questions_become_one():
    assert prompt(a_path("a", "", "c"), "send") == [Message("user", "a\n\nc")]


def test_many_messages_of_one_role_become_one_at_once():
    said = [Message("user", "x" * 100)] * 50_000

    assert in_turns(said) == [Message("user", "\n\n".join(["x" * 100] * 50_000))]


def test_a_cut_answer_is_followed_by_the_wish_to_go_on():
    assert prompt(a_path("a", "half"), "continue")[-2:] == [Message("assistant", "half"), Message("user", CONTINUE)]


def test_continuing_an_answer_without_text_asks_the_question_again():
    assert prompt(a_path("a", ""), "continue") == [Message("user", "a")]
