"""The secret key of sessions, in `session.key` in the data folder, and the keys derived from it."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from server.problems import Problem

FILE = "session.key"
SIZE_BYTES = 32


def session_key(folder: Path) -> bytes:
    """Return the key in a data folder; the first call creates it, readable by its owner only. Raises: Problem."""
    file = folder / FILE
    try:
        if not file.exists():
            _make(file)
        key = file.read_bytes()
    except OSError as error:
        sentence = f"Cannot read or create the session key {file}: {error.strerror}."
        raise Problem("storage_unavailable", sentence) from error
    if len(key) != SIZE_BYTES:
        sentence = (
            f"The session key {file} is invalid. Remove the file; the server creates a new one, and everyone has "
            "to sign in again."
        )
        raise Problem("storage_unavailable", sentence)
    return key


def keyed_hash(key: bytes, text: str) -> str:
    """Return a hash of a secret text for the store: without the key, nobody can check a guess."""
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def derive_key(key: bytes, purpose: str) -> bytes:
    """Return a key for one purpose."""
    return hmac.new(key, purpose.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def _make(file: Path) -> None:
    """Write a new key; if two processes do so at once, the first one's stays."""
    made = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    handle = os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "wb") as new:
            new.write(secrets.token_bytes(SIZE_BYTES))
            new.flush()
            os.fsync(new.fileno())
        if not file.exists():
            _put(made, file)
    finally:
        made.unlink(missing_ok=True)


def _put(made: Path, file: Path) -> None:
    try:
        os.link(made, file)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        made.replace(file)
