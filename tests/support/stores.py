"""Databases for tests of the store, and builders of what goes into it."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Dialect, Engine, create_engine, delete, insert, make_url, select, text, update

from server.store import Batch, Begun, NewTurn, Outcome, Store
from server.store.databases.database import Database
from server.store.schema import (
    api_keys,
    conversations,
    links,
    messages,
    presets,
    recovery_codes,
    sessions,
    token_usage,
    users,
)
from server.store.stored_bytes import size

ME = "local"
HOW_TO_GET_POSTGRESQL = "set CHAT_TEST_POSTGRES to an address like postgresql+psycopg://postgres@127.0.0.1:5432/test"

on_sqlite = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize(
    "store_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)

_numbers = count(1)


class Clock:
    """A clock that stands still until `pass_by` moves it."""

    def __init__(self) -> None:
        self.time = datetime(2026, 2, 3, 4, 5, 6, 789, UTC)

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, **units: float) -> None:
        self.time += timedelta(**units)


@contextmanager
def fresh_schema() -> Iterator[str]:
    """Give the address of an empty schema on the PostgreSQL server for tests."""
    address = os.environ.get("CHAT_TEST_POSTGRES")
    if not address:
        pytest.skip(HOW_TO_GET_POSTGRESQL)
    name = f"chat_{uuid4().hex}"
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
        url = make_url(address).update_query_dict({"options": f"-csearch_path={name}"})
        try:
            yield url.render_as_string(hide_password=False)
        finally:
            connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    engine.dispose()


def place_copy(new: Path, address: str) -> None:
    """Put a copy of a new database where an address of SQLite says that one is, if none is there yet."""
    url = make_url(address)
    if url.get_backend_name() == "sqlite" and not (file := Path(str(url.database))).exists():
        file.parent.mkdir(0o700, parents=True, exist_ok=True)
        shutil.copy(new, file)


def with_shared_statements(make: Callable[..., Engine]) -> Callable[..., Engine]:
    """Return a `create_engine` whose engines share what they compiled: every database is asked the same things."""
    dialects: dict[str, Dialect] = {}
    compiled: dict[Any, Any] = {}

    def give(*args: Any, **options: Any) -> Engine:
        engine = make(*args, **options)
        engine.dialect = dialects.setdefault(engine.dialect.name, engine.dialect)
        engine.update_execution_options(compiled_cache=compiled)
        return engine

    return give


def empty(database: Database) -> None:
    """Delete everything except the person that the migration creates."""
    nobody = {column.name: None for column in users.c if column.nullable}
    with database.write() as connection:
        for table in (conversations, presets, sessions, links, recovery_codes, api_keys, token_usage):
            connection.execute(delete(table))
        connection.execute(delete(users).where(users.c.id != ME))
        connection.execute(update(users).values(role="user", totp_step=0, stored_bytes=0, **nobody))


def stored(store: Store) -> int:
    """Return what the texts in the store take up, counted anew."""
    with store.database.read() as connection:
        rows = connection.execute(select(messages.c.content, messages.c.reasoning)).all()
    return sum(size(content, reasoning) for content, reasoning in rows)


def add_person(store: Store, name: str) -> str:
    with store.database.write() as connection:
        connection.execute(insert(users), {"id": name, "created_at": datetime.now(UTC)})
    return name


def a_turn(action: Any = "send", **members: Any) -> NewTurn:
    """Return a turn with unique ids."""
    number = next(_numbers)
    turn = NewTurn(action=action, model="guide", answer_id=f"answer-{number}", title=f"Title {number}")
    if action == "send":
        turn = replace(turn, message_id=f"question-{number}", content=f"Question {number}")
    return replace(turn, **members)


def an_outcome(content: str = "Fine.", **members: Any) -> Outcome:
    return replace(Outcome(status="complete", content=content, attempts=[], last_seq=3), **members)


def answered(store: Store, turn: NewTurn | None = None, outcome: Outcome | None = None, user_id: str = ME) -> Begun:
    """Begin a turn, and end its answer."""
    begun = store.begin_turn(user_id, turn or a_turn())
    store.finish(user_id, begun.answer.id, outcome or an_outcome(), None)
    return begun


def a_batch(begun: Begun, first_seq: int, *events: dict[str, Any], user_id: str = ME) -> Batch:
    """Return a batch of these events, numbered from `first_seq`."""
    numbered = [{"seq": seq, **event} for seq, event in enumerate(events, first_seq)]
    lines = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in numbered)
    return Batch(user_id, begun.answer.id, first_seq, first_seq + len(events) - 1, lines)


def content(text: str) -> dict[str, Any]:
    return {"type": "content", "content": text}


def reasoning(token: str) -> dict[str, Any]:
    return {"type": "reasoning", "token": token}
