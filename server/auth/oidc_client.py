"""The OpenID Connect client: the code flow with PKCE, state and nonce. Authlib implements the protocol.

Source: https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth
"""

import logging
import math
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from g4f_lite.errors import ConfigError
from server.config.auth import Oidc
from server.problems import Problem
from server.translatable import N_

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

log = logging.getLogger(__name__)

TIMEOUT_S = (5, 10)
"""To connect, and between two reads of a response."""
KEPT_S = 3600
"""How long the issuer's metadata and keys are cached."""
REST_S = 10
"""How long a failed issuer is not asked again: everybody who waits for it occupies a thread."""
SLOTS = 2
"""Requests that may wait for the issuer at the same time."""
LEEWAY_S = 60
BLOCK_BYTES, LARGEST_BYTES = 65536, 1 << 20
"""The size of a read, and the largest response; an issuer's metadata has a few thousand bytes."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Algorithms with a public key: checking a signature must not enable anybody to create one."""

WRONG = (OSError, ValueError, LookupError, TypeError)
"""The errors of an issuer that is unreachable or sends invalid responses."""

AWAY = N_("Your sign-in service is unavailable. Try again in a moment.")
REFUSED = N_("Your sign-in service did not confirm your identity. Try again.")
NOT_ALLOWED = N_("This account is not allowed to sign in here.")


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """The values that must come back with a person who was sent to the issuer."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Identity:
    """A person confirmed by the issuer. `subject` is unique across issuers; `name` is a suggestion."""

    subject: str
    name: str


class Issuer:
    """May be used from any thread."""

    def __init__(self, settings: Oidc) -> None:
        """Make no request yet. Raises: ConfigError if the library is not installed."""
        if not find_spec("authlib"):
            raise ConfigError(["auth.oidc: needs `pip install -r requirements-oidc.txt`"])
        self.settings = settings
        self._about: tuple[float, dict[str, Any], dict[str, Any]] | None = None
        self._slots = threading.BoundedSemaphore(SLOTS)
        self._failed_at = -math.inf

    def begin(self, redirect_uri: str) -> tuple[str, AuthorizationRequest]:
        """Return the URL to send a person to, and the values that must come back. Raises: Problem."""
        about, _ = self._known()
        sent = AuthorizationRequest(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))
        with self._session(redirect_uri) as session:
            address, _ = session.create_authorization_url(
                about["authorization_endpoint"], state=sent.state, nonce=sent.nonce, code_verifier=sent.verifier
            )
        return str(address), sent

    def finish(self, redirect_uri: str, returned_url: str, sent: AuthorizationRequest) -> Identity:
        """Return the identity of the person who came back with this URL. Raises: Problem."""
        from authlib.common.errors import AuthlibBaseError
        from joserfc.errors import JoseError

        about, keys = self._known()
        try:
            with self._waiting(), self._session(redirect_uri) as session:
                token = session.fetch_token(
                    about["token_endpoint"],
                    authorization_response=returned_url,
                    state=sent.state,
                    code_verifier=sent.verifier,
                    allow_redirects=False,
                )
            return self._identity(self._confirmed(token, keys, sent.nonce))
        except (AuthlibBaseError, JoseError) as error:
            log.warning("the OpenID Connect issuer did not confirm a sign-in: %s", error)
            raise Problem("forbidden", REFUSED) from error
        except WRONG as error:
            raise self._failed(error) from error

    def _confirmed(self, token: dict[str, Any], keys: dict[str, Any], nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token. An unknown key may be new, so the keys are then fetched again."""
        from joserfc.errors import InvalidKeyIdError

        try:
            return _claims(token, keys, self.settings, nonce)
        except InvalidKeyIdError:
            self._about = None
            return _claims(token, self._known()[1], self.settings, nonce)

    def _identity(self, claims: dict[str, Any]) -> Identity:
        """Return the identity in the claims. Raises: Problem if that person may not sign in."""
        address = str(claims.get("email", "")) if claims.get("email_verified") is True else ""
        allowed = self.settings.allowed
        if allowed and not any(fnmatchcase(address.lower(), pattern.lower()) for pattern in allowed):
            raise Problem("forbidden", NOT_ALLOWED)
        names = (claims.get("preferred_username"), address.partition("@")[0], claims.get("name"), claims["sub"])
        name = next(name for name in names if name and isinstance(name, str))
        return Identity(f"{self.settings.issuer} {claims['sub']}", name)

    def _known(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the issuer's metadata and its keys. Raises: Problem."""
        if not self._about or time.monotonic() - self._about[0] > KEPT_S:
            try:
                about = self._fetch(f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
                if about["issuer"] != self.settings.issuer:
                    raise ValueError("it has another name")
                self._about = time.monotonic(), about, self._fetch(about["jwks_uri"])
            except WRONG as error:
                raise self._failed(error) from error
        return self._about[1:]

    def _fetch(self, address: str) -> dict[str, Any]:
        with self._waiting(), self._session("") as session:
            response = session.get(address, withhold_token=True, allow_redirects=False)
            response.raise_for_status()
            found: dict[str, Any] = response.json()
            return found

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        """Take a slot to wait for the issuer. Raises: Problem if it failed a moment ago, or if no slot is free."""
        if time.monotonic() - self._failed_at < REST_S or not self._slots.acquire(blocking=False):
            raise Problem("provider_unreachable", AWAY, retry_after=REST_S)
        try:
            yield
        finally:
            self._slots.release()

    def _failed(self, error: Exception) -> Problem:
        log.warning("the OpenID Connect issuer does not work: %s", type(error).__name__)
        self._failed_at = time.monotonic()
        return Problem("provider_unreachable", AWAY)

    def _session(self, redirect_uri: str) -> "OAuth2Session":
        from authlib.integrations.requests_client import OAuth2Session

        session = OAuth2Session(
            self.settings.client_id,
            self.settings.client_secret,
            scope="openid profile email",
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            default_timeout=TIMEOUT_S,
        )
        session.hooks["response"].append(_read)
        return session


def _read(response: Any, **_: object) -> None:
    """Read a response before requests does, which has no size limit. Raises: ValueError."""
    body = bytearray()
    for block in response.iter_content(BLOCK_BYTES):
        body += block
        if len(body) > LARGEST_BYTES:
            response.close()
            raise ValueError("an answer of more than 1 MiB")
    response._content = bytes(body)


def _claims(token: dict[str, Any], keys: dict[str, Any], settings: Oidc, nonce: str) -> dict[str, Any]:
    """Return the claims of an ID token. Raises: JoseError, ValueError, LookupError."""
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.jwk import KeySet
    from joserfc.jws import JWSRegistry

    registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
    decoded = jwt.decode(token["id_token"], KeySet.import_key_set(cast(Any, keys)), registry=registry)
    expected = {
        "iss": {"essential": True, "value": settings.issuer},
        "aud": {"essential": True, "value": settings.client_id},
        "nonce": {"essential": True, "value": nonce},
    }
    known = {"nonce": nonce, "client_id": settings.client_id, "access_token": token.get("access_token")}
    claims = CodeIDToken(decoded.claims, decoded.header, expected, known)
    claims.validate(leeway=LEEWAY_S)
    return dict(claims)
