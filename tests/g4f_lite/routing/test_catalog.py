import asyncio

import pytest

from g4f_lite.config.load import CatalogConfig
from g4f_lite.errors import UnknownModelError, UnreachableError
from g4f_lite.http.transport import Http
from g4f_lite.protocols.hugging_face.hub_cache import hub_cache
from g4f_lite.providers import KINDS
from g4f_lite.providers.huggingface_api import HuggingFaceAPI
from g4f_lite.routing import configured_provider
from g4f_lite.routing.catalog import Catalog
from g4f_lite.routing.model_info import ModelInfo
from tests.support.services.hub_service import HubService, by_provider
from tests.support.services.scripted import a_catalog, scripted
from tests.support.services.upstream import json_answer

GUIDE = {"guide": {"kind": "Guide"}}
OFF = {"off": {"kind": "Guide", "enabled": False}}


def document(**members):
    return {
        "providers": GUIDE | OFF,
        "models": {"guide": {"routes": ["guide/guide"]}},
        "default_model": "guide",
    } | members


def test_a_configured_model_is_found_by_its_name():
    model = a_catalog(**document()).model("guide")

    assert [(route.provider.name, route.model) for route in model.routes] == [("guide", "guide")]


def test_a_provider_and_its_own_name_for_the_model_need_no_entry():
    model = a_catalog(**document()).model("guide/some/long/id")

    assert (model.provider, model.routes[0].model) == ("guide", "some/long/id")


@pytest.mark.parametrize("name", ["", "nobody", "nobody/guide", "guide/", "off/guide", "/guide"])
def test_an_unknown_model_is_an_error(name):
    with pytest.raises(UnknownModelError):
        a_catalog(**document()).model(name)


def test_the_error_names_the_nearest_model():
    with pytest.raises(UnknownModelError, match="did you mean guide"):
        a_catalog(**document()).model("giude")


def test_a_list_of_models_in_the_entry_is_the_only_offer():
    providers = {"guide": {"kind": "Guide", "models": ("one", "two")}}
    catalog = a_catalog(**document(providers=providers))

    assert catalog.model("guide/two").name == "guide/two"
    with pytest.raises(UnknownModelError):
        catalog.model("guide/three")


async def test_listed_models_are_offered_after_the_configured_ones():
    providers = {"guide": {"kind": "Guide", "models": ("guide", "other")}}
    catalog = a_catalog(**document(providers=providers))

    assert await catalog.refresh(now=1) is True
    assert [model.name for model in catalog.models()] == ["guide", "guide/other"]


async def test_a_list_is_asked_for_again_only_when_it_is_due():
    catalog = a_catalog(**document())
    await catalog.refresh(now=1)
    catalog.providers["guide"].listed = ()

    assert await catalog.refresh(now=2) is False
    assert catalog.providers["guide"].listed == ()


async def test_a_provider_that_cannot_list_keeps_its_old_list():
    provider = scripted()
    await provider.refresh_models()

    async def unreachable():
        raise UnreachableError("up cannot be reached.")

    provider.instance.list_models = unreachable
    await provider.refresh_models()

    assert provider.listed == (ModelInfo("scripted"),)
    assert provider.state == "failing"


async def test_a_provider_that_is_slow_to_list_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(configured_provider, "LISTING_LIMIT_S", 0.01)
    provider = scripted()
    provider.instance.list_models = asyncio.Event().wait

    await provider.refresh_models()

    assert provider.health.last_error.message == "up did not list its models within 0.01 seconds."


def test_a_model_whose_providers_are_all_off_says_why():
    catalog = a_catalog(**document(models={"m": {"routes": ["off/x"]}}))

    assert not catalog.model("m").available
    assert "off" in catalog.model("m").reason


def test_a_changed_configuration_keeps_the_providers_that_stayed_the_same():
    before = a_catalog(**document(providers=GUIDE | {"two": {"kind": "Guide"}}))
    config = CatalogConfig.model_validate(document(providers=GUIDE | {"two": {"kind": "Guide", "max_concurrent": 1}}))

    after = Catalog(config, KINDS, Http(), previous=before)

    assert after.providers["guide"] is before.providers["guide"]
    assert after.providers["two"] is not before.providers["two"]


async def test_a_model_whose_name_tells_the_key_is_not_offered():
    provider = scripted()
    provider.settings = provider.settings.model_copy(update={"api_key": "tiger-secret"})

    async def telling():
        return [ModelInfo("good"), ModelInfo("for tiger-secret")]

    provider.instance.list_models = telling

    assert await provider.fetch_models() == (ModelInfo("good"),)


async def test_what_a_service_usually_has_is_offered_unconfirmed_while_it_lists_nothing(upstream, monkeypatch):
    hub_cache.cache_clear()
    monkeypatch.setattr(HuggingFaceAPI, "hub_url", upstream.url)
    hugging_face = {"kind": "HuggingFaceAPI", "api_key": "hf_x", "base_url": upstream.url}
    catalog = a_catalog(**document(providers=GUIDE | {"hf": hugging_face}))
    upstream.otherwise = lambda request: json_answer({"error": "Oops"}, 500)

    assert await catalog.refresh(0)

    offered = {model.name: model.unconfirmed for model in catalog.models() if model.provider == "hf"}
    assert list(offered) == [f"hf/{id_}" for id_ in HuggingFaceAPI.fallback_models]
    assert all(reason.startswith("Not confirmed: hf failed") for reason in offered.values())

    upstream.otherwise = HubService({"a/b": by_provider("novita")}, tokens={"hf_x"})
    await catalog.providers["hf"].refresh_models()
    assert [(m.name, m.unconfirmed) for m in catalog.models() if m.provider == "hf"] == [("hf/a/b", "")]
    upstream.otherwise = lambda request: json_answer({"error": "Oops"}, 500)
    await catalog.providers["hf"].refresh_models()
    assert [m.name for m in catalog.models() if m.provider == "hf"] == ["hf/a/b"]
    await catalog.providers["hf"].instance.http.close()
