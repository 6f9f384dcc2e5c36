"""Where in the playground a question belongs: it keeps each thread, and lets only its creator go on with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard
from uuid import uuid4

ID = re.compile(r"[!-~]{1,200}")
"""What may go into a header or a field. The service's own ids are `msg_` and ten letters and digits, or UUIDs."""


@dataclass(frozen=True, slots=True)
class Thread:
    """user: the anonymous id of its creator. parent: the answer that is followed; empty in a new thread."""

    user: str
    parent: str = ""

    def state(self) -> dict[str, str]:
        """Return what `thread_of` makes this thread of again."""
        return {"parent": self.parent, "user": self.user}


def new_thread() -> Thread:
    """Return a thread of somebody whom the service has not seen."""
    return Thread(str(uuid4()))


def thread_of(state: Mapping[str, Any] | None) -> Thread:
    """Return the thread that a state tells of; a new one as far as it tells of none."""
    if not isinstance(state, Mapping) or not is_id(user := state.get("user")):
        return new_thread()
    return Thread(user, parent if is_id(parent := state.get("parent")) else "")


def is_id(value: Any) -> TypeGuard[str]:
    """Tell whether a JSON value can be sent as an id."""
    return isinstance(value, str) and bool(ID.fullmatch(value))
