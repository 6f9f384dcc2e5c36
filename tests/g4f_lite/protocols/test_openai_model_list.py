"""Lists of models are read in all forms that services use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g4f_lite.protocols.openai.model_list import models_in
from g4f_lite.routing.model_info import ModelInfo
from tests.support.services.openai_wire import openai_models


@pytest.mark.parametrize(
    "listing",
    [
        openai_models(["a", "b/c"]),
        [{"id": "a"}, {"id": "b/c"}],
        {"models": [{"name": "a"}, {"id": "b/c"}]},
        {"data": ["a", "b/c"]},
        {"models": [{"name": "x"}], "data": [{"id": "a"}, {}, {"id": ""}, {"id": 5}, None, {"id": "b/c"}, {"id": "a"}]},
    ],
    ids=str,
)
def test_every_shape_is_read(listing):
    assert models_in(listing) == [ModelInfo("a"), ModelInfo("b/c")]


@pytest.mark.parametrize("odd", ["a\ud83d", "a\nb", "\u202e", "\0", "x" * 201])
def test_ids_that_no_page_can_show_are_left_out(odd):
    assert models_in([{"id": odd}, {"id": "модель/x"}]) == [ModelInfo("модель/x")]


@pytest.mark.parametrize("nothing", [None, {}, {"data": None}, {"data": {}}, 5, "models", {"error": "no"}], ids=str)
def test_what_is_no_list_is_none(nothing):
    with pytest.raises(ValueError, match="no list"):
        models_in(nothing)


@pytest.mark.parametrize(
    "said",
    [
        {"context_length": 8192},
        {"context_window": 8192},
        {"max_model_len": 8192},
        {"max_context_length": 8192},
        {"meta": {"n_ctx": 8192, "n_ctx_train": 131072}},
        {"context_length": None, "context_window": 8192},
        {"context_length": "long", "max_model_len": 8192},
    ],
    ids=str,
)
def test_the_context_has_several_names(said):
    assert models_in([{"id": "a", **said}]) == [ModelInfo("a", context=8192)]


@pytest.mark.parametrize(
    "size", [0, -1, True, "8192", 8192.0, 1 << 31, 10**400, None, {}], ids=lambda size: repr(size)[:9]
)
def test_a_context_that_is_none_is_not_told(size):
    assert models_in([{"id": "a", "context_length": size}]) == [ModelInfo("a")]


@pytest.mark.parametrize(
    ("providers", "context"),
    [
        (
            [
                {"provider": "a", "status": "live", "context_length": 131072},
                {"provider": "b", "status": "live", "context_length": 32768},
                {"provider": "c", "status": "error", "context_length": 4096},
                {"provider": "d", "status": "live"},
            ],
            32768,
        ),
        ([{"provider": "a", "status": "live"}, None, {"status": "live", "context_length": "long"}], None),
        ([], None),
        (None, None),
        ({"a": {"context_length": 5}}, None),
    ],
    ids=str,
)
def test_the_context_is_what_everybody_who_serves_a_model_has(providers, context):
    assert models_in([{"id": "a", "providers": providers}]) == [ModelInfo("a", context=context)]


@pytest.mark.parametrize(
    ("said", "vision"),
    [
        ({"architecture": {"input_modalities": ["text", "image"]}}, True),
        ({"architecture": {"input_modalities": ["text"]}}, False),
        ({"capabilities": {"completion_chat": True, "vision": True}}, True),
        ({"capabilities": {"vision": False}}, False),
        ({"capabilities": {"vision": "yes"}}, None),
        ({"capabilities": ["completion", "multimodal"], "architecture": None}, None),
        ({"architecture": {"input_modalities": "image"}}, None),
    ],
    ids=str,
)
def test_whether_a_model_takes_images_is_said_in_two_ways(said, vision):
    assert models_in([{"id": "a", **said}]) == [ModelInfo("a", vision=vision)]


def test_gemini_s_models_have_the_names_that_people_know():
    gemini = {"id": "models/gemini-2.5-flash", "object": "model", "owned_by": "google"}
    vllm = {"id": "models/llama", "owned_by": "vllm"}  # a folder, and no other name will do

    assert models_in({"object": "list", "data": [gemini, vllm]}) == [
        ModelInfo("gemini-2.5-flash"),
        ModelInfo("models/llama"),
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "models", "id", "name", "meta", "n_ctx", "architecture", "input_modalities"]),
            inner,
            max_size=4,
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


@pytest.mark.parametrize(
    "id_",
    ["whisper-1", "whisper-large-v3", "tts-1", "gpt-4o-mini-tts", "gpt-4o-transcribe", "dall-e-3", "gpt-image-1",
     "text-embedding-3-small", "nomic-embed-text", "mistral-embed", "omni-moderation-latest", "BAAI/bge-m3",
     "black-forest-labs/FLUX.1-dev", "jina-reranker-v2", "davinci-002"],
)  # fmt: skip
def test_models_that_take_no_chats_are_left_out(id_):
    assert models_in({"data": [{"id": id_}]}) == []


@pytest.mark.parametrize("id_", ["gpt-4o", "attstext", "qwen3-embedded", "fluxion-7b", "sorata", "deepseek-r1"])
def test_other_names_are_offered(id_):
    assert [one.id for one in models_in({"data": [{"id": id_}]})] == [id_]


def test_what_a_service_says_of_a_model_counts_more_than_its_name():
    listing = [
        {"id": "tts-chat", "architecture": {"output_modalities": ["text", "audio"]}},
        {"id": "a", "architecture": {"output_modalities": ["image"]}},
        {"id": "b", "capabilities": {"completion_chat": False}},
        {"id": "embed-chat", "capabilities": {"completion_chat": True}},
        {"id": "c", "type": "embedding"},
        {"id": "flux-writer", "type": "chat"},
        {"id": "d", "type": "model"},
    ]

    assert [one.id for one in models_in(listing)] == ["tts-chat", "embed-chat", "flux-writer", "d"]


def test_an_id_that_is_an_address_gives_way_to_the_name():
    listing = [{"id": "azureml://registries/azure-openai/models/gpt-4o/versions/2", "name": "gpt-4o"}, {"id": "a://b"}]

    assert [one.id for one in models_in(listing)] == ["gpt-4o", "a://b"]
