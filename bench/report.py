"""Writes the measurements as Markdown tables."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

Row = dict[str, Any]


def report(result: dict[str, Any]) -> str:
    """Return the tables of one run."""
    targets = result["targets"]
    parts = [levels_part(targets, place) for place in range(len(targets[0]["levels"]))]
    parts.append(starts_part(targets))
    if any(target["leaving"] for target in targets):
        parts.append(leaving_part(targets))
    if page := result.get("page"):
        parts.append(page_part(page))
    return "\n\n".join([*parts, *result["notes"]])


def levels_part(targets: Sequence[Row], place: int) -> str:
    """One level of load, every target."""
    levels = [target["levels"][place] for target in targets]
    direct = levels[0]
    nginx = next((cpu(level) for target, level in zip(targets, levels, strict=True) if target["name"] == "nginx"), None)
    columns: dict[str, Callable[[Row], str]] = {
        "first token p50 / p99, ms": lambda level: pair(level["first_ms"]["p50"], level["first_ms"]["p99"]),
        "added over direct": lambda level: over(level["first_ms"], direct["first_ms"]),
        "token p50 / p99, ms": lambda level: pair(level["token_ms"]["p50"], level["token_ms"]["p99"]),
        "CPU ms per 1,000 tokens": cpu_per_thousand,
        "x nginx": lambda level: ratio(cpu(level), nginx),
        "memory per stream, kB": memory_per_stream,
        "replies whole": lambda level: f"{level['finished']} of {level['streams'] * level['rounds']}",
        "lost / disordered / repeated": lambda level: f"{level['lost']} / {level['disordered']} / {level['repeated']}",
    }
    head = "{streams} at a time, {rounds} after one another, {tokens} tokens at {rate:g}/s".format(**direct)
    rows = (
        [target["name"], *(show(level) for show in columns.values())]
        for target, level in zip(targets, levels, strict=True)
    )
    return f"### {head}\n\n" + table(["", *columns], rows)


def starts_part(targets: Sequence[Row]) -> str:
    """Start and idle memory."""
    programs = [target for target in targets if target["idle_kb"]]
    rows = ([row["name"], number(row["started_s"], 2), number(row["idle_kb"] / 1024)] for row in programs)
    return "### Start\n\n" + table(["", "first answer after, s", "idle memory, MB"], rows)


def leaving_part(targets: Sequence[Row]) -> str:
    """How soon the upstream is closed after a client leaves or stops its turn."""
    rows = ([row["name"], *map(left, row["leaving"].values())] for row in targets if row["leaving"])
    head = ["the upstream is closed after, p50 / slowest", "while tokens come", "while it is silent"]
    return "### Leaving, or stopping a turn\n\n" + table(head, rows)


def page_part(page: Row) -> str:
    """The first page."""
    hosts = ", ".join(page["other_hosts"]) or "none"
    weight = f"{page['gzip_bytes'] / 1000:.1f} kB with gzip in {page['files']} files; other hosts: {hosts}."
    weight += "".join(f" Missing: {url}" for url in page["missing"])
    return f"### First page\n\nThere after {page['after_s']:.2f} s (median of {page['starts']} starts). {weight}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table with aligned columns."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    )


def cpu(level: Row) -> float | None:
    """CPU milliseconds per 1,000 tokens; None for the upstream itself, and if there are too few tokens to tell."""
    if level["cpu_ms"] is None or level["streams"] == 1 or not level["tokens_received"]:
        return None
    return float(level["cpu_ms"] * 1000 / level["tokens_received"])


def cpu_per_thousand(level: Row) -> str:
    return number(cpu(level))


def memory_per_stream(level: Row) -> str:
    before, peak = level["rss_kb"]
    return number((peak - before) / level["streams"], 0) if peak and level["streams"] > 1 else "–"


def left(leaving: Row) -> str:
    """The median and the last of the observed closes."""
    seen = f"{pair(leaving['p50'], leaving['max'])} ms"
    return seen if leaving["seen"] == leaving["of"] else f"{leaving['seen']} of {leaving['of']} seen, {seen}"


def over(times: Row, base: Row) -> str:
    if times is base or times["p50"] is None:
        return "–"
    return pair(*(times[name] - base[name] for name in ("p50", "p99")))


def ratio(value: float | None, base: float | None) -> str:
    return number(value / base) if value and base else "–"


def pair(first: float | None, second: float | None) -> str:
    return f"{number(first, 2)} / {number(second, 2)}"


def number(value: float | None, digits: int = 1) -> str:
    """Return the number with this many digits after the point, fewer from a hundred on."""
    if value is None:
        return "–"
    return f"{value:,.{0 if abs(value) >= 100 else digits}f}"
