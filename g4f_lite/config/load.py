"""Reads config.json: checked as a whole, with every mistake told at once."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar

from pydantic import AfterValidator, ConfigDict, ValidationError

from g4f_lite.config.config_errors import Mistake, mistakes_of, unknown
from g4f_lite.config.defaults import MODELS, PROVIDERS
from g4f_lite.config.environment import fill, known_in
from g4f_lite.config.json_file import read
from g4f_lite.config.settings import ModelSettings, ProviderSettings, Strict
from g4f_lite.errors import ConfigError

_ROOT = Path(__file__).parents[2]
STANDARD_FILE = (_ROOT if (_ROOT / "run.py").is_file() else Path()) / "config.json"
"""The file that is read if no other is named. It may be missing. In a checkout it is the one beside run.py; an
installed library reads the one in the working directory."""


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
    """What this module knows about a kind of provider: the class that reads its `options`."""

    Options: type[Strict]


class CatalogConfig(Strict):
    """What the package reads of the file; it leaves the other keys to the site."""

    model_config = ConfigDict(extra="ignore")

    providers: dict[ProviderName, ProviderSettings]
    models: dict[ModelName, ModelSettings]
    default_model: str

    @classmethod
    def with_defaults(cls, document: dict[str, Any]) -> dict[str, Any]:
        """Return the document with the defaults that name variables, which are not filled in yet."""
        return document

    @classmethod
    def relations(cls, document: Mapping[str, Any]) -> Iterator[Mistake]:
        """Yield the mistakes that show only when parts of the document are held together.

        document: filled, but perhaps of other shapes than this class; what has a wrong shape is passed over.
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
    """Return what the file says. A key that is not there has its default; relative paths start at the file's folder.

    path: None is STANDARD_FILE, or the defaults if there is no such file.
    kinds: the kinds of providers that the file may name, such as `providers.KINDS`.
    overrides: keys of sections, which win over the file: `{"site_config": {"port": 8080}}`.
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
    document = _filled(schema.with_defaults(document), known_in(folder, environ), mistakes)
    mistakes.extend(_read_options(document, folder, kinds))
    mistakes.extend(_unknown_kinds(document, kinds))
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
    """Return the document with defaults for what it leaves out; the first model is the default one."""
    document = {"providers": PROVIDERS, **document}
    providers = _table(document, "providers")
    answered = {name: entry for name, entry in MODELS.items() if _providers_of(name) <= providers.keys()}
    document = {"models": answered, **document}
    return {"default_model": next(iter(_table(document, "models")), ""), **document}


def _providers_of(model: str) -> set[str]:
    """Return the providers that a model of the defaults has routes to."""
    return {route.partition("/")[0] for _, route in _routes({model: MODELS[model]})}


def _drop_reserved_key(document: dict[str, Any]) -> Iterator[Mistake]:
    """Take `missing_variables` out of the entries: that field is ours to fill in, not a key of the file."""
    for name, entry in _table(document, "providers").items():
        if isinstance(entry, dict) and entry.pop("missing_variables", None) is not None:
            yield Mistake(("providers", name, "missing_variables"), "unknown key")


def _filled(document: dict[str, Any], variables: Mapping[str, str], mistakes: list[Mistake]) -> dict[str, Any]:
    """Return the document with its variables. One that is not set is a mistake, or an obstacle of its provider."""
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
    """Have each kind read its own `options`, and write down what it read, defaults and full paths included."""
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


def _routes(models: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every route with its path in the file, from a model's short forms and its long one."""
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
    """Return the object at that key, or an empty one where there is none."""
    table = document.get(key)
    return table if isinstance(table, dict) else {}
