"""Access control: accounts, sessions, API keys and one-time links, made once from the configuration."""

import hmac
import secrets
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from server.auth.audit_log import AuditLog
from server.auth.oidc_client import Issuer
from server.auth.open_streams import OpenStreams
from server.auth.secret_keys import derive_key, keyed_hash, session_key
from server.config.site import Config
from server.limits.rate_limiter import RateLimiter
from server.limits.redis_counts import RedisCounts
from server.store import Store
from server.store.people.accounts import LOCAL_USER, Account, Accounts
from server.store.people.api_keys import ApiKeys
from server.store.people.one_time_links import OneTimeLinks, Purpose
from server.store.people.second_factors import SecondFactors
from server.store.people.sessions import Sessions

if TYPE_CHECKING:
    from itsdangerous import URLSafeTimedSerializer

SEALED_FOR_S = 600
"""The longest time between two steps, such as the password and the second factor."""
MAX_CODES, CODE_WINDOW_S = 10, 3600
"""Wrong codes for one account within so many seconds, whoever enters them. Four months of guessing at this rate
find the code of one account in ten; the password, which has to be known first, is changed by then."""


class Access:
    """May be used from any thread. `login_limiter` slows down those who guess passwords, codes and keys.

    `code_limiter` counts by account and by proof, in a table that nobody can flood without knowing passwords.
    """

    def __init__(self, config: Config, store: Store, redis: RedisCounts | None = None) -> None:
        """Raises: Problem if the session key can be neither read nor created; ConfigError, as `Issuer` does."""
        self.mode = config.auth.mode
        self.audit = AuditLog(Path(config.data_dir))
        self.login_limiter = RateLimiter(redis=redis)
        self.code_limiter = RateLimiter(MAX_CODES, CODE_WINDOW_S, redis=redis)
        self.accounts = Accounts(store.database, store.now)
        self.sessions = Sessions(store.database, store.now)
        self.api_keys = ApiKeys(store.database, store.now)
        self.links = OneTimeLinks(store.database, store.now)
        self.second_factors = SecondFactors(store.database)
        self.issuer = Issuer(config.auth.oidc) if config.auth.oidc else None
        self.open_streams = OpenStreams(self._alive)
        self._folder = Path(config.data_dir)
        self._password = config.auth.password
        # A changed shared password changes the key, which ends every session.
        self._key = b"" if self.mode == "none" else self._key_for(f"sessions {self.mode} {self._password}")

    def hash_of(self, token: str) -> str:
        """Return the hash of a session token for the store."""
        return keyed_hash(self._key, token)

    def hash_of_key(self, key: str) -> str:
        """Return the hash of an API key for the store."""
        return keyed_hash(self._key_of_keys, key)

    def start_session(self, user_id: str, address: str, agent: str) -> str | None:
        """Start a session and return its token, which is shown only now; None if the person may not sign in."""
        token = secrets.token_urlsafe(32)
        return token if self.sessions.start(self.hash_of(token), user_id, address, agent) else None

    def is_shared_password(self, password: str) -> bool:
        """Tell whether this is the shared password."""
        return hmac.compare_digest(keyed_hash(self._key, password), keyed_hash(self._key, self._password))

    def make_link(self, purpose: Purpose, user_id: str = LOCAL_USER) -> str:
        """Return the token of a new one-time link, which is shown only now."""
        token = secrets.token_urlsafe(32)
        self.links.make(self._hash_of_link(token), purpose, user_id)
        return token

    def link(self, token: str) -> tuple[Purpose, Account]:
        """Return the purpose and the account of a one-time link. Raises: Problem("not_found")."""
        return self.links.find(self._hash_of_link(token))

    def use_link(self, token: str, password_hash: str, name: str) -> Account:
        """Use a one-time link. Raises: Problem, as `OneTimeLinks.use` does."""
        return self.links.use(self._hash_of_link(token), password_hash, name)

    def hash_of_code(self, code: str) -> str:
        """Return the hash of a recovery code for the store."""
        return keyed_hash(self._key_for("recovery codes"), code)

    def hash_of_state(self, state: str) -> str:
        """Return a hash of an account's state for a sealed text, which the browser can read."""
        return keyed_hash(self._key_for("account states"), state)

    def sealed(self, purpose: str, text: str, *, of: str) -> str:
        """Return a signed text for the browser to keep: it can read the text but not change it.

        of: the id of the person for whom it is valid.
        """
        return self._sealer(purpose).dumps([of, text])

    def unsealed(self, purpose: str, sealed: str, *, of: str | None = None) -> str:
        """Return a text that was sealed within the last minutes for this purpose and person, or an empty text."""
        from itsdangerous import BadData

        try:
            owner, text = self._sealer(purpose).loads(sealed, max_age=SEALED_FOR_S)
        except BadData:
            return ""
        return str(text) if of in (None, owner) else ""

    def _alive(self, hashes: Iterable[str]) -> set[str]:
        """Return the hashes of sessions and API keys that are still valid."""
        hashes = set(hashes)
        sessions = self.sessions.alive(hashes)
        return sessions | (self.api_keys.alive(hashes - sessions) if hashes - sessions else set())

    @cached_property
    def _key_of_keys(self) -> bytes:
        """A changed shared password also ends all API keys that were made with the old one."""
        return self._key_for(f"API keys {self._password if self.mode == 'password' else ''}")

    def _sealer(self, purpose: str) -> "URLSafeTimedSerializer":
        from itsdangerous import URLSafeTimedSerializer

        return URLSafeTimedSerializer(self._key_for("sealed"), salt=purpose)

    def _hash_of_link(self, token: str) -> str:
        return keyed_hash(self._key_for("links"), token)

    def _key_for(self, purpose: str) -> bytes:
        return derive_key(session_key(self._folder), purpose)
