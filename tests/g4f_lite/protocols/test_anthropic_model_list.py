"""Anthropic's list of models is parsed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g4f_lite.protocols.anthropic.model_list import models_in, next_page
from g4f_lite.routing.model_info import ModelInfo


def page(*models, **members):
    return {"data": [{"type": "model", **model} for model in models], "has_more": False, **members}


def test_the_api_s_order_is_kept_and_each_model_comes_once():
    listing = page({"id": "claude-b"}, {"id": "claude-a"}, {"id": "claude-b"}, {"id": "c\nd"}, {"id": 5}, {})

    assert [offer.id for offer in models_in(listing)] == ["claude-b", "claude-a"]


@pytest.mark.parametrize(
    ("model", "vision"),
    [
        ({"id": "claude-x"}, True),
        ({"id": "claude-x", "capabilities": {"image_input": {"supported": False}}}, False),
        ({"id": "llama", "capabilities": {"image_input": {"supported": True}}}, True),
        ({"id": "llama"}, None),
        ({"id": "llama", "capabilities": {"image_input": True}}, None),
        ({"id": "llama", "capabilities": None}, None),
    ],
    ids=str,
)
def test_claude_sees_unless_the_api_says_otherwise(model, vision):
    assert models_in(page(model))[0].vision is vision


@pytest.mark.parametrize(("size", "context"), [(200_000, 200_000), (0, None), (-1, None), ("1", None), (None, None)])
def test_the_context_is_read_where_the_api_sends_it(size, context):
    assert models_in(page({"id": "claude-x", "max_input_tokens": size})) == [ModelInfo("claude-x", True, context)]


@pytest.mark.parametrize(
    ("members", "last"),
    [
        ({"has_more": True, "last_id": "claude-b"}, "claude-b"),
        ({"has_more": False, "last_id": "claude-b"}, ""),
        ({"has_more": True, "last_id": None}, ""),
        ({"has_more": True}, ""),
        ({"last_id": "claude-b"}, ""),
    ],
    ids=str,
)
def test_the_last_id_leads_to_the_next_page(members, last):
    assert next_page(page(**members)) == last


@pytest.mark.parametrize("nothing", [None, [], {}, {"data": None}, {"models": []}, "claude"], ids=str)
def test_what_is_no_list_is_none(nothing):
    with pytest.raises(ValueError, match="no list"):
        models_in(nothing)
    assert next_page(nothing) == ""


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "id", "capabilities", "image_input", "supported"]), inner, max_size=4
        )
    ),
)


@given(json_values)
def test_no_json_is_too_strange(value):
    try:
        found = models_in(value)
    except ValueError:
        return
    assert len({offer.id for offer in found}) == len(found)
