"""Reads the configuration file as plain JSON values, without interpreting them."""

import json
from pathlib import Path as File
from typing import Any

from g4f_lite.config.config_errors import Mistake, Path, parts
from g4f_lite.errors import ConfigError

DEPTH = 64
"""Far more than any entry needs, and far less than Python's limit of recursion."""


class Object(dict[str, Any]):
    """An object of the file. `repeated` holds the keys that appear in it more than once."""

    repeated: tuple[str, ...] = ()


def read(file: File) -> dict[str, Any]:
    """Return the file's object. Raises: ConfigError."""
    document = _parsed(file)
    if not isinstance(document, Object):
        raise ConfigError([f"{file}: must contain a JSON object, in braces"])
    if repeated := _repeated(document):
        raise ConfigError(repeated)
    return document


def text_of(file: File) -> str:
    """Return the text of a UTF-8 file, without a byte order mark. Raises: ConfigError."""
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError([f"{file}: is not UTF-8 text"]) from error
    except OSError as error:
        raise ConfigError([f"{file}: cannot be read: {error.strerror}"]) from error


def _parsed(file: File) -> Any:
    try:
        document = json.loads(text_of(file), object_pairs_hook=_object)
        json.dumps(document, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ConfigError([f"{file}: {where}: invalid JSON: {error.msg}"]) from error
    except UnicodeEncodeError as error:
        raise ConfigError([f"{file}: contains an unpaired surrogate: \\ud800 to \\udfff must come in pairs"]) from error
    except ValueError as error:  # the interpreter's limit on digits
        raise ConfigError([f"{file}: contains a number with too many digits"]) from error
    except RecursionError as error:
        raise ConfigError([_too_deep(file)]) from error
    if _depth(document) > DEPTH:
        raise ConfigError([_too_deep(file)])
    return document


def _object(pairs: list[tuple[str, Any]]) -> Object:
    result = Object(pairs)
    keys = [key for key, _ in pairs]
    result.repeated = tuple(key for key in result if keys.count(key) > 1)
    return result


def _repeated(value: Any, path: Path = ()) -> list[str]:
    """Return a line for each key that is repeated in its object: people see the first, JSON takes the last."""
    own = [str(Mistake((*path, key), "appears more than once")) for key in getattr(value, "repeated", ())]
    return own + [line for key, item in parts(value).items() for line in _repeated(item, (*path, key))]


def _depth(document: Any) -> int:
    """Return how deep objects and lists are nested; counted level by level, because recursion has its limits."""
    level, depth = [document], 0
    while level := [item for value in level for item in parts(value).values()]:
        depth += 1
    return depth


def _too_deep(file: File) -> str:
    return f"{file}: objects and lists are nested more than {DEPTH} deep"
