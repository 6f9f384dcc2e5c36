"""The lists of an Ollama server are parsed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g4f_lite.protocols.ollama.model_list import loaded_models, models_in
from g4f_lite.routing.model_info import ModelInfo
from tests.support.services.ollama_service import tagged


def tags(*models):
    return {"models": list(models)}


def test_the_server_s_order_is_kept_and_each_model_comes_once():
    listing = tags(tagged("b:latest"), tagged("a:7b"), tagged("b:latest"), tagged("c\nd"), None, {}, {"name": 5})

    assert models_in(listing, None, None) == [ModelInfo("b:latest"), ModelInfo("a:7b")]


@pytest.mark.parametrize(
    ("said", "vision"),
    [
        ({"capabilities": ["completion", "vision"]}, True),
        ({"capabilities": ["completion"], "details": {"families": ["clip"]}}, False),
        ({"details": {"families": ["llama", "clip"]}}, True),
        ({"details": {"families": ["mllama", "mllama"]}}, True),
        ({"details": {"families": ["gemma3"]}}, None),  # sees, but nobody says so
        ({"details": {"families": None}}, None),
        ({"details": None, "capabilities": None}, None),
        ({"details": {"families": [{}]}}, None),
    ],
    ids=str,
)
def test_vision_is_read_from_capabilities_or_else_from_families(said, vision):
    assert models_in(tags(tagged("a") | said), None, None) == [ModelInfo("a", vision=vision)]


@pytest.mark.parametrize(("can", "chats"), [(["embedding"], False), (["embedding", "completion"], True), ([], True)])
def test_models_for_embeddings_alone_are_left_out(can, chats):
    assert bool(models_in(tags(tagged("a", capabilities=can)), None, None)) is chats


def test_models_in_memory_are_listed():
    loaded = loaded_models(tags(tagged("a", context_length=8192), tagged("c")))

    assert models_in(tags(tagged("a"), tagged("b"), tagged("c")), loaded, None) == [
        ModelInfo("a", loaded=True, context=8192),
        ModelInfo("b", loaded=False),
        ModelInfo("c", loaded=True),
    ]


def test_the_context_that_is_asked_for_counts():
    loaded = loaded_models(tags(tagged("a", context_length=4096)))

    assert [offer.context for offer in models_in(tags(tagged("a"), tagged("b")), loaded, 8192)] == [8192, 8192]


@pytest.mark.parametrize("size", [0, -1, "8192", None, True])
def test_a_context_that_is_none_is_not_told(size):
    assert loaded_models(tags(tagged("a", context_length=size))) == {"a": None}


@pytest.mark.parametrize("nothing", [None, [], {}, {"models": None}, {"models": {}}, {"data": []}, "models"], ids=str)
def test_what_is_no_list_is_none(nothing):
    with pytest.raises(ValueError, match="no list"):
        models_in(nothing, None, None)
    with pytest.raises(ValueError, match="no list"):
        loaded_models(nothing)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["models", "name", "id", "details", "families", "capabilities", "context_length"]),
            inner,
            max_size=4,
        )
    ),
)


@given(json_values, json_values)
def test_no_json_is_too_strange(listing, ps):
    try:
        found = models_in(listing, loaded_models(ps), None)
    except ValueError:
        return
    assert len({offer.id for offer in found}) == len(found)
