"""Loads config.json: checks it as a whole, and reports all mistakes at once."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar

from pydantic import AfterValidator, ConfigDict, ValidationError

from g4f_lite.config.config_errors import Mistake, mistakes_of, unknown
from g4f_lite.config.defaults import MODELS, PROVIDERS
from g4f_lite.config.environment import fill, variables_for
from g4f_lite.config.json_file import read
from g4f_lite.config.settings import ModelSettings, ProviderSettings, Strict
from g4f_lite.errors import ConfigError

_ROOT = Path(__file__).parents[2]
STANDARD_FILE = (_ROOT if (_ROOT / "run.py").is_file() else Path()) / "config.json"
"""The default file, which may be missing: in a checkout the one beside run.py, for an installed library the one in the
working directory."""


def _readable(name: str) -> str:
    if not name.strip() or not name.isprintable():
        raise ValueError("must be a printable name")
    return name


def _without_slash(name: str) -> str:
    if "/" in name:
        raise ValueError("must not contain /, which separates provider and model in a route")
    return name


ModelName = Annotated[str, AfterValidator(_readable)]
ProviderName = Annotated[ModelName, AfterValidator(_without_slash)]


class Kind(Protocol):
    """A kind of provider, as this module sees it: the class that reads its `options`."""

    Options: type[Strict]
    takes_extra_body: bool


class CatalogConfig(Strict):
    """The keys of the file for this package. It ignores the others, which are for the site."""

    model_config = ConfigDict(extra="ignore")

    providers: dict[ProviderName, ProviderSettings]
    models: dict[ModelName, ModelSettings]
    default_model: str

    @classmethod
    def with_defaults(cls, document: dict[str, Any]) -> dict[str, Any]:
        """Return the document with defaults that contain variables, before these are filled in."""
        return document

    @classmethod
    def relations(cls, document: Mapping[str, Any]) -> Iterator[Mistake]:
        """Yield the mistakes between parts of the document, such as references to missing entries.

        document: filled in, but not yet validated; parts with a wrong type are skipped.
        """
        providers, models = _table(document, "providers"), _table(document, "models")
        for path, route in _routes(models):
            provider, slash, upstream = route.partition("/")
            if not slash or not upstream:
                yield Mistake(path, "must be a provider and a model name, as in provider/model")
            elif provider not in providers:
                yield Mistake(path, unknown("provider", provider, providers))
        default = document.get("default_model")
        if isinstance(default, str) and default not in models and not _names_provider(default, providers):
            yield Mistake(("default_model",), unknown("model", default, models) if default else "is missing")


Config = TypeVar("Config", bound=CatalogConfig)


def load(
    path: Path | None,
    schema: type[Config],
    environ: Mapping[str, str],
    kinds: Mapping[str, Kind],
    overrides: Mapping[str, Any] | None = None,
) -> Config:
    """Return the configuration of a file. Missing keys have their defaults; relative paths start at the file's folder.
    path: None is STANDARD_FILE, or the defaults if there is no such file.
    kinds: the kinds of providers that the file may name, such as `providers.KINDS`.
    overrides: keys of sections that replace those of the file: `{"site_config": {"port": 8080}}`.
    Raises: ConfigError with all mistakes, free of secrets.
    """
    file = path or STANDARD_FILE
    found = read(file) if path or file.is_file() else {}
    folder = file.parent.absolute()
    kept = schema.model_fields if _ignores_unknown_keys(schema) else found
    document = _complete({key: value for key, value in found.items() if key in kept})
    for section, keys in (overrides or {}).items():
        document[section] = {**_table(document, section), **keys}
    mistakes = [*_drop_reserved_key(document)]
    document = _filled(schema.with_defaults(document), variables_for(folder, environ), mistakes)
    mistakes.extend(_read_options(document, folder, kinds))
    mistakes.extend(_unknown_kinds(document, kinds))
    mistakes.extend(_useless_extra_bodies(document, kinds))
    mistakes.extend(schema.relations(document))
    try:
        config = schema.model_validate(document, context={"folder": folder})
    except ValidationError as error:
        mistakes = [*mistakes_of(error, schema, document), *mistakes]
    if mistakes:
        raise ConfigError([str(mistake) for mistake in mistakes])
    return config


def _ignores_unknown_keys(schema: type[CatalogConfig]) -> bool:
    return schema.model_config.get("extra") == "ignore"


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with defaults for missing keys. The first model is the default one."""
    document = {"providers": PROVIDERS, **document}
    providers = _table(document, "providers")
    available = {name: entry for name, entry in MODELS.items() if _providers_of(name) <= providers.keys()}
    document = {"models": available, **document}
    return {"default_model": next(iter(_table(document, "models")), ""), **document}


