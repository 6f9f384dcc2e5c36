"""Inline reasoning is separated from the answer, however the tags are divided."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g4f_lite.decoding.think_tags import LONGEST_BLANK, ThinkTagSplitter
from g4f_lite.pieces import Content, Reasoning
from tests.support.divisions import divided


def split(*texts: str) -> list[Content | Reasoning]:
    splitter = ThinkTagSplitter()
    return [piece for text in texts for piece in splitter.feed(text)] + splitter.end()


def joined(pieces: list[Content | Reasoning]) -> list[Content | Reasoning]:
    """Return neighbours of one type as one piece."""
    result: list[Content | Reasoning] = []
    for piece in pieces:
        if result and type(result[-1]) is type(piece):
            piece = type(piece)(result.pop().text + piece.text)
        result.append(piece)
    return result


def test_text_without_tags_passes_as_it_comes():
    assert split("  Hel", "lo ", "\n```\n  x") == [Content("  Hel"), Content("lo "), Content("\n```\n  x")]


def test_reasoning_stands_between_the_tags():
    assert split("<think>\nHm.\n</think>\n\nYes.") == [Reasoning("\nHm.\n"), Content("\n\nYes.")]


def test_tags_may_be_divided():
    assert split("<th", "ink>", "Hm", ".</", "thi", "nk>", "Yes.") == [Reasoning("Hm"), Reasoning("."), Content("Yes.")]


def test_what_only_looks_like_a_tag_is_text():
    assert joined(split("<th", "e end>")) == [Content("<the end>")]
    assert joined(split("<think>a </th", "ought> b</think>c")) == [Reasoning("a </thought> b"), Content("c")]


def test_reasoning_arrives_before_the_block_is_closed():
    splitter = ThinkTagSplitter()

    assert splitter.feed("<think>Hm, ") == [Reasoning("Hm, ")]


def test_white_space_alone_opens_no_block():
    assert split("<think>\n", "\n</think>Yes.") == [Content("Yes.")]


def test_white_space_within_a_block_counts():
    assert joined(split("<think>", "\n ", "a", "\n", "\n", "b</think>")) == [Reasoning("\n a\n\nb")]


def test_white_space_before_the_opening_tag_is_no_answer():
    assert split("\n ", "<think>a</think>b") == [Reasoning("a"), Content("b")]


def test_a_block_that_is_never_closed_is_reasoning():
    assert joined(split("<think>a", " </thi")) == [Reasoning("a </thi")]


def test_a_missing_opening_tag_leaves_only_the_closing_one_out():
    assert joined(split("Hm.", "\n</th", "ink>\n\nYes.")) == [Content("Hm.\n\n\nYes.")]
    assert split("</think>", "Yes.") == [Content("Yes.")]


@pytest.mark.parametrize("answer", ["Write `</think>` to end.", "Use <think>a</think> so.", "x\n<think>\n"])
def test_an_answer_about_the_tags_keeps_them(answer):
    assert joined(split(answer)) == [Content(answer)]


def test_after_the_block_tags_are_text():
    assert joined(split("<think>a</think>b\n</think><think>")) == [Reasoning("a"), Content("b\n</think><think>")]


def test_an_answer_of_white_space_is_kept():
    assert joined(split(" ", "\n")) == [Content(" \n")]


def test_endless_white_space_is_not_hoarded():
    splitter = ThinkTagSplitter()
    pieces = [piece for _ in range(LONGEST_BLANK + 5) for piece in splitter.feed(" ")]

    assert sum(len(piece.text) for piece in pieces) == LONGEST_BLANK + 5


@given(
    text=st.lists(
        st.sampled_from(["<think>", "</think>", "<", "/", "think", ">", " ", "\n", "Hello", "é"]), max_size=12
    ).map("".join),
    cuts=st.lists(st.integers(0, 60)),
)
def test_any_division_of_the_text_gives_the_same(text, cuts):
    parts = divided(text, cuts)

    assert joined(split(*parts)) == joined(split(text)) == joined(split(*text))
    assert all(piece.text for piece in split(*parts))
