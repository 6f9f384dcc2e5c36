"""The README, and what it leads to, are checked like code."""

import ast
import re
from pathlib import Path

import pytest

from g4f_lite.config.settings import DefaultParams, ModelSettings, Price, ProviderSettings, Timeout
from g4f_lite.providers import KINDS
from server.config.auth import Auth, Oidc, Rights, Roles
from server.config.limits import Limits
from server.config.site import Config, SiteConfig

ROOT = Path(__file__).parents[1]
README, CONFIGURATION, API = (
    (ROOT / name).read_text() for name in ("README.md", "docs/configuration.md", "docs/api.md")
)
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
def test_every_key_of_the_configuration_is_explained(key):
    assert re.search(rf"\b{key}\b", CONFIGURATION)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_explained(kind):
    assert f"`{kind}`" in CONFIGURATION


def events_written():
    """Return the types of events that the code writes, by the calls of `event` and `_write`."""
    for file in (ROOT / "server/turns").glob("*.py"):
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call):
                name = getattr(call.func, "attr", getattr(call.func, "id", ""))
                words = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
                if name in ("event", "_write", "_line"):
                    yield from (word for word in words if isinstance(word, str))


def test_every_event_is_explained():
    written = set(events_written()) | {"content", "reasoning", "ping"}

    assert {"start", "provider", "attempt", "html", "title", "usage", "finish", "error"} <= written
    for word in written:
        assert f"`{word}`" in API


@pytest.mark.parametrize("base", ["/backend-api/v2", "/v1", ""])
def test_every_address_is_explained(app, base):
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(f"{base}/") if base else rule.endpoint.startswith("freegpt."):
            path = re.sub("<[^>]+>", "<id>", rule.rule.removeprefix(base))
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                assert f"`{method} {path}`" in API


LINKS = [
    (file, link)
    for file in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "deploy/README.md")
    for link in re.findall(r"\]\(((?!http)[^)#]+)\)", file.read_text())
]


@pytest.mark.parametrize(("file", "link"), LINKS, ids=[f"{file.name}-{link}" for file, link in LINKS])
def test_every_link_leads_somewhere(file, link):
    assert (file.parent / link).exists()
