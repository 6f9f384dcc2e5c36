"""The README is checked like code."""

import ast
import re
from pathlib import Path

import pytest

from g4f_lite.providers import KINDS
from g4f_lite.settings import DefaultParams, ModelSettings, Price, ProviderSettings, Timeout
from server.admission import Auth, Oidc, Rights, Roles
from server.config import Config, SiteConfig
from server.limits import Limits

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SHAPES = (
    Config,
    SiteConfig,
    Auth,
    Roles,
    Rights,
    Oidc,
    Limits,
    ProviderSettings,
    Timeout,
    ModelSettings,
    DefaultParams,
    Price,
)
KEYS = {key for shape in SHAPES for key in shape.model_fields} - {"missing_variables"}
OPTIONS = {key for kind in KINDS.values() for key in kind.Options.model_fields}


@pytest.mark.parametrize("key", sorted(KEYS | OPTIONS))
def test_every_key_of_the_configuration_is_in_the_readme(key):
    assert re.search(rf"\b{key}\b", README)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_in_the_readme(kind):
    assert f"`{kind}`" in README


def events_written():
    """Return the types of events that the code writes, by the calls of `event` and `_write`."""
    for file in (ROOT / "server").glob("*.py"):
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call):
                name = getattr(call.func, "attr", getattr(call.func, "id", ""))
                words = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
                if name in ("event", "_write", "_line"):
                    yield from (word for word in words if isinstance(word, str))


def test_every_event_is_in_the_readme():
    written = set(events_written()) | {"content", "reasoning", "ping"}

    assert {"start", "provider", "attempt", "html", "title", "usage", "finish", "error"} <= written
    for word in written:
        assert f"`{word}`" in README


@pytest.mark.parametrize("base", ["/backend-api/v2", "/v1"])
def test_every_address_of_the_api_is_in_the_readme(app, base):
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(f"{base}/"):
            path = re.sub("<[^>]+>", "<id>", rule.rule.removeprefix(base))
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                assert f"`{method} {path}`" in README


@pytest.mark.parametrize("link", re.findall(r"\]\(((?!http)[^)#]+)\)", README))
def test_every_link_leads_somewhere(link):
    assert (ROOT / link).exists()
