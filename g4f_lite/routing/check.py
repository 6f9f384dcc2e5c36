"""The check of a configuration: every provider called once, and the results as tables for a terminal."""

import asyncio
import textwrap
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from g4f_lite.config.load import CatalogConfig
from g4f_lite.errors import G4FLiteError
from g4f_lite.routing.catalog import Kinds, opened
from g4f_lite.routing.configured_provider import ConfiguredProvider

WIDTH = 100
"""Characters of a line, as far as the words allow."""
NARROWEST = 30
"""Characters that a sentence has on each line, however much room the other columns take."""
HEADINGS = ("provider", "kind", "state", "latency", "models", "")


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of listing a provider's models.

    state: as `ConfiguredProvider.state`, after the call. latency_ms, models: the duration of the call and the number of
    models; None if there was no call, or no list. sentence: the reason why the provider does not answer, or `works`.
    """

    provider: str
    kind: str
    state: str
    latency_ms: float | None = None
    models: int | None = None
    sentence: str = "works"

    @property
    def works(self) -> bool:
        return self.state == "ready"

    @property
    def cells(self) -> tuple[str, ...]:
        """The row below HEADINGS."""
        latency = "" if self.latency_ms is None else f"{self.latency_ms:.0f} ms"
        models = "" if self.models is None else str(self.models)
        return self.provider, self.kind, self.state, latency, models, self.sentence


async def check(config: CatalogConfig, kinds: Kinds) -> list[CheckResult]:
    """Return a result for each provider, in the order of the file. All providers are called at the same time."""
    async with opened(config, kinds) as catalog:
        return await asyncio.gather(*(_result(provider) for provider in catalog.providers.values()))


async def models_table(config: CatalogConfig, kinds: Kinds) -> str:
    """Return a table of the models that can be picked, with the reason for each one that cannot answer."""
    async with opened(config, kinds) as catalog:
        await catalog.refresh(time.monotonic())
        return table([(model.name, model.reason or f"answered by {model.provider}") for model in catalog.models()])


def results_table(results: Sequence[CheckResult]) -> str:
    """Return the results as a table with headings."""
    return table([HEADINGS, *(result.cells for result in results)])


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return the rows as lines: every column as wide as its widest cell, the last one wrapped at the line's end."""
    widths = [max(map(len, column)) for column in zip(*(row[:-1] for row in rows), strict=True)]
    room = max(NARROWEST, WIDTH - sum(width + 2 for width in widths))
    return "".join(f"{line.rstrip()}\n" for row in rows for line in _lines(row, widths, room))


def _lines(row: Sequence[str], widths: Sequence[int], room: int) -> Iterator[str]:
    first, *further = textwrap.wrap(row[-1], room, break_long_words=False, break_on_hyphens=False) or [""]
    yield "".join(f"{cell.ljust(width)}  " for cell, width in zip(row, widths, strict=False)) + first
    for rest in further:
        yield " " * sum(width + 2 for width in widths) + rest


async def _result(provider: ConfiguredProvider) -> CheckResult:
    name, kind = provider.name, provider.settings.kind
    if obstacle := provider.obstacle():
        return CheckResult(name, kind, provider.state, sentence=str(obstacle))
    started = time.perf_counter()
    try:
        count = len(await provider.fetch_models())
    except G4FLiteError as error:
        provider.health.failed(error)
        state = "failing" if provider.state == "ready" else provider.state
        return CheckResult(name, kind, state, _ms_since(started), sentence=str(error))
    return CheckResult(name, kind, provider.state, _ms_since(started), count)


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
