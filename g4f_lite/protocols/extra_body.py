"""The members of a request that config.json adds to it. Pure."""

from collections.abc import Mapping
from typing import Any


def merged(body: Mapping[str, Any], *extras: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body with the members of each mapping, the later ones over the earlier; objects are merged."""
    result = dict(body)
    for extra in extras:
        for name, value in extra.items():
            before = result.get(name)
            result[name] = merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return result
