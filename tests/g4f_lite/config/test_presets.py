"""The services that the README names work as the README says, each in its own dialect.

Only the origin of an address is replaced, by a scripted service on loopback; the path stays the vendor's.
"""

import json
import re
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from g4f_lite.config.load import CatalogConfig, load
from g4f_lite.errors import UpstreamError
from g4f_lite.messages import Params, conversation
from g4f_lite.pieces import Content
from g4f_lite.providers import KINDS
from g4f_lite.routing.catalog import opened
from tests.g4f_lite.protocols.test_openai_reply import joined
from tests.support.services.openai_wire import delta
from tests.support.services.upstream import Answer, cut, json_answer
from tests.support.services.vendors import VENDORS

README = (Path(__file__).parents[3] / "README.md").read_text()
ROW = re.compile(r"^\| ([^|`]+) \| `(https?://[^`]+)` \| (?:`(\w+)`|none) \|$", re.MULTILINE)
KEY = "tiger-secret"

pytestmark = pytest.mark.usefixtures("reads")


class Preset(NamedTuple):
    """A row of the README's table. variable: empty where there is none."""

    service: str
    base_url: str
    variable: str


PRESETS = [Preset(*row) for row in ROW.findall(README)]
AT_HOME = [preset for preset in PRESETS if preset.base_url.startswith("http:")]
EXAMPLE = re.search(r'^"groq": (\{"kind": "OpenAICompatible", .*\})$', README, re.MULTILINE)[1]


@pytest.fixture(params=PRESETS, ids=lambda preset: preset.service)
def preset(request):
    return request.param


@pytest.fixture
def vendor(preset):
    return VENDORS[preset.service]


@pytest.fixture
async def provider(preset, upstream, tmp_path):
    (tmp_path / ".env").write_text(f"{preset.variable or 'NOTHING'}={KEY}\n")
    async with configured(entry_of(preset), upstream.url, tmp_path) as made:
        yield made


def entry_of(preset):
    """Return an entry as the README tells a person to make it."""
    entry = json.loads(EXAMPLE) | {"base_url": preset.base_url}
    if preset.variable:
        return entry | {"api_key": f"${{{preset.variable}}}"}
    return without_key(entry)


def without_key(entry):
    return {key: value for key, value in entry.items() if key != "api_key"}


@asynccontextmanager
async def configured(entry, origin, folder):
    """Yield the provider of the entry, with another origin in its address."""
    here = entry | {"base_url": origin + urlsplit(entry["base_url"]).path}
    file = folder / "config.json"
    file.write_text(json.dumps({"providers": {"service": here}, "models": {"m": "service/x"}, "default_model": "m"}))
    async with opened(load(file, CatalogConfig, {}, KINDS), KINDS) as catalog:
        yield catalog.providers["service"].instance


async def collect(provider):
    pieces = []
    try:
        async with aclosing(provider.stream("x", conversation("Hello"), Params())) as reply:
            async for piece in reply:
                pieces.append(piece)
    except UpstreamError as error:
        assert KEY not in f"{error} {error.detail}"
        return joined(pieces), error
    return joined(pieces), None


def test_the_table_names_every_service_once_and_the_example_is_a_row_of_it():
    (groq,) = (preset for preset in PRESETS if preset.service == "Groq")

    assert [preset.service for preset in PRESETS] == list(VENDORS)
    assert entry_of(groq) == json.loads(EXAMPLE)


async def test_a_question_goes_to_the_service_with_its_key(provider, preset, vendor, upstream):
    upstream.will_answer(vendor.reply)

    await collect(provider)

    request = upstream.wait_request()
    path = urlsplit(preset.base_url).path
    assert (request.method, request.path) == ("POST", f"{path}/chat/completions")
    assert request.headers.get("authorization") == (f"Bearer {KEY}" if preset.variable else None)


async def test_a_reply_in_its_dialect_is_understood(provider, vendor, upstream):
    upstream.will_answer(vendor.reply)

    assert await collect(provider) == (vendor.pieces, None)


async def test_its_models_are_listed(provider, preset, vendor, upstream):
    upstream.will(json_answer(vendor.listing), to="/models")

    assert await provider.list_models() == vendor.offers
    request = upstream.wait_request()
    assert request.path == f"{urlsplit(preset.base_url).path}/models"
    assert request.headers.get("authorization") == (f"Bearer {KEY}" if preset.variable else None)


async def test_its_refusals_are_named(provider, vendor, upstream):
    for refusal in vendor.refusals:
        upstream.will(refusal.answer())
        pieces, error = await collect(provider)

        assert (pieces, error.code, error.retry_after) == (
            [],
            refusal.code,
            refusal.retry_after,
        )
        assert refusal.detail in error.detail


async def test_its_failures_in_mid_stream_keep_the_text(provider, vendor, upstream):
    for steps in ([delta("a"), vendor.failure], [delta("a"), vendor.failure, cut()]):
        upstream.will(Answer(steps))
        pieces, error = await collect(provider)

        assert (pieces, error.code) == ([Content("a")], vendor.failure_code)


async def test_without_its_key_it_is_off_and_names_the_variable(preset, upstream, tmp_path):
    async with configured(entry_of(preset), upstream.url, tmp_path) as provider:
        obstacle = provider.obstacle()

    assert preset.variable in obstacle.message if preset.variable else obstacle is None


@pytest.mark.parametrize("preset", AT_HOME, ids=lambda preset: preset.service)
async def test_a_service_on_this_machine_may_do_without_a_key(preset, vendor, upstream, tmp_path):
    upstream.will_answer(vendor.reply)

    async with configured(without_key(entry_of(preset)), upstream.url, tmp_path) as provider:
        assert await collect(provider) == (vendor.pieces, None)

    assert "authorization" not in upstream.wait_request().headers
