"""Finding the conversation of a history that a program sends, and storing the rest of it."""

import pytest
from sqlalchemy import func, select

from g4f_lite.messages import Message
from server.problems import Problem
from server.store.schema import history_hashes
from tests.support.stores import ME, a_batch, a_turn, add_person, an_outcome, content


def a_history(*contents):
    """Return alternating questions and answers."""
    return [Message("assistant" if number % 2 else "user", text) for number, text in enumerate(contents)]


def ask(store, question, *before, answer="Fine.", user=ME, **outcome):
    """Ask after a history; an `answer` of None stays running."""
    begun = store.begin_turn_with_history(user, a_turn(content=question), a_history(*before))
    if answer is not None:
        store.finish(user, begun.answer.id, an_outcome(answer, **outcome), None)
    return begun


def tree(store, begun):
    """Return the texts of a conversation, each with the position of its parent."""
    _, messages = store.conversation(ME, begun.conversation_id)
    places = {message.id: place for place, message in enumerate(messages)}
    return [(message.content, places.get(message.parent_id)) for message in messages]


def test_a_first_question_begins_a_conversation(store):
    begun = store.begin_turn_with_history(
        ME, a_turn(content="Hello", params={"temperature": 0.5, "system": "Be brief."}), []
    )

    assert begun.is_new
    found, messages = store.conversation(ME, begun.conversation_id)
    assert (found.title, found.params) == (begun.title, {"temperature": 0.5, "system": "Be brief."})
    assert [(one.role, one.content, one.status) for one in messages] == [
        ("user", "Hello", "complete"),
        ("assistant", "", "running"),
    ]


def test_a_continued_history_stays_one_conversation(store):
    first = ask(store, "Hello", answer="Hi!")
    second = ask(store, "How are you?", "Hello", "Hi!", answer="Well.")
    third = ask(store, "Really?", "Hello", "Hi!", "How are you?", "Well.", answer="Yes.")

    assert {first.conversation_id} == {second.conversation_id, third.conversation_id}
    assert (first.is_new, second.is_new) == (True, False)
    texts = ["Hello", "Hi!", "How are you?", "Well.", "Really?", "Yes."]
    assert tree(store, third) == [(text, place - 1 if place else None) for place, text in enumerate(texts)]
    assert store.summary(ME, third.conversation_id).leaf_id == third.answer.id


def test_white_space_makes_no_difference(store):
    first = ask(store, "Hello  you", answer=" Hi!\n\nWell? ")
    assert ask(store, "And?", "Hello\nyou\n", "Hi! Well?").conversation_id == first.conversation_id


def test_an_edited_question_becomes_a_version(store):
    ask(store, "Hello", answer="Hi!")
    ask(store, "Why?", "Hello", "Hi!", answer="So.")
    edited = ask(store, "How?", "Hello", "Hi!", answer="Thus.")

    assert tree(store, edited) == [("Hello", None), ("Hi!", 0), ("Why?", 1), ("So.", 2), ("How?", 1), ("Thus.", 4)]


def test_a_repeated_question_gets_another_answer(store):
    ask(store, "Hello", answer="Hi!")
    ask(store, "Why?", "Hello", "Hi!", answer="So.")
    again = ask(store, "Why?", "Hello", "Hi!", answer="Thus.")
    assert tree(store, again) == [("Hello", None), ("Hi!", 0), ("Why?", 1), ("So.", 2), ("Thus.", 2)]

    after = ask(store, "Oh?", "Hello", "Hi!", "Why?", "So.", answer="Yes.")
    assert tree(store, after)[5:] == [("Oh?", 3), ("Yes.", 5)]


def test_the_same_first_question_begins_another_conversation(store):
    assert ask(store, "Hello").conversation_id != ask(store, "Hello").conversation_id


