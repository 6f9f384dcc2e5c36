"""The models that the current person may use: the whole catalog, or those that their role and API key allow."""

import difflib
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from g4f_lite.errors import UnknownModelError, without_addresses
from g4f_lite.routing.configured_provider import ConfiguredProvider
from g4f_lite.routing.model import Model
from server.current.identity import current_person
from server.current.services import services
from server.problems import Problem

MOST_OPTIONS = 200
"""Models listed in every page, for browsers without scripts. The others fetch the list."""


def allowed_models() -> list[Model]:
    """Return the models in the order of the catalog, those that are not available included."""
    patterns = _patterns()
    return [model for model in services().catalog.models() if _matches(model.name, patterns, is_listed=True)]


def allowed_providers() -> list[ConfiguredProvider]:
    """Return the providers of the models that the person may use; all of them if every model is allowed."""
    providers = services().catalog.providers
    if not _restricted():
        return list(providers.values())
    names = {route.provider.name for model in allowed_models() for route in model.routes}
    return [provider for name, provider in providers.items() if name in names]


def allowed_listed(provider: ConfiguredProvider) -> list[str]:
    """Return the upstream ids of the models that a provider lists and the person may use."""
    patterns = _patterns()
    return [info.id for info in provider.listed if _matches(f"{provider.name}/{info.id}", patterns, is_listed=True)]


def reason_for_reader(sentence: str) -> str:
    """Return why something failed; only administrators read the addresses of services."""
    return sentence if current_person().role == "admin" else without_addresses(sentence)


def allowed_model(name: str) -> Model:
    """Return the model of that name. Raises: Problem("unknown_model"), which suggests the nearest allowed name.

    A model that exists but is not allowed gets the same answer as one that does not exist.
    """
    try:
        found = services().catalog.model(name)
    except UnknownModelError as error:
        raise (Problem("unknown_model", _unknown(name)) if _restricted() else Problem.of(error)) from error
    if not is_allowed(name):
        raise Problem("unknown_model", _unknown(name))
    return found


def model_or_default(name: str | None) -> Model:
    """Return the model of that name if it is still there and allowed, otherwise the default one. Raises: Problem."""
    try:
        return allowed_model(name or default_model())
    except Problem:
        return allowed_model(default_model())


def model_options(models: Iterable[Model], selected: str) -> dict[str, list[Model]]:
    """Return the models that a page lists itself, by provider: the first ones, and the selected one in any case."""
    by_provider: dict[str, list[Model]] = {}
    for position, model in enumerate(models):
        if position < MOST_OPTIONS or model.name == selected:
            by_provider.setdefault(model.provider, []).append(model)
    return by_provider


def default_model() -> str:
    """Return the name of the model for a person who has not selected one."""
    name = services().catalog.default_model
    return name if is_allowed(name) else next((model.name for model in allowed_models()), name)


def is_allowed(name: str) -> bool:
    """Return whether the person's role, and the API key if there is one, allow a model of that name."""
    return _matches(name, _patterns(), is_listed=services().catalog.is_listed(name))


def _matches(name: str, pattern_lists: Sequence[tuple[str, ...]], *, is_listed: bool) -> bool:
    """Return whether at least one pattern of each list matches.

    A pattern such as `up/*` stands for the models that are listed. What else the provider has, at any price, is allowed
    by its full name, or by `*` alone.
    """
    return all(
        name in patterns or "*" in patterns or (is_listed and any(fnmatchcase(name, pattern) for pattern in patterns))
        for patterns in pattern_lists
    )


def _patterns() -> list[tuple[str, ...]]:
    person = current_person()
    of_role = services().config.auth.roles.of(person.role).models
    return [of_role, tuple(person.key.models)] if person.key else [of_role]


def _restricted() -> bool:
    return not all("*" in patterns for patterns in _patterns())


def _unknown(name: str) -> str:
    names = [model.name for model in allowed_models()]
    nearest = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"choose another one, for example {default_model()}."
    return f"There is no model called {name[:100]}; {hint}" if names else "You do not have access to any model."
