"""Programs that people point at us, each in a process of its own: `python -m tests.programs.litellm_client <base url>`.

Each asks for the same things and prints what came of them as one line of JSON.
"""

import json
from collections.abc import Callable
from typing import Any

KEY = "none"
WRONG_KEY = "sk-g4f-wrong"


def failure(ask: Callable[[], Any]) -> list[Any]:
    """Return the name and the status of what is raised."""
    try:
        ask()
    except Exception as error:
        return [type(error).__name__, error.status_code]  # type: ignore[attr-defined]
    return []


def tell(**got: Any) -> None:
    """Print what a program got."""
    print(json.dumps(got))
