"""Any JSON in the file gives a configuration or a list of mistakes, never a crash."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from g4f_lite.config.load import load
from g4f_lite.config.settings import ModelSettings, ProviderSettings, Timeout
from g4f_lite.errors import ConfigError
from g4f_lite.providers import KINDS
from server.config.site import Config, SiteConfig

WORDS = [
    *Config.model_fields,
    *SiteConfig.model_fields,
    *ProviderSettings.model_fields,
    *ModelSettings.model_fields,
    *Timeout.model_fields,
    "mode",
    "guide",
]
VALUES = [
    "Guide",
    "LocalModel",
    "OpenAICompatible",
    "guide/guide",
    "guide/",
    "${X}",
    "http://[",
    "::1",
    "0.0.0.0",
    "none",
]

keys = st.sampled_from(WORDS) | st.text(max_size=5)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.sampled_from(VALUES)
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)
entries = st.dictionaries(st.sampled_from([*ProviderSettings.model_fields]), anything, max_size=5)
documents = st.fixed_dictionaries(
    {},
    optional={
        "providers": st.dictionaries(keys, entries | anything, max_size=3),
        "models": st.dictionaries(keys, anything, max_size=3),
        **{key: anything for key in Config.model_fields if key not in ("providers", "models")},
    },
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("config") / "config.json"


@settings(max_examples=300, deadline=None, database=None)
@given(document=documents | anything)
@example(document={"providers": {"x": {"kind": "Guide", "base_url": "http://[::1"}}})
@example(document={"site_config": {"host": "[" * 9}})
@example(document={"models": {"\r": None}, "default_model": "0"})
def test_any_json_is_a_configuration_or_has_mistakes(file: Path, document: Any) -> None:
    file.write_text(json.dumps(document))

    try:
        config = load(file, Config, {}, KINDS)
    except ConfigError as error:
        assert error.mistakes
        assert all(len(line.splitlines()) == 1 for line in error.mistakes)
    else:
        assert config.default_model
