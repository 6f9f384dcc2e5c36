"""The models by name, and the providers that answer for them."""

import asyncio
import difflib
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Self

from g4f_lite.config.load import CatalogConfig
from g4f_lite.config.settings import ModelSettings
from g4f_lite.errors import UnknownModelError, without_addresses
from g4f_lite.guidebook.overview import InstallationOverview, ModelFacts, ProviderFacts
from g4f_lite.http.transport import Http
from g4f_lite.provider import Provider
from g4f_lite.routing.configured_provider import ConfiguredProvider
from g4f_lite.routing.model import Model, Route

Kinds = Mapping[str, type[Provider]]
"""The provider classes by the names that config.json uses, such as `providers.KINDS`."""


class Catalog:
    """Models by name, made from the configuration. Only the providers' lists and health change afterwards."""

    def __init__(self, config: CatalogConfig, kinds: Kinds, http: Http, previous: Self | None = None) -> None:
        """Build the providers; a provider of `previous` whose entry is unchanged is kept as it is."""
        self.default_model = config.default_model
        known = previous.providers if previous else {}
        self.providers: dict[str, ConfiguredProvider] = {
            name: known[name]
            if name in known and known[name].settings == settings
            else ConfiguredProvider(name, settings, kinds[settings.kind](name, settings, http))
            for name, settings in config.providers.items()
        }
        self._models = {name: self._model(name, settings) for name, settings in config.models.items()}
        for provider in self.providers.values():
            provider.instance.set_installation_source(self.installation)

    def model(self, name: str) -> Model:
        """Return the model of that name, or of that `provider/upstream id`. Raises: UnknownModelError."""
        if name in self._models:
            return self._models[name]
        prefix, _, upstream = name.partition("/")
        provider = self.providers.get(prefix)
        offered = (provider.settings.models or (upstream,)) if provider and provider.settings.enabled else ()
        if provider and upstream and upstream in offered:
            return Model(name, upstream, (Route(provider, upstream),))
        raise UnknownModelError(self._unknown(name))

    def is_listed(self, name: str) -> bool:
        """Return whether the configuration or the provider's own list has a model of that name.

        `model` also finds those that a provider may have without listing them.
        """
        prefix, _, upstream = name.partition("/")
        provider = self.providers.get(prefix)
        if name in self._models or not provider:
            return name in self._models
        return upstream in (provider.settings.models or [info.id for info in provider.listed])

    def models(self) -> list[Model]:
        """Return every model that can be picked: the configured ones first, then what enabled providers list."""
        taken = {(route.provider.name, route.model) for model in self._models.values() for route in model.routes[:1]}
        listed = [
            Model(
                f"{provider.name}/{info.id}",
                info.id,
                (Route(provider, info.id),),
                vision=bool(info.vision),
                context=info.context,
                loaded=info.loaded,
                unconfirmed=info.unconfirmed,
            )
            for provider in self.providers.values()
            for info in provider.listed
            if provider.settings.enabled and (provider.name, info.id) not in taken
        ]
        return [*(model.as_listed() for model in self._models.values()), *listed]

    def installation(self) -> InstallationOverview:
        """Return what the guide may say about the providers and models, free of keys and addresses."""
        folders = (provider.settings.options.get("models_dir") for provider in self.providers.values())
        return InstallationOverview(
            [
                ProviderFacts(name, one.settings.kind, one.state, without_addresses(one.reason))
                for name, one in self.providers.items()
            ],
            [ModelFacts(model.name, model.provider, model.reason) for model in self.models()],
            next(filter(None, folders), ""),
        )

    def states(self) -> dict[str, str]:
        """Return the state of each provider by its name."""
        return {provider.name: provider.state for provider in self.providers.values()}

    async def refresh(self, now: float) -> bool:
        """Refresh every list of models that is due, and wait for the slowest; return whether anything changed.

        now: as for `due`.
        """
        return any(await asyncio.gather(*(provider.refresh_models() for provider in self.due(now))))

    def due(self, now: float) -> list[ConfiguredProvider]:
        """Return the providers whose list of models is too old, each only once, for the caller to refresh.

        now: seconds of `time.monotonic`.
        """
        due = [item for item in self.providers.values() if item.next_listing <= now and not item.obstacle()]
        for provider in due:
            provider.next_listing = now + provider.instance.list_every_s
        return due

    async def close(self, kept: Self | None = None) -> None:
        """Close the providers, except those that `kept` goes on using."""
        in_use = kept.providers.values() if kept else ()
        for provider in self.providers.values():
            if not any(provider is other for other in in_use):
                await provider.instance.close()

    def _model(self, name: str, settings: ModelSettings) -> Model:
        return Model(
            name,
            settings.label or name,
            tuple(self._routes(settings.routes)),
            settings.params,
            settings.system,
            settings.vision,
            settings.context,
            settings.price,
            settings.extra_body,
        )

    def _routes(self, routes: Iterable[str]) -> Iterable[Route]:
        for route in routes:
            provider, _, upstream = route.partition("/")
            yield Route(self.providers[provider], upstream)

    def _unknown(self, name: str) -> str:
        nearest = difflib.get_close_matches(name, [model.name for model in self.models()], n=1)
        hint = f"did you mean {nearest[0]}?" if nearest else f"choose another one, for example {self.default_model}."
        return f"There is no model called {name[:100]}; {hint}"


@asynccontextmanager
async def opened(config: CatalogConfig, kinds: Kinds) -> AsyncIterator[Catalog]:
    """Yield a catalog; its providers are closed at the end of the block."""
    http = Http()
    catalog = Catalog(config, kinds, http)
    try:
        yield catalog
    finally:
        await catalog.close()
        await http.close()
