"""Marks views that work without signing in; `server/current/sign_in.py` looks for the mark."""

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


def open_to_all(view: View) -> View:
    """Mark a view that works without signing in."""
    view.open_to_all = True  # type: ignore[attr-defined]
    return view
