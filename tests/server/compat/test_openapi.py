"""The description of the API: all of it is there, and what it says holds, whatever is asked."""

import re
import subprocess
import sys

import pytest
from pydantic import TypeAdapter

from server.compat.openapi import BODIES, DESCRIBED, LEFT_OUT, QUERIES, SUCCESS, TYPES

ADDRESS = "/backend-api/v2/openapi.json"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
PROGRAM = "from schemathesis.cli import schemathesis; schemathesis()"


@pytest.fixture
def described(client):
    return client.get(ADDRESS).json


def test_every_route_for_programs_is_described(app, described):
    rules = [
        rule for rule in app.url_map.iter_rules() if rule.rule.startswith(DESCRIBED) and rule.endpoint not in LEFT_OUT
    ]
    routes = {
        (re.sub(r"<(?:path:)?(\w+)>", r"{\1}", rule.rule), method.lower()) for rule in rules for method in rule.methods
    }

    told = {(path, method) for path, methods in described["paths"].items() for method in methods}
    assert told == {(path, method) for path, method in routes if method not in ("head", "options")}
    assert len(told) > 25


def test_every_word_about_a_route_is_about_one_there_is(app):
    for table in (BODIES, QUERIES, SUCCESS, TYPES):
        assert table.keys() <= app.view_functions.keys()


def test_every_body_is_described_by_its_shape(described):
    shapes = described["components"]["schemas"]
    referred = set(re.findall(r"'#/components/schemas/(\w+)'", str(described)))

    assert referred <= shapes.keys()
    for some in BODIES.values():
        for shape in some:
            assert shapes[shape.__name__]["required" if "required" in shapes[shape.__name__] else "properties"]
            assert shapes[shape.__name__]["properties"].keys() == TypeAdapter(shape).json_schema()["properties"].keys()


def test_a_key_may_come_in_each_way_that_clients_know(described):
    schemes = described["components"]["securitySchemes"]

    ways = {name: schemes[name] for way in described["paths"]["/v1/messages"]["post"]["security"] for name in way}

    assert {(way["type"], way.get("scheme") or way.get("name")) for way in ways.values()} == {
        ("http", "bearer"),
        ("apiKey", "x-api-key"),
    }


def test_nobody_has_to_sign_in_to_read_it(described):
    assert (described["openapi"], described["servers"]) == ("3.1.0", [{"url": "/"}])


class TestUnderAPrefix:
    @pytest.fixture
    def settings(self, settings):
        return settings | {"url_prefix": "/some/where", "auth": {"mode": "accounts"}}

    def test_it_says_where(self, client):
        described = client.get(f"/some/where{ADDRESS}").json

        assert described["servers"] == [{"url": "/some/where"}]
        assert "/v1/models/{name}" in described["paths"]
        assert described["paths"]["/v1/models"]["get"]["security"]


def test_what_it_says_holds(server):
    """Source: https://schemathesis.readthedocs.io"""
    options = ["--checks", CHECKS, "--phases", "coverage,fuzzing", "--max-examples", "10", "--seed", "1", "--no-color"]
    command = [sys.executable, "-c", PROGRAM, "run", f"{server}{ADDRESS}", *options]

    done = subprocess.run(command, capture_output=True, text=True, timeout=300)

    assert done.returncode == 0, done.stdout
