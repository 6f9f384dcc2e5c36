"""Fills `${NAME}` in the strings of the configuration file from the environment and the `.env` file beside it."""

import re
from collections.abc import Mapping
from pathlib import Path as File
from typing import Any

from g4f_lite.config.config_errors import Path
from g4f_lite.config.json_file import text_of
from g4f_lite.errors import ConfigError

REFERENCE = re.compile(r"\$(\$?)\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""`$${NAME}` stands for the text `${NAME}` itself."""

LINE = re.compile(
    r"""\s*(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*
    (?:'(?P<raw>[^']*)' | "(?P<quoted>(?:[^"\\]|\\.)*)" | (?P<bare>[^'"\s#](?:[^\n]*?\S)??)?)
    \s*(?:(?<=\s)\#.*)?""",
    re.VERBOSE,
)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def variables_for(folder: File, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of the folder's `.env` and of the environment, which wins. Raises: ConfigError."""
    file = folder / ".env"
    return {**(_variables(file) if file.is_file() else {}), **environ}


def fill(value: Any, variables: Mapping[str, str], missing: list[tuple[Path, str]], path: Path = ()) -> Any:
    """Return the value with its variables filled in. A string with an unset or empty variable becomes empty.

    missing: receives the path of each such string, and the variable.
    """
    if isinstance(value, dict):
        return {key: fill(item, variables, missing, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, variables, missing, (*path, index)) for index, item in enumerate(value)]
    if not isinstance(value, str):
        return value
    unset = [name for escape, name in REFERENCE.findall(value) if not escape and not variables.get(name)]
    missing.extend((path, name) for name in unset)
    return "" if unset else REFERENCE.sub(lambda match: _text(match, variables), value)


def _text(match: re.Match[str], variables: Mapping[str, str]) -> str:
    escape, name = match.groups()
    return f"${{{name}}}" if escape else variables[name]


def _variables(file: File) -> dict[str, str]:
    """Return the pairs of a file of `NAME=value` lines. They may have comments, quotes and a leading `export`."""
    variables, mistakes = {}, []
    for number, line in enumerate(text_of(file).split("\n"), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if match := LINE.fullmatch(line):
            variables[match["name"]] = _value(match)
        else:
            mistakes.append(f"{file}: line {number}: must look like NAME=value")
    if mistakes:
        raise ConfigError(mistakes)
    return variables


def _value(match: re.Match[str]) -> str:
    if match["quoted"] is not None:
        return re.sub(r"\\(.)", lambda escaped: ESCAPES.get(escaped[1], escaped[1]), match["quoted"])
    return match["raw"] or match["bare"] or ""
