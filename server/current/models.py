"""The models that the person who asks may pick: all of the catalog, or those that config.json leaves to their role."""

import difflib
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from g4f_lite.errors import UnknownModelError
from g4f_lite.routing.catalog import Model
from server.current.person import someone
from server.current.services import services
from server.problems import Problem

MOST_OPTIONS = 200
"""How many models are in every page, for browsers without scripts; the others get the list by itself."""


def models() -> list[Model]:
    """Return all that can be picked."""
    patterns = _patterns()
    return [model for model in services().catalog.models() if _fits(model.name, patterns)]


def model(name: str) -> Model:
    """Return the model a person named. Raises: Problem("unknown_model"), with the nearest name that they may pick."""
    try:
        found = services().catalog.model(name)
    except UnknownModelError as error:
        raise (Problem("unknown_model", _unknown(name)) if _restricted() else Problem.of(error)) from error
    if not may_pick(name):
        raise Problem("unknown_model", _unknown(name))
    return found


def model_or_default(name: str | None) -> Model:
    """Return the model of that name where there is one to pick still, or else the default one. Raises: Problem."""
    try:
        return model(name or default_model())
    except Problem:
        return model(default_model())


def options(models: Iterable[Model], picked: str) -> dict[str, list[Model]]:
    """Return by provider what a page offers by itself: the first models, and the one that is picked in any case."""
    found: dict[str, list[Model]] = {}
    for place, model in enumerate(models):
        if place < MOST_OPTIONS or model.name == picked:
            found.setdefault(model.provider, []).append(model)
    return found


def default_model() -> str:
    """Return the name of the model that is picked while nobody has picked one."""
    name = services().catalog.default_model
    return name if may_pick(name) else next((model.name for model in models()), name)


def may_pick(name: str) -> bool:
    """Tell whether a name is among those of the person's role, and of the key that was given."""
    return _fits(name, _patterns())


def _fits(name: str, of_each: Sequence[tuple[str, ...]]) -> bool:
    """Tell whether one of the patterns fits, of each who has a say."""
    return all(any(fnmatchcase(name, pattern) for pattern in patterns) for patterns in of_each)


def _patterns() -> list[tuple[str, ...]]:
    found = someone()
    of_the_role = services().config.auth.roles.of(found.role).models
    return [of_the_role, tuple(found.key.models)] if found.key else [of_the_role]


def _restricted() -> bool:
    return not all("*" in patterns for patterns in _patterns())


def _unknown(name: str) -> str:
    names = [model.name for model in models()]
    nearest = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"pick another, for example {default_model()}."
    return f"There is no model called {name[:100]}; {hint}" if names else "There is no model that you may use."
