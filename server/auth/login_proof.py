"""The proof that a person's password was right, which the browser keeps while the page asks for a code."""

import secrets
from dataclasses import dataclass

from server.auth.access import Access
from server.problems import Problem
from server.store.people.accounts import Account

PURPOSE = "password"
MAX_WRONG_CODES = 5
"""Wrong codes that end a proof, so that the password is asked for again: it is slow to check, and people mistype."""


@dataclass(frozen=True, slots=True)
class LoginProof:
    """A proof that is still valid. `id` differs for each time that a password was entered."""

    id: str
    account: Account


def seal(access: Access, account: Account) -> str:
    """Return a new proof. account: as it was when the password was verified."""
    parts = account.id, secrets.token_urlsafe(12), _state(access, account)
    return access.sealed(PURPOSE, " ".join(parts), of=account.id)


def unseal(access: Access, sealed: str) -> LoginProof | None:
    """Return the proof; None if it has expired, or if the password or the second factor has changed or been used."""
    parts = access.unsealed(PURPOSE, sealed).split(" ")
    if len(parts) != 3:
        return None
    user_id, proof_id, state = parts
    try:
        account = access.accounts.by_id(user_id)
    except Problem as problem:
        if problem.code != "not_found":
            raise
        return None
    return LoginProof(proof_id, account) if state == _state(access, account) else None


def count_attempt(access: Access, proof: LoginProof) -> bool:
    """Count an attempt to enter a code; tell whether the proof allows another one."""
    return not access.code_limiter.hit_each({("proof", proof.id): MAX_WRONG_CODES})


def use(access: Access, proof: LoginProof) -> bool:
    """Use up the proof; tell whether it was unused. A code that was accepted ends it in `_state` as well, but later."""
    return not access.code_limiter.hit_each({("proof used", proof.id): 1})


def _state(access: Access, account: Account) -> str:
    """Return a hash of what ends a proof when it changes: the password, and what a used code leaves behind."""
    left = access.second_factors.recovery_codes_left(account.id)
    return access.hash_of_state(f"{account.password_hash} {account.totp_secret} {account.totp_step} {left}")
