"""JSON as services write it. Pure."""

import json
from typing import Any


def parse_json(data: str | bytes) -> Any:
    """Return a JSON value. A byte that is not UTF-8 becomes U+FFFD; a raw tab or line break in a string is kept.

    Raises: ValueError, also for a value that is nested too deeply.
    """
    text = data if isinstance(data, str) else data.decode(errors="replace")
    try:
        return json.loads(text.removeprefix("\ufeff"), strict=False)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