@pytest.mark.parametrize("status", ["failed", "stopped", "interrupted"])
def test_a_first_question_without_a_complete_answer_is_answered_again(store, status):
    first = ask(store, "Hello", answer="H", status=status)

    again = ask(store, "Hello", answer="Hi!")

    assert tree(store, first) == [("Hello", None), ("H", 0), ("Hi!", 0)]
    assert ask(store, "Hello").conversation_id != again.conversation_id  # now it has a complete answer


def test_a_running_first_question_is_not_repeated(store):
    assert ask(store, "Hello", answer=None).conversation_id != ask(store, "Hello").conversation_id


def test_a_history_from_elsewhere_is_stored(store):
    begun = ask(store, "And?", "Hello", "Hi!", answer="Well.")

    assert begun.is_new
    assert tree(store, begun) == [("Hello", None), ("Hi!", 0), ("And?", 1), ("Well.", 2)]
    _, [question, answer, *_] = store.conversation(ME, begun.conversation_id)
    assert (question.status, answer.status, answer.model, answer.provider) == ("complete", "complete", None, None)
    assert ask(store, "So?", "Hello", "Hi!", "And?", "Well.").conversation_id == begun.conversation_id


def test_examples_in_every_request_do_not_identify_a_conversation(store):
    """Examples that a program sends before each question."""
    first = ask(store, "Cat?", "Dog?", "Animal.", answer="Animal.")
    second = ask(store, "Oak?", "Dog?", "Animal.", answer="Plant.")

    assert first.conversation_id != second.conversation_id
    assert ask(store, "Why?", "Dog?", "Animal.", "Oak?", "Plant.").conversation_id == second.conversation_id


def test_an_answer_may_come_first(store):
    before = [Message("assistant", "What can I do?"), *a_history("Hello", "Hi!")]
    begun = store.begin_turn_with_history(ME, a_turn(content="Why?"), before)
    store.finish(ME, begun.answer.id, an_outcome("So."), None)
    after = store.begin_turn_with_history(ME, a_turn(content="Oh?"), [*before, *a_history("Why?", "So.")])

    assert tree(store, after) == [
        ("What can I do?", None), ("Hello", 0), ("Hi!", 1), ("Why?", 2), ("So.", 3), ("Oh?", 4), ("", 5)
    ]  # fmt: skip


def test_a_changed_answer_becomes_a_version(store):
    ask(store, "Hello", answer="Hi!")
    ask(store, "Why?", "Hello", "Hi!", answer="So.")
    changed = "Hello", "Hi!", "Why?", "Just so."
    after = ask(store, "Oh?", *changed, answer="Yes.")
    expected = [("Hello", None), ("Hi!", 0), ("Why?", 1), ("So.", 2), ("Just so.", 2), ("Oh?", 4), ("Yes.", 5)]
    assert tree(store, after) == expected

    assert tree(store, ask(store, "Oh?", *changed, answer="Aye.")) == [*expected, ("Aye.", 5)]
    assert tree(store, ask(store, "Eh?", *changed, answer="No."))[8:] == [("Eh?", 4), ("No.", 8)]


@pytest.mark.parametrize("status", ["failed", "stopped", "interrupted"])
def test_a_program_may_have_less_of_a_cut_off_answer(store, status):
    first = ask(store, "Hello", answer="Hi there, you", status=status)

    assert ask(store, "And?", "Hello", "Hi there,").conversation_id == first.conversation_id


def test_less_of_a_complete_answer_is_another_answer(store):
    first = ask(store, "Hello", answer="Hi there, you")
    assert ask(store, "And?", "Hello", "Hi there,").conversation_id != first.conversation_id


def test_a_running_answer_is_not_continued(store):
    first = ask(store, "Hello", answer=None)
    store.append([a_batch(first, 1, content("Hi"))])
    assert ask(store, "And?", "Hello", "").conversation_id != first.conversation_id


def test_a_running_version_is_not_continued(store):
    first = ask(store, "Hello", answer="Hi!")
    running = store.begin_turn(ME, a_turn(content="Why?", conversation_id=first.conversation_id))

    after = ask(store, "Oh?", "Hello", "Hi!", "Why?", running.answer.content, answer="Yes.")

    assert tree(store, after)[4:] == [("", 2), ("Oh?", 4), ("Yes.", 5)]


