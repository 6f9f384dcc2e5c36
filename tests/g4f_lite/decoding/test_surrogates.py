"""Halves of characters never reach code that encodes the text."""

from hypothesis import given
from hypothesis import strategies as st

from g4f_lite.decoding.surrogates import SurrogateJoiner, join_surrogates

HIGH, LOW = "\ud83d", "\ude00"


def join(*texts: str) -> list[str]:
    joiner = SurrogateJoiner()
    return [*map(joiner.feed, texts), joiner.end()]


def test_a_pair_divided_between_two_texts_becomes_its_character():
    assert join("a" + HIGH, LOW + "b") == ["a", "😀b", ""]


def test_a_first_half_waits_through_empty_texts():
    assert join(HIGH, "", LOW) == ["", "", "😀", ""]


def test_halves_that_stay_alone_are_replaced():
    assert join("a" + HIGH, "b") == ["a", "\ufffdb", ""]
    assert join(LOW + "a") == ["\ufffda", ""]
    assert join("a" + HIGH) == ["a", "\ufffd"]


def test_a_pair_in_two_halves_within_one_text_is_joined():
    assert join_surrogates(HIGH + LOW) == "😀"


@given(st.lists(st.text(st.sampled_from(["a", "é", "😀", HIGH, LOW]))))
def test_every_text_can_be_encoded_and_any_division_gives_the_same(texts):
    joined = "".join(join(*texts))

    assert joined.encode() == "".join(join(*"".join(texts))).encode() == join_surrogates("".join(texts)).encode()
