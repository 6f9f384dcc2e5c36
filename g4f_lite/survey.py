"""What a configuration is good for: its providers, asked one and all, and its models, as tables for a terminal."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from g4f_lite.catalog import Catalog, Member
from g4f_lite.config import CatalogConfig
from g4f_lite.errors import G4FLiteError
from g4f_lite.transport import Http


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of asking a provider for its models. `works` is False when it is switched off, too."""

    provider: str
    kind: str
    works: bool
    sentence: str


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


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return the rows as lines, every column but the last as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n" for row in rows
    )


async def _finding(member: Member) -> Finding:
    works, sentence = await _asked(member)
    return Finding(member.name, member.settings.kind, works, sentence)


async def _asked(member: Member) -> tuple[bool, str]:
    if obstacle := member.obstacle():
        return False, str(obstacle)
    try:
        count = len(await member.offer())
    except G4FLiteError as error:
        return False, str(error)
    return True, f"works, {count} model{'' if count == 1 else 's'}"