def test_a_deleted_conversation_begins_again(store):
    first = ask(store, "Hello", answer="Hi!")
    store.delete(ME, first.conversation_id)
    second = ask(store, "Why?", "Hello", "Hi!", answer="So.")
    assert second.conversation_id != first.conversation_id

    store.delete_message(ME, second.answer.id)
    third = ask(store, "Oh?", "Hello", "Hi!", "Why?", "So.", answer="Yes.")
    assert third.conversation_id != second.conversation_id
    store.delete_message(ME, third.user_message_id)
    fourth = ask(store, "Oh?", "Hello", "Hi!", "Why?", "So.", answer="No.")
    assert fourth.conversation_id != third.conversation_id


def test_an_old_deletion_leaves_nothing(store, clock):
    first = ask(store, "Hello", answer="Hi!")
    store.delete_message(ME, first.user_message_id)
    clock.pass_by(days=2)
    store.sweep()

    assert ask(store, "Why?", "Hello", "Hi!").is_new


def test_a_conversation_continued_by_a_person_gets_two_branches(store):
    first = ask(store, "Hello", answer="Hi!")
    on_the_page = store.begin_turn(ME, a_turn(content="On the page", conversation_id=first.conversation_id))
    store.finish(ME, on_the_page.answer.id, an_outcome("Seen."), None)

    after = ask(store, "Why?", "Hello", "Hi!", answer="So.")

    assert tree(store, after)[2:] == [("On the page", 1), ("Seen.", 2), ("Why?", 1), ("So.", 4)]
    elsewhere = ask(store, "Oh?", "Hello", "Hi!", "On the page", "Seen.")
    assert tree(store, elsewhere)[6:] == [("Oh?", 3), ("Fine.", 6)]


def test_a_conversation_begun_by_a_person_is_not_found(store):
    begun = store.begin_turn(ME, a_turn(content="Hello"))
    store.finish(ME, begun.answer.id, an_outcome("Hi!"), None)
    assert ask(store, "Why?", "Hello", "Hi!").conversation_id != begun.conversation_id


def test_other_peoples_history_is_not_continued(store):
    first = ask(store, "Hello", answer="Hi!")
    other = add_person(store, "other")

    assert ask(store, "Why?", "Hello", "Hi!", user=other).is_new
    assert len(tree(store, first)) == 2


def test_only_the_newest_conversations_with_the_same_beginning_are_found(store, clock, monkeypatch):
    monkeypatch.setattr("server.store.known_history.MOST_COMPARED", 5)
    for number in range(8):
        ask(store, "Hello", answer=f"Hi {number}!")
        clock.pass_by(seconds=1)
    newest = ask(store, "Hello", answer="Hi 7!")

    assert ask(store, "Why?", "Hello", "Hi 7!").conversation_id == newest.conversation_id
    assert not ask(store, "Why?", "Hello", "Hi 6!").is_new
    assert ask(store, "Why?", "Hello", "Hi 0!").is_new


def test_a_question_asked_over_and_over_is_hashed_a_few_times(store, clock, monkeypatch):
    monkeypatch.setattr("server.store.known_history.MOST_COMPARED", 5)
    for _ in range(20):
        ask(store, "ping")
        clock.pass_by(seconds=1)

    with store.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(history_hashes)) == 5


def test_a_long_history_continues_and_is_stored_once(store):
    history = [f"Word {number}" for number in range(2000)]
    ask(store, "And?", *history, answer="So.")
    after = ask(store, "Oh?", *history, "And?", "So.", answer="Yes.")

    assert [text for text, _ in tree(store, after)] == [*history, "And?", "So.", "Oh?", "Yes."]


def test_text_that_cannot_be_stored_is_refused(store):
    with pytest.raises(Problem):
        ask(store, "Hello", "a\0", "b")
    assert store.count(ME) == 0
