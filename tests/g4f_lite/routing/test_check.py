"""The check of a configuration calls its providers."""

import asyncio
import json
from pathlib import Path

import pytest

from g4f_lite.config.load import CatalogConfig, load
from g4f_lite.providers import KINDS
from g4f_lite.routing import configured_provider
from g4f_lite.routing.check import CheckResult, check, results_table, table
from tests.support.services.openai_wire import openai_error, openai_models
from tests.support.services.upstream import Gate, Upstream, json_answer, silence, wait_until


@pytest.fixture
def config(tmp_path: Path, upstream: Upstream) -> CatalogConfig:
    file = tmp_path / "config.json"
    providers = {
        "guide": {"kind": "Guide"},
        "service": {"kind": "OpenAICompatible", "base_url": upstream.base_url},
        "off": {"kind": "OpenAICompatible", "base_url": upstream.base_url, "enabled": False},
    }
    file.write_text(json.dumps({"providers": providers}))
    return load(file, CatalogConfig, {}, KINDS)


async def test_a_provider_that_lists_its_models_works(config: CatalogConfig, upstream: Upstream) -> None:
    upstream.will_answer_json(openai_models(["a", "b", "c"]), to="/models")

    guide, service, off = await check(config, KINDS)

    assert (guide.works, guide.state, guide.models, guide.sentence) == (True, "ready", 1, "works")
    assert (service.works, service.state, service.models, service.sentence) == (True, "ready", 3, "works")
    assert service.latency_ms and service.latency_ms > 0
    assert (off.works, off.state, off.latency_ms, off.models) == (False, "disabled", None, None)
    assert off.sentence == "off is turned off in config.json."


async def test_a_provider_that_refuses_does_not_work(config: CatalogConfig, upstream: Upstream) -> None:
    upstream.will_answer_json(openai_error("Who are you?"), status=401, to="/models")

    _, service, _ = await check(config, KINDS)

    assert (service.works, service.state, service.models) == (False, "failing", None)
    assert "key" in service.sentence
    assert service.latency_ms and service.latency_ms > 0


async def test_a_provider_that_wants_a_browser_is_unavailable(config: CatalogConfig, upstream: Upstream) -> None:
    page = b"<!DOCTYPE html><title>Just a moment...</title>"
    headers = {"Content-Type": "text/html", "cf-mitigated": "challenge"}
    upstream.will_answer([page], status=403, headers=headers, to="/models")

    _, service, _ = await check(config, KINDS)

    assert (service.works, service.state) == (False, "unavailable")


async def test_a_fault_that_is_found_with_the_request_is_a_failure_as_well(
    config: CatalogConfig, upstream: Upstream
) -> None:
    upstream.will_answer_json(openai_error("That is no way to ask."), status=400, to="/models")

    _, service, _ = await check(config, KINDS)

    assert (service.works, service.state) == (False, "failing")


async def test_all_are_asked_at_the_same_time(tmp_path: Path, upstream: Upstream) -> None:
    gate = Gate()
    for _ in range(2):
        answer = json_answer(openai_models())
        upstream.will_answer(answer.steps, headers=answer.headers, before_headers=wait_until(gate), to="/models")
    entry = {"kind": "OpenAICompatible", "base_url": upstream.base_url}
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"providers": {"one": entry, "two": entry}, "default_model": "one/test-model"}))

    asking = asyncio.create_task(check(load(file, CatalogConfig, {}, KINDS), KINDS))
    await asyncio.to_thread(upstream.wait_request, 2)
    gate.open()

    assert [finding.works for finding in await asking] == [True, True]


async def test_a_provider_that_says_nothing_is_not_waited_for(
    config: CatalogConfig, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configured_provider, "LISTING_LIMIT_S", 0.1)
    upstream.will_answer([], before_headers=silence(), to="/models")

    guide, service, _ = await check(config, KINDS)

    assert guide.works
    assert service.sentence == "service did not list its models within 0.1 seconds."


def test_columns_of_a_table_stand_below_each_other() -> None:
    assert table([("a", "b"), ("long", "")]) == "a     b\nlong\n"
    assert table([]) == ""


def test_a_long_sentence_is_folded_below_its_beginning() -> None:
    lines = table([("name", " ".join(["word"] * 40)), ("other", "short")]).splitlines()

    assert lines[0].startswith("name   word")
    assert lines[1].startswith("       word")
    assert max(map(len, lines)) <= 100


def test_an_address_is_not_broken_and_a_sentence_keeps_some_room() -> None:
    address = "http://" + "x" * 120

    assert table([("n" * 90, f"See {address} for more.")]).splitlines() == [
        "n" * 90 + "  See",
        " " * 92 + address,
        " " * 92 + "for more.",
    ]


def test_findings_have_headings_and_gaps_where_nothing_was_asked() -> None:
    findings = [
        CheckResult("guide", "Guide", "ready", 0.3, 1),
        CheckResult("off", "OpenAICompatible", "disabled", sentence="off is turned off in config.json."),
    ]

    assert results_table(findings).splitlines() == [
        "provider  kind              state     latency  models",
        "guide     Guide             ready     0 ms     1       works",
        "off       OpenAICompatible  disabled                   off is turned off in config.json.",
    ]