def _providers_of(model: str) -> set[str]:
    """Return the providers in the routes of a default model."""
    return {route.partition("/")[0] for _, route in _routes({model: MODELS[model]})}


def _drop_reserved_key(document: dict[str, Any]) -> Iterator[Mistake]:
    """Remove `missing_variables` from the entries: this module fills in that field, so it is not a key of the file."""
    for name, entry in _table(document, "providers").items():
        if isinstance(entry, dict) and entry.pop("missing_variables", None) is not None:
            yield Mistake(("providers", name, "missing_variables"), "unknown key")


def _filled(document: dict[str, Any], variables: Mapping[str, str], mistakes: list[Mistake]) -> dict[str, Any]:
    """Return the document with its variables filled in. An unset one is a mistake, or an obstacle of its provider."""
    missing: list[tuple[tuple[str | int, ...], str]] = []
    filled: dict[str, Any] = fill(document, variables, missing)
    for path, name in missing:
        entry = _table(filled, "providers").get(str(path[1])) if path[0] == "providers" and len(path) > 1 else None
        if not isinstance(entry, dict):
            mistakes.append(Mistake(path, f"the variable {name} is set neither in the environment nor in .env"))
        elif entry.get("enabled", True):
            names = entry.get("missing_variables", ())
            entry["missing_variables"] = names if name in names else (*names, name)
    return filled


def _read_options(document: dict[str, Any], folder: Path, kinds: Mapping[str, Kind]) -> Iterator[Mistake]:
    """Let each kind validate its own `options`, and store the result with defaults and full paths."""
    for name, entry in _table(document, "providers").items():
        if not isinstance(entry, dict) or not isinstance(entry.setdefault("options", {}), dict):
            continue
        if kind := kinds.get(str(entry.get("kind"))):
            try:
                options = kind.Options.model_validate(entry["options"], context={"folder": folder})
                entry["options"] = options.model_dump()
            except ValidationError as error:
                yield from mistakes_of(error, kind.Options, entry["options"], ("providers", name, "options"))


def _unknown_kinds(document: Mapping[str, Any], kinds: Mapping[str, Kind]) -> Iterator[Mistake]:
    for name, entry in _table(document, "providers").items():
        kind = entry.get("kind") if isinstance(entry, dict) else None
        if isinstance(kind, str) and kind not in kinds:
            yield Mistake(("providers", name, "kind"), unknown("kind", kind, kinds))


def _useless_extra_bodies(document: Mapping[str, Any], kinds: Mapping[str, Kind]) -> Iterator[Mistake]:
    """Yield a mistake for each `extra_body` that no service would get."""
    entries = {name: entry for name, entry in _table(document, "providers").items() if isinstance(entry, dict)}
    known = {name: kinds[str(entry.get("kind"))] for name, entry in entries.items() if str(entry.get("kind")) in kinds}
    for name in known:
        if entries[name].get("extra_body") and not known[name].takes_extra_body:
            yield Mistake(("providers", name, "extra_body"), f"is not sent by the kind {entries[name]['kind']}")
    for name, entry in _table(document, "models").items():
        providers = {route.partition("/")[0] for _, route in _routes({name: entry})} & known.keys()
        has_extra = isinstance(entry, dict) and entry.get("extra_body")
        if has_extra and providers and not any(known[provider].takes_extra_body for provider in providers):
            yield Mistake(("models", name, "extra_body"), f"is not sent by {', '.join(sorted(providers))}")


def _routes(models: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every route with its path in the file, for a model's short forms and its long one."""
    for name, entry in models.items():
        path: tuple[str | int, ...] = ("models", name)
        if isinstance(entry, dict):
            path, entry = (*path, "routes"), entry.get("routes")
        if isinstance(entry, str):
            yield path, entry
        elif isinstance(entry, list):
            yield from (((*path, index), route) for index, route in enumerate(entry) if isinstance(route, str))


def _names_provider(model: str, providers: Mapping[str, Any]) -> bool:
    provider, _, upstream = model.partition("/")
    return provider in providers and bool(upstream)


def _table(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the object at a key; an empty one if there is none."""
    table = document.get(key)
    return table if isinstance(table, dict) else {}
