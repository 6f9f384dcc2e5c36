"""What is the same in the application of every test, made once: routes, assets and templates take most of the time."""

from collections.abc import Callable
from copy import copy
from typing import Any

from flask import Flask

from server.config.site import Config

CONTAINERS = (
    "after_request_funcs",
    "before_request_funcs",
    "config",
    "error_handler_spec",
    "extensions",
    "teardown_request_funcs",
    "view_functions",
)
"""What a test may change of an application, for itself."""


def made_once(make: Callable[[Config], Flask]) -> Callable[[Config], Flask]:
    """Return a function like `with_views` that gives a copy where one would differ in nothing."""
    made: dict[Any, Flask] = {}

    def give(config: Config) -> Flask:
        key = (config.url_prefix, tuple(config.site_config.allowed_hosts))
        if key not in made:
            made[key] = make(config)
            made[key].url_map.add = _refuse  # type: ignore[method-assign]
        return _copied(made[key])

    return give


def _copied(app: Flask) -> Flask:
    """Copy an application but for its routes and its templates."""
    new = copy(app)
    for name in CONTAINERS:
        setattr(new, name, _deeper(getattr(app, name)))
    return new


def _deeper(value: Any) -> Any:
    """Copy dictionaries and lists of any depth, and nothing else."""
    if isinstance(value, dict):
        new = copy(value)
        new.update((key, _deeper(inner)) for key, inner in value.items())
        return new
    return list(value) if isinstance(value, list) else value


def _refuse(rule: object) -> None:
    raise AssertionError("the tests share these routes; a test that needs another one makes an application of its own")
