"""The oldest messages are dropped; system messages and the last question stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g4f_lite.messages import Image, Message, conversation
from g4f_lite.protocols.hugging_face.trimming import calculate_length, trimmed

SYSTEM = Message("system", "Be brief.")


def test_a_message_counts_its_text_and_sixteen():
    assert calculate_length(conversation("Hello", "Hi there!")) == 5 + 16 + 9 + 16
    assert calculate_length([]) == 0
    assert calculate_length([Message("user", "👋é")]) == 18


@pytest.mark.parametrize(
    ("content", "length"),
    [
        ("Hello", 5),
        (None, 0),
        ([{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}], 5),
        (
            [{"type": "image_url", "image_url": {"url": "https://a.example/1"}}, {"type": "text", "text": "Hi"}],
            2,
        ),
        ([None, {"type": "text", "text": None}, {}], 0),
    ],
    ids=str,
)
def test_content_has_several_shapes_of_which_texts_count(content, length):
    assert calculate_length([{"role": "user", "content": content}]) == length + 16


def test_a_message_without_content_counts_sixteen():
    assert calculate_length([{"role": "assistant"}]) == 16


def test_images_count_nothing():
    assert calculate_length([Message("user", "Hi", (Image("https://example.com/image.jpg"),))]) == 18


def test_what_fits_stays_as_it_is():
    odd = [Message("assistant", "Hi"), *conversation("a", "b", "c")]

    assert trimmed(odd, calculate_length(odd)) == odd


def test_the_oldest_go_first_and_the_rest_begins_with_a_question():
    messages = conversation("one", "two", "three", "four", "five")

    for limit, kept in [(94, 3), (93, 3), (55, 1), (54, 1)]:
        assert trimmed(messages, limit) == messages[-kept:]


def test_nothing_is_left_out_that_need_not_be():
    messages = conversation("x" * 1000, "b", "c", "d", "e")

    assert trimmed(messages, 200) == messages[2:]


def test_what_the_system_says_stays_wherever_it_says_it():
    late = Message("system", "Be brief, I said.")
    one, two, three, four, five = conversation("one", "two", "three", "four", "five")

    assert trimmed([SYSTEM, one, two, late, three, four, five], 60) == [SYSTEM, late, five]


def test_the_last_question_stays_however_long_it_is():
    question = Message("user", "x" * 50_000)

    assert trimmed([SYSTEM, *conversation("a", "b"), question], 10_000) == [SYSTEM, question]
    assert trimmed([question], 1) == [question]


def test_what_stands_after_the_last_question_stays():
    begun = Message("assistant", "Once upon")

    assert trimmed([*conversation("a", "b", "c"), begun], 1) == [Message("user", "c"), begun]


def test_the_result_of_a_tool_is_no_question():
    call = {"id": "c", "type": "function", "function": {"name": "now", "arguments": "{}"}}
    calling = Message("assistant", "", extra={"tool_calls": [call]})
    result = Message("user", "It is noon.", extra={"role": "tool", "tool_call_id": "c"})
    answer, question = Message("assistant", "Noon."), Message("user", "And now?")

    assert trimmed([*conversation("a"), calling, result], 1) == [*conversation("a"), calling, result]
    assert trimmed([*conversation("a"), calling, result, answer, question], 80) == [question]


roles = st.sampled_from(["system", "user", "assistant"])
messages = st.lists(st.builds(Message, roles, st.text(max_size=40)), max_size=12)


@given(messages.map(lambda some: [*some, Message("user", "?")]), st.integers(1, 400))
def test_whatever_the_conversation(conversation, limit):
    kept = trimmed(conversation, limit)
    left_out = [message for message in conversation if not any(message is one for one in kept)]
    others = [message for message in kept if message.role != "system"]

    assert [message for message in conversation if any(message is one for one in kept)] == kept
    assert kept[-1] is conversation[-1]
    assert not any(message.role == "system" for message in left_out)
    assert calculate_length(kept) <= limit or len(others) == 1
    assert others[0].role == "user" or not left_out
