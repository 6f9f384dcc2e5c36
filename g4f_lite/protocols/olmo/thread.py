"""The position of a question in the playground, which keeps threads and lets only the creator continue one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard
from uuid import uuid4

ID = re.compile(r"[!-~]{1,200}")
"""Characters allowed in a header or a field. The service's ids are `msg_` and ten letters or digits, or UUIDs."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread. user: the anonymous id of its creator. parent: the id of the last answer; empty in a new thread."""

    user: str
    parent: str = ""

    def state(self) -> dict[str, str]:
        """Return the state from which `thread_of` restores this thread."""
        return {"parent": self.parent, "user": self.user}


def new_thread() -> Thread:
    """Return a thread of a new anonymous user."""
    return Thread(str(uuid4()))


def thread_of(state: Mapping[str, Any] | None) -> Thread:
    """Return the thread of a state. Parts that are missing or invalid are new."""
    if not isinstance(state, Mapping) or not is_id(user := state.get("user")):
        return new_thread()
    return Thread(user, parent if is_id(parent := state.get("parent")) else "")


def is_id(value: Any) -> TypeGuard[str]:
    """Return whether a JSON value can be sent as an id."""
    return isinstance(value, str) and bool(ID.fullmatch(value))
