"""What a configuration is good for, asked of its providers."""

import json
from pathlib import Path

import pytest

from g4f_lite import catalog
from g4f_lite.config import CatalogConfig, load
from g4f_lite.survey import survey, table
from tests.openai_wire import openai_error, openai_models
from tests.upstream import Upstream, silence


@pytest.fixture
def config(tmp_path: Path, upstream: Upstream) -> CatalogConfig:
    file = tmp_path / "config.json"
    providers = {
        "guide": {"kind": "Guide"},
        "service": {"kind": "OpenAICompatible", "base_url": upstream.base_url},
        "off": {"kind": "OpenAICompatible", "base_url": upstream.base_url, "enabled": False},
    }
    file.write_text(json.dumps({"providers": providers}))
    return load(file, CatalogConfig, {})


async def test_a_provider_that_lists_its_models_works(config: CatalogConfig, upstream: Upstream) -> None:
    upstream.will_answer_json(openai_models(["a", "b", "c"]), to="/models")

    guide, service, off = await survey(config)

    assert (guide.works, guide.sentence) == (True, "works, 1 model")
    assert (service.works, service.sentence) == (True, "works, 3 models")
    assert not off.works and "switched off" in off.sentence


async def test_a_provider_that_refuses_does_not_work(config: CatalogConfig, upstream: Upstream) -> None:
    upstream.will_answer_json(openai_error("Who are you?"), status=401, to="/models")

    _, service, _ = await survey(config)

    assert not service.works and "key" in service.sentence


async def test_a_provider_that_says_nothing_is_not_waited_for(
    config: CatalogConfig, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "LISTING_LIMIT_S", 0.1)
    upstream.will_answer([], before_headers=silence(), to="/models")

    guide, service, _ = await survey(config)

    assert guide.works
    assert service.sentence == "service did not list its models in 0.1 seconds."


def test_columns_of_a_table_stand_below_each_other() -> None:
    assert table([("a", "b"), ("long", "")]) == "a     b\nlong\n"
    assert table([]) == ""
