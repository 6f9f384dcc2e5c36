"""The cost of a search and of its index: python -m bench.search [--messages 100000] [--database URL]

One person's messages of about 500 bytes, ten to a conversation, a tenth of them Chinese; some words are as common, and
most as rare, as those of a language. Every kind of search goes through the store, as the API's do; turns are stored
with the index and, on SQLite, without it. The database is a new SQLite file, or an empty one that has a URL; the CPU is
that of this process, without a database server's.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, insert, text

from bench.report import number, pair, table
from server.store import NewTurn, Outcome, Store
from server.store.schema import conversations, messages

Took = tuple[float, float]
"""Milliseconds of wall clock and of CPU."""

ME = "local"
A_CONVERSATION = 10
"""Messages."""
SEARCHES, TURNS = 30, 200
TIMES = "CPU ms", "p50 / slowest, ms"
SYLLABLES = [
    consonant + vowel for consonant in "bcdfghklmnprstvw" for vowel in ("a", "e", "i", "o", "u", "an", "er", "in")
]
NEEDLE, PHRASE = "xylophonist", "the quick xylophonist"
QUERIES = {
    "a common word": "the",
    "a rare word": NEEDLE,
    "an absent word": "quetzalcoatlus",
    "a part of a word": "lophon",
    "a common and a rare word": f"the {NEEDLE}",
    "two common words": "the and",
    "a phrase": f'"{PHRASE}"',
    "two letters, common": "an",
    "two letters, rare": "xy",
    "two letters, absent": "qz",
    "one letter": "a",
    "two Chinese characters": "热泵",
    "one Chinese character": "泵",
}


def measure(count: int, url: str) -> dict[str, Any]:
    """Fill an empty database with this many messages, search it, and store some turns."""
    store = Store(url)
    store.open()
    began = time.perf_counter()
    with store.database.write() as connection:
        _fill(connection, count)
        on_sqlite = connection.dialect.name == "sqlite"
    result: dict[str, Any] = {
        "messages": count,
        "database": "SQLite" if on_sqlite else "PostgreSQL",
        "filled_s": time.perf_counter() - began,
        "searches": {name: _searched(store, query) for name, query in QUERIES.items()},
        "turns": {"with the index": _turns(store)},
    }
    if on_sqlite:
        result["index_bytes"] = _index_bytes(store)
        _forget_triggers(store)
        result["turns"]["without"] = _turns(store)
    store.close()
    return result


def report(result: dict[str, Any]) -> str:
    """Return the measurements as Markdown."""
    searches = ([name, number(took["hits"], 0), *_columns(took)] for name, took in result["searches"].items())
    turns = ([name, *_columns(took["begin"]), *_columns(took["finish"])] for name, took in result["turns"].items())
    parts = [
        f"### Search over {result['messages']:,} messages, {result['database']}",
        table(["what is looked for", "hits", *TIMES], searches),
        table(["a turn is stored", *(f"{call}: {column}" for call in ("begin", "finish") for column in TIMES)], turns),
    ]
    if size := result.get("index_bytes"):
        parts.append(f"The index takes {size / result['messages']:,.0f} bytes a message.")
    return "\n\n".join(parts)


def _fill(connection: Connection, count: int) -> None:
    chance, now = Random(0), datetime.now(UTC)
    sentences = _sentences(chance)
    places = chance.sample(range(count), 5)
    for first in range(0, count, 100 * A_CONVERSATION):
        numbers = range(first, min(first + 100 * A_CONVERSATION, count))
        connection.execute(insert(conversations), [_conversation(n, chance, now) for n in numbers[::A_CONVERSATION]])
        said = [_message(n, " ".join(chance.choices(sentences, k=6)), now, needle=n in places) for n in numbers]
        connection.execute(insert(messages), said)
    if connection.dialect.name == "postgresql":
        connection.execute(text("ANALYZE conversations, messages"))


def _sentences(chance: Random) -> list[str]:
    """Return sentences of about 80 bytes."""
    words = ["the", "and", *{"".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(8000)}]
    weights = [1 / place**0.9 for place in range(1, len(words) + 1)]
    characters = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]
    return [
        *(" ".join(chance.choices(words, weights, k=14)) + "." for _ in range(18_000)),
        *("".join(chance.choices(characters, k=27)) + "。" for _ in range(2_000)),
    ]


def _conversation(number: int, chance: Random, now: datetime) -> dict[str, Any]:
    moment = now - timedelta(days=365) + timedelta(seconds=number + A_CONVERSATION)
    title = " ".join(chance.choices(SYLLABLES, k=12))
    return {"user_id": ME, "id": f"c{number}", "title": title, "created_at": moment, "updated_at": moment}


def _message(number: int, content: str, now: datetime, *, needle: bool) -> dict[str, Any]:
    moment = now - timedelta(days=365) + timedelta(seconds=number)
    first = number - number % A_CONVERSATION
    return {
        "user_id": ME,
        "id": f"m{number}",
        "conversation_id": f"c{first}",
        "sequence": number - first,
        "role": "assistant" if number % 2 else "user",
        "content": f"{content} {PHRASE}, 空气源热泵" if needle else content,
        "reasoning": "",
        "status": "complete",
        "attempts": [],
        "last_seq": 0,
        "created_at": moment,
        "ended_at": moment,
    }


def _searched(store: Store, query: str) -> dict[str, float]:
    hits, _ = store.search(ME, query)
    return {"hits": len(hits), **_times([_timed(partial(store.search, ME, query)) for _ in range(SEARCHES)])}


def _turns(store: Store) -> dict[str, dict[str, float]]:
    """Store turns with the text of one of the messages; return the time of each."""
    (said, *_), _ = store.search(ME, "the")
    begin, finish = [], []
    outcome = Outcome(status="complete", content=said.text, attempts=[], last_seq=3)
    for _ in range(TURNS):
        answer = str(uuid4())
        turn = NewTurn(
            action="send", model="m", answer_id=answer, message_id=str(uuid4()), content=said.text, title="Title"
        )
        begin.append(_timed(partial(store.begin_turn, ME, turn)))
        finish.append(_timed(partial(store.finish, ME, answer, outcome, None)))
    return {"begin": _times(begin), "finish": _times(finish)}


def _index_bytes(store: Store) -> int:
    with store.database.read() as connection:
        return int(connection.scalar(text("SELECT sum(length(block)) FROM search_index_data")) or 0)


def _forget_triggers(store: Store) -> None:
    with store.database.write() as connection:
        for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(text(f"DROP TRIGGER {name}"))


def _timed(work: Callable[[], object]) -> Took:
    began, worked = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000


def _times(took: Sequence[Took]) -> dict[str, float]:
    ms, cpu_ms = zip(*took, strict=True)
    return {"p50": median(ms), "max": max(ms), "cpu": median(cpu_ms)}


def _columns(times: dict[str, float]) -> list[str]:
    return [number(times["cpu"], 2), pair(times["p50"], times["max"])]


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.search")
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--database", metavar="URL", help="an empty database; absent: a new SQLite file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="search-") as folder:
        print(report(measure(options.messages, options.database or f"sqlite:///{Path(folder) / 'chat.db'}")))


if __name__ == "__main__":
    main()
