"""Presets: named parameters that a person can use in any conversation."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from server.problems import Problem
from server.store.databases.database import Database
from server.store.databases.db_errors import refuse_unstorable
from server.store.records import Preset
from server.store.schema import presets

MOST = 100
"""Presets of one person: more than anyone looks through."""
FULL = f"You already have {MOST} presets. Delete one first."
TAKEN = "You already have a preset with this name. Choose another name, or update that preset."
UNKNOWN = "This preset does not exist. It may have been deleted."


class Presets:
    """A part of `Store`. May be called from any thread; one method is one transaction."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def all(self, user_id: str) -> list[Preset]:
        """Return a person's presets, sorted by name without regard to case."""
        columns = presets.c.id, presets.c.name, presets.c.params
        with self._database.read() as connection:
            rows = connection.execute(select(*columns).where(presets.c.user_id == user_id)).all()
        return sorted((Preset(*row) for row in rows), key=lambda preset: (preset.name.casefold(), preset.name))

    def add(self, user_id: str, name: str, params: dict[str, Any]) -> Preset:
        """Store a new preset. Raises: Problem("conflict") for a name in use, or one preset too many."""
        refuse_unstorable(name, params.get("system", ""))
        preset = Preset(str(uuid4()), name, params)
        row = {"user_id": user_id, "id": preset.id, "name": name, "params": params, "created_at": self._now()}
        try:
            with self._database.write() as connection:
                if (connection.scalar(select(func.count()).where(presets.c.user_id == user_id)) or 0) >= MOST:
                    raise Problem("conflict", FULL)
                connection.execute(insert(presets), row)
        except IntegrityError:
            raise Problem("conflict", TAKEN) from None
        return preset

    def replace(self, user_id: str, preset: Preset) -> None:
        """Change the name and parameters of a preset. Raises: Problem, with `not_found` or `conflict`."""
        refuse_unstorable(preset.name, preset.params.get("system", ""))
        mine = presets.c.user_id == user_id, presets.c.id == preset.id
        try:
            with self._database.write() as connection:
                changed = connection.execute(
                    update(presets).where(*mine).values(name=preset.name, params=preset.params)
                )
        except IntegrityError:
            raise Problem("conflict", TAKEN) from None
        if not changed.rowcount:
            raise Problem("not_found", UNKNOWN)

    def remove(self, user_id: str, preset_id: str) -> None:
        """Delete a preset. Raises: Problem("not_found")."""
        mine = presets.c.user_id == user_id, presets.c.id == preset_id
        with self._database.write() as connection:
            gone = connection.execute(delete(presets).where(*mine))
        if not gone.rowcount:
            raise Problem("not_found", UNKNOWN)
