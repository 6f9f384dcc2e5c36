"""The OpenAPI description is complete, and the server behaves as described."""

import re
import subprocess
import sys

import pytest
from pydantic import TypeAdapter

from server.api.openapi import DESCRIBED

ADDRESS = "/backend-api/v2/openapi.json"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
PROGRAM = "from schemathesis.cli import schemathesis; schemathesis()"


@pytest.fixture
def described(client):
    return client.get(ADDRESS).json


def test_every_route_of_the_api_is_described(app, described):
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(DESCRIBED) and not rule.websocket]
    routes = {
        (re.sub(r"<(?:path:)?(\w+)>", r"{\1}", rule.rule), method.lower()) for rule in rules for method in rule.methods
    }

    found = {(path, method) for path, methods in described["paths"].items() for method in methods}
    assert found == {(path, method) for path, method in routes if method not in ("head", "options")}
    assert len(found) > 25


def test_only_these_changing_operations_have_no_body(described):
    without_body = {
        path
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if method in ("post", "put", "patch") and "requestBody" not in operation
    }

    assert without_body == {"/backend-api/v2/messages/{message_id}/stop"}


def test_every_body_is_described_by_its_shape(app, described):
    schemas = described["components"]["schemas"]
    operations = [view.operation for view in app.view_functions.values() if hasattr(view, "operation")]
    bodies = {body for operation in operations for body in operation.bodies}

    assert set(re.findall(r"'#/components/schemas/(\w+)'", str(described))) <= schemas.keys()
    assert len(bodies) > 10
    for body in bodies:
        assert schemas[body.__name__]["required" if "required" in schemas[body.__name__] else "properties"]
        assert schemas[body.__name__]["properties"].keys() == TypeAdapter(body).json_schema()["properties"].keys()


def test_a_view_states_what_its_response_is(described):
    operation = described["paths"]["/backend-api/v2/conversation"]["post"]

    assert list(operation["responses"]["200"]["content"]) == ["application/x-ndjson", "text/event-stream", "text/plain"]
    assert "content" not in described["paths"]["/backend-api/v2/presets/{preset_id}"]["delete"]["responses"]["204"]


def test_a_key_may_be_sent_in_both_headers(described):
    schemes = described["components"]["securitySchemes"]

    ways = {name: schemes[name] for way in described["paths"]["/v1/messages"]["post"]["security"] for name in way}

    assert {(way["type"], way.get("scheme") or way.get("name")) for way in ways.values()} == {
        ("http", "bearer"),
        ("apiKey", "x-api-key"),
    }


def test_it_is_readable_without_signing_in(described):
    assert (described["openapi"], described["servers"]) == ("3.1.0", [{"url": "/"}])


class TestUnderAPrefix:
    @pytest.fixture
    def settings(self, settings):
        return settings | {"url_prefix": "/some/where", "auth": {"mode": "accounts"}}

    def test_it_names_the_prefix(self, client):
        described = client.get(f"/some/where{ADDRESS}").json

        assert described["servers"] == [{"url": "/some/where"}]
        assert "/v1/models/{name}" in described["paths"]
        assert described["paths"]["/v1/models"]["get"]["security"]


@pytest.mark.programs
def test_the_server_behaves_as_described(server):
    """Source: https://schemathesis.readthedocs.io"""
    options = ["--checks", CHECKS, "--phases", "coverage,fuzzing", "--max-examples", "10", "--seed", "1", "--no-color"]
    command = [sys.executable, "-c", PROGRAM, "run", f"{server}{ADDRESS}", *options]

    done = subprocess.run(command, capture_output=True, text=True, timeout=300)

    assert done.returncode == 0, done.stdout
