"""The events of an ended answer as a reader receives them."""

import json
from typing import Any

from server.turns.ended_answer import EndedAnswer


def lines_of(answer: EndedAnswer, after: int, html: bool) -> list[dict[str, Any]]:
    """Return the events after `after`."""
    return [json.loads(line) for line in "".join(answer.lines(after, html)).split("\n")[:-1]]
