"""What a configuration is good for: its providers, asked one and all, and its models, as tables for a terminal."""

import asyncio
import textwrap
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from g4f_lite.config.load import CatalogConfig
from g4f_lite.errors import G4FLiteError
from g4f_lite.http.transport import Http
from g4f_lite.routing.catalog import Catalog, Member

WIDTH = 100
"""Characters of a line, as far as the words allow."""
NARROWEST = 30
"""Characters that a sentence has on each line, however much room the other columns take."""
HEADINGS = ("provider", "kind", "state", "latency", "models", "")


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of asking a provider for its models.

    state: as `Member.state` has it, after the call. latency_ms, models: of that call, and how many it named; None where
    there were none. sentence: what keeps the provider from answering, or `works`.
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
        """What stands below HEADINGS."""
        latency = "" if self.latency_ms is None else f"{self.latency_ms:.0f} ms"
        models = "" if self.models is None else str(self.models)
        return self.provider, self.kind, self.state, latency, models, self.sentence


@asynccontextmanager
async def opened(config: CatalogConfig) -> AsyncIterator[Catalog]:
    """Yield a catalog whose providers are closed at the end of the block."""
    http = Http()
    catalog = Catalog(config, http)
    try:
        yield catalog
    finally:
        await catalog.close()
        await http.close()


async def survey(config: CatalogConfig) -> list[Finding]:
    """Return what each provider says for itself, in the order of the file; all are asked at the same time."""
    async with opened(config) as catalog:
        return await asyncio.gather(*(_finding(member) for member in catalog.members.values()))


async def models(config: CatalogConfig) -> str:
    """Return a table of the models that can be picked, and why some of them cannot answer."""
    async with opened(config) as catalog:
        await catalog.refresh(time.monotonic())
        return table([(model.name, model.reason or f"answered by {model.provider}") for model in catalog.models()])


def findings_table(findings: Sequence[Finding]) -> str:
    """Return the findings as a table with headings."""
    return table([HEADINGS, *(finding.cells for finding in findings)])


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return the rows as lines: every column as wide as its widest cell, the last one folded where a line ends."""
    widths = [max(map(len, column)) for column in zip(*(row[:-1] for row in rows), strict=True)]
    room = max(NARROWEST, WIDTH - sum(width + 2 for width in widths))
    return "".join(f"{line.rstrip()}\n" for row in rows for line in _lines(row, widths, room))


def _lines(row: Sequence[str], widths: Sequence[int], room: int) -> Iterator[str]:
    first, *further = textwrap.wrap(row[-1], room, break_long_words=False, break_on_hyphens=False) or [""]
    yield "".join(f"{cell.ljust(width)}  " for cell, width in zip(row, widths, strict=False)) + first
    for rest in further:
        yield " " * sum(width + 2 for width in widths) + rest


async def _finding(member: Member) -> Finding:
    name, kind = member.name, member.settings.kind
    if obstacle := member.obstacle():
        return Finding(name, kind, member.state, sentence=str(obstacle))
    started = time.perf_counter()
    try:
        count = len(await member.offer())
    except G4FLiteError as error:
        member.health.failed(error)
        state = "failing" if member.state == "ready" else member.state
        return Finding(name, kind, state, _ms_since(started), sentence=str(error))
    return Finding(name, kind, member.state, _ms_since(started), count)


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
