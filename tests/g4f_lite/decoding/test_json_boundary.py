"""The end of an object is found as soon as it arrives, wherever its text is divided."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g4f_lite.decoding.json_boundary import JsonBoundary
from tests.support.divisions import divided

TRICKY = ["{", "}", "[", "]", '"', "\\", "\\\\", '\\"', "a", "é", "\n"]
objects = st.dictionaries(
    st.text(max_size=3),
    st.recursive(
        st.none() | st.integers() | st.lists(st.sampled_from(TRICKY), max_size=6).map("".join),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(TRICKY), inner, max_size=3),
        max_leaves=8,
    ),
    max_size=3,
)


def reached(*texts: str) -> bool:
    end = JsonBoundary()
    for text in texts:
        end.feed(text)
    return end.reached


@given(objects, st.booleans(), st.lists(st.integers(0, 200)))
def test_no_division_hides_the_end_or_feigns_one(value, ascii_, cuts):
    text = json.dumps(value, ensure_ascii=ascii_)

    assert not reached(*divided(text[:-1], cuts))
    assert reached(*divided(text, cuts))


@pytest.mark.parametrize("behind", [" ", "\n", "}", '"', "{"])
def test_what_stands_after_the_end_changes_nothing(behind):
    assert reached('{"a": 1}', behind, behind)


@pytest.mark.parametrize("text", ["", " ", "1", '"{}"', "null", "{", '{"a": "}', '{"a\\"}'])
def test_what_has_not_ended_has_not(text):
    assert not reached(text)
