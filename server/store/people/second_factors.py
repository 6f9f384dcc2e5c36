"""Second factors: a secret shared with a phone, and recovery codes in case the phone is lost."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from server.store.databases.database import Database
from server.store.people.accounts import remove_second_factor
from server.store.schema import recovery_codes, users


class SecondFactors:
    """May be called from any thread. Raises: Problem, with `storage_unavailable` from every method."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enable(self, user_id: str, secret: str, step: int, code_hashes: Iterable[str]) -> None:
        """Require codes from now on. step: the time step of the code that proved that the phone has the secret."""
        rows = [{"user_id": user_id, "code_hash": code_hash} for code_hash in code_hashes]
        mine = users.c.id == user_id
        with self._database.write() as connection:
            remove_second_factor(connection, user_id)
            connection.execute(update(users).where(mine).values(totp_secret=secret, totp_step=step))
            connection.execute(insert(recovery_codes), rows)

    def disable(self, user_id: str) -> None:
        """Remove the second factor, so that the password is enough."""
        with self._database.write() as connection:
            remove_second_factor(connection, user_id)

    def use_step(self, user_id: str, step: int) -> bool:
        """Use up the codes of a time step and all earlier ones; tell whether the step was still unused."""
        newer = users.c.id == user_id, users.c.totp_step < step
        with self._database.write() as connection:
            return connection.execute(update(users).where(*newer).values(totp_step=step)).rowcount > 0

    def use_recovery_code(self, user_id: str, code_hash: str) -> bool:
        """Use up a recovery code; tell whether it was valid."""
        mine = recovery_codes.c.user_id == user_id, recovery_codes.c.code_hash == code_hash
        with self._database.write() as connection:
            return connection.execute(delete(recovery_codes).where(*mine)).rowcount > 0

    def note_wrong_code(self, user_id: str, now: datetime) -> None:
        """Keep when a wrong code was entered, for the person to see."""
        with self._database.write() as connection:
            connection.execute(update(users).where(users.c.id == user_id).values(wrong_code_at=now))

    def recovery_codes_left(self, user_id: str) -> int:
        """Return how many recovery codes are unused."""
        mine = select(func.count()).select_from(recovery_codes).where(recovery_codes.c.user_id == user_id)
        with self._database.read() as connection:
            return connection.scalar(mine) or 0
