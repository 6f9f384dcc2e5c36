"""The inference providers of a model are read from both forms of the Hub's mapping."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g4f_lite.protocols.hugging_face.inference_providers import chat_models, chat_providers, parse_mapping
from tests.support.services.hub_service import ROUTES, as_list, by_provider, serving


def providers(mapping):
    return [one.provider for one in chat_providers(parse_mapping(mapping))]


@pytest.mark.parametrize("provider", ROUTES)
def test_each_has_its_route(provider):
    (one,) = chat_providers(parse_mapping(by_provider(provider)))

    assert f"/{one.path}/chat/completions" == ROUTES[provider]
    assert one.model == f"vendor/{provider}"


def test_a_provider_that_is_not_known_is_asked_where_most_are():
    (one,) = chat_providers(parse_mapping(by_provider("brand-new")))

    assert one.path == "brand-new/v1"


def test_a_model_in_a_path_is_no_other_path():
    (one,) = chat_providers(parse_mapping({"hf-inference": serving("x", providerId="org/a b?c#d%2e")}))

    assert one.path == "hf-inference/models/org/a%20b%3Fc%23d%252e/v1"


def test_both_shapes_say_the_same():
    mapping = by_provider("novita", "together", "groq")

    assert parse_mapping(mapping) == parse_mapping(as_list(mapping)) == mapping


def test_the_order_is_the_person_s_preference():
    names = ["zai-org", "novita", "cohere", "brand-new"]

    assert providers(by_provider(*names)) == names
    assert providers(as_list(by_provider(*reversed(names)))) == names[::-1]


def test_only_providers_that_chat_are_asked():
    mapping = {
        "fal-ai": serving("fal-ai", task="text-to-image"),
        "hf-inference": serving("hf-inference", task="text-generation"),
        "together": serving("together", task=None),
        "replicate": serving("replicate"),
        "novita": serving("novita"),
    }

    assert providers(mapping) == ["novita"]


def test_a_provider_that_does_several_things_chats_too():
    mapping = [
        {"provider": "together", **serving("together", task="text-generation")},
        {"provider": "together", **serving("together")},
        {"provider": "together", **serving("together", task="feature-extraction")},
    ]

    assert providers(mapping) == ["together"]


def test_providers_that_are_not_live_are_asked_when_no_other_is_left():
    mapping = {
        "a": serving("a", status="staging"),
        "b": serving("b", status="error"),
        "c": serving("c"),
        "d": serving("d", status=None),
        "e": serving("e"),
    }

    assert providers(mapping) == ["c", "e", "b", "a", "d"]


@pytest.mark.parametrize(
    "mapping", [None, {}, [], "novita", 5, [None], {"novita": None}, [{"status": "live"}]], ids=str
)
def test_a_model_without_a_mapping_has_no_providers(mapping):
    assert providers(mapping) == []


@pytest.mark.parametrize("id_", [None, "", 5, "a\nb", "x" * 201], ids=lambda id_: repr(id_)[:9])
def test_a_provider_that_has_no_name_for_the_model_cannot_be_asked(id_):
    assert providers({"novita": serving("novita", providerId=id_)}) == []


@pytest.mark.parametrize("name", ["", "..", "a/b", "a?b", "a b", "-", "x" * 65, "größe"])
def test_a_name_that_leads_elsewhere_is_nobody_s(name):
    assert providers({name: serving("novita")}) == providers([{"provider": name, **serving("novita")}]) == []


def test_more_may_be_said_than_is_known():
    mapping = {"novita": serving("novita", isModelAuthor=False, adapter="lora", type="tag-filter")}

    assert parse_mapping(mapping) == mapping
    assert providers(mapping) == ["novita"]


def test_a_list_names_the_models_with_a_live_provider():
    page = [
        {"id": "a", "inferenceProviderMapping": as_list(by_provider("novita"))},
        {"id": "b", "inferenceProviderMapping": by_provider("novita")},
        {"id": "c", "inferenceProviderMapping": None},
        {"id": "d"},
        {"id": "e", "inferenceProviderMapping": [{"provider": "novita", **serving("novita", status="staging")}]},
        {"id": "f", "inferenceProviderMapping": [{"provider": "fal-ai", **serving("fal-ai", task="text-to-image")}]},
        {
            "id": "g",
            "inferenceProviderMapping": [
                {"provider": "novita", **serving("novita", status="error")},
                {"provider": "together", **serving("together", task="text-generation")},
                {"provider": "groq", **serving("groq")},
            ],
        },
        None,
        "h",
        {"inferenceProviderMapping": by_provider("novita")},
    ]

    assert chat_models(page) == ["a", "b", "g"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["live", "conversational"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["provider", "providerId", "status", "task", "novita", "id", "inferenceProviderMapping"]),
            inner,
            max_size=4,
        )
    ),
)


@given(json_values)
def test_no_json_is_too_strange(value):
    for one in chat_providers(parse_mapping(value)):
        assert one.provider and one.model
    chat_models([value])
