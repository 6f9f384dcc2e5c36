"""What config.json adds to a request."""

import pytest

from g4f_lite.config.settings import ProviderSettings
from g4f_lite.http.transport import Http
from g4f_lite.messages import Params, conversation
from g4f_lite.protocols.extra_body import merged
from g4f_lite.providers import KINDS
from tests.support.services import anthropic_service, ollama_service
from tests.support.services.upstream import Answer


def test_objects_are_merged_and_other_values_replaced():
    assert merged({"a": {"b": 1, "c": [1]}, "d": 2}, {"a": {"c": [2]}}, {"d": {"e": 3}}) == {
        "a": {"b": 1, "c": [2]},
        "d": {"e": 3},
    }


@pytest.mark.parametrize("kind", [anthropic_service.KIND, ollama_service.KIND], ids=lambda kind: kind.provider.__name__)
async def test_other_protocols_send_the_members_too(kind, upstream):
    upstream.otherwise = kind.otherwise
    upstream.will(Answer(kind.reply(["a"]), headers=kind.headers), to=kind.paths[0])
    http = Http()
    settings = ProviderSettings(
        kind=kind.provider.kind, base_url=kind.base_url(upstream.url), api_key="x", extra_body={"top_k": 5}
    )
    provider = KINDS[kind.provider.kind]("up", settings, http)

    params = Params(extra_body={"options": {"x": 1}})
    pieces = [piece async for piece in provider.stream("m", conversation("Hello"), params)]
    await http.close()

    asked = upstream.wait_request_to(kind.paths[0]).json
    assert pieces and (asked["top_k"], asked["options"]) == (5, {"x": 1})
