"""Which models there are, and who answers for each: names to routes."""

import asyncio
import difflib
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Self

from g4f_lite.config.load import CatalogConfig
from g4f_lite.config.settings import DefaultParams, ModelSettings, Price, ProviderSettings
from g4f_lite.decoding.error_bodies import SHORTEST_SECRET
from g4f_lite.errors import G4FLiteError, ModelNotSupportedError, UnknownModelError, UpstreamTimeoutError
from g4f_lite.guidebook.installation import Installation, ModelFacts, ProviderFacts
from g4f_lite.http.transport import Http, secrets_of
from g4f_lite.provider import Provider
from g4f_lite.providers import KINDS
from g4f_lite.routing.concurrency_limit import Turnstile
from g4f_lite.routing.health import Health
from g4f_lite.routing.model_info import ModelInfo

NO_DEFAULTS = DefaultParams()
LISTING_LIMIT_S = 10
"""A provider that takes longer to list its models is asked again later."""
LIST_AGAIN_S = 30
"""How soon after it failed to; it may have been started meanwhile."""


@dataclass(slots=True)
class Member:
    """A provider as the catalog knows it. `listed` holds the models it named last, at `listed_at`."""

    name: str
    settings: ProviderSettings
    provider: Provider
    health: Health = field(default_factory=Health)
    listed: tuple[ModelInfo, ...] = ()
    listed_at: datetime | None = None
    next_listing: float = 0
    _turnstile: Turnstile = field(init=False)

    def __post_init__(self) -> None:
        self._turnstile = Turnstile(self.name, self.settings)

    def obstacle(self) -> G4FLiteError | None:
        """Return why this provider cannot be asked, or None."""
        if not self.settings.enabled:
            return ModelNotSupportedError(f"{self.name} is switched off in config.json.")
        return self.provider.obstacle()

    @asynccontextmanager
    async def asked(self) -> AsyncIterator[Provider]:
        """Yield the provider, which counts as busy with a reply until the block ends.

        Raises: its obstacle, or OverloadedError when it is busy with as many as it may be.
        """
        if obstacle := self.obstacle():
            raise obstacle
        async with self._turnstile.place():
            yield self.provider

    @property
    def waiting(self) -> int:
        """How many replies wait for others to end, because of `max_concurrent`."""
        return self._turnstile.waiting

    @property
    def state(self) -> str:
        """`disabled`, `unavailable` (it cannot be used from here), `failing` (its last call failed) or `ready`."""
        if not self.settings.enabled:
            return "disabled"
        if self.provider.obstacle() or self.health.out_of_rotation:
            return "unavailable"
        return "failing" if self.health.last_error else "ready"

    async def list(self) -> bool:
        """Ask for the models, unless the configuration names them; tell whether anything is different now.

        A failure is noted, the old list kept, and the next listing is sooner.
        """
        before = self.listed, self.state
        try:
            self.listed = tuple(map(ModelInfo, self.settings.models)) if self.settings.models else await self.offer()
            self.listed_at = datetime.now(UTC)
            self.health.reached()
        except G4FLiteError as error:
            self.health.failed(error)
            self.next_listing = min(self.next_listing, time.monotonic() + LIST_AGAIN_S)
        return before != (self.listed, self.state)

    async def offer(self) -> tuple[ModelInfo, ...]:
        """Return the models that the provider lists now. Raises: UpstreamError, also when it takes too long."""
        try:
            async with asyncio.timeout(LISTING_LIMIT_S):
                offers = await self.provider.list_models()
        except TimeoutError as error:
            sentence = f"{self.name} did not list its models in {LISTING_LIMIT_S} seconds."
            raise UpstreamTimeoutError(sentence) from error
        secrets = [secret for secret in secrets_of(self.settings) if len(secret) >= SHORTEST_SECRET]
        return tuple(offer for offer in offers if not any(secret in offer.id for secret in secrets))


@dataclass(frozen=True, slots=True)
class Route:
    """One way to a model: a provider, and the name the model has there."""

    member: Member
    model: str


@dataclass(frozen=True, slots=True)
class Model:
    """What a person picks. `context` is in tokens; `price` in US dollars per million tokens."""

    name: str
    label: str
    routes: tuple[Route, ...]
    params: DefaultParams = NO_DEFAULTS
    system: str = ""
    vision: bool = False
    context: int | None = None
    price: Price | None = None
    loaded: bool | None = None
    """Whether it is in memory and answers without being loaded; None where nobody says."""

    @property
    def provider(self) -> str:
        """The name of the provider that is asked first."""
        return self.routes[0].member.name

    @property
    def reason(self) -> str:
        """Why nobody can answer for this model now; empty when somebody can."""
        obstacles = [route.member.obstacle() or route.member.health.out_of_rotation for route in self.routes]
        return "" if None in obstacles else str(obstacles[0])

    @property
    def available(self) -> bool:
        return not self.reason


class Catalog:
    """Models by name, made from the configuration; never changed, but for what providers list and how they fare."""

    def __init__(self, config: CatalogConfig, http: Http, previous: Self | None = None) -> None:
        """Build the providers; those whose entry is the same as in `previous` are taken over as they are."""
        self.default_model = config.default_model
        known = previous.members if previous else {}
        self.members: dict[str, Member] = {
            name: known[name] if name in known and known[name].settings == settings else _member(name, settings, http)
            for name, settings in config.providers.items()
        }
        self._models = {name: self._model(name, settings) for name, settings in config.models.items()}
        for member in self.members.values():
            member.provider.set_installation_source(self.installation)

    def model(self, name: str) -> Model:
        """Return the model of that name, or of that `provider/upstream id`. Raises: UnknownModelError."""
        if name in self._models:
            return self._models[name]
        provider, _, upstream = name.partition("/")
        member = self.members.get(provider)
        if member and member.settings.enabled and upstream and upstream in (member.settings.models or (upstream,)):
            return Model(name, upstream, (Route(member, upstream),))
        raise UnknownModelError(self._unknown(name))

    def models(self) -> list[Model]:
        """Return all that can be picked: the configured ones first, then what enabled providers list."""
        taken = {(route.member.name, route.model) for model in self._models.values() for route in model.routes[:1]}
        listed = [
            Model(
                f"{member.name}/{offer.id}",
                offer.id,
                (Route(member, offer.id),),
                vision=bool(offer.vision),
                context=offer.context,
                loaded=offer.loaded,
            )
            for member in self.members.values()
            for offer in member.listed
            if member.settings.enabled and (member.name, offer.id) not in taken
        ]
        return [*map(_as_offered, self._models.values()), *listed]

    def installation(self) -> Installation:
        """Return what the guide may say about the providers and models, free of keys and addresses."""
        folders = (member.settings.options.get("models_dir") for member in self.members.values())
        return Installation(
            [ProviderFacts(name, one.settings.kind, one.state, _reason(one)) for name, one in self.members.items()],
            [ModelFacts(model.name, model.provider, model.reason) for model in self.models()],
            next(filter(None, folders), ""),
        )

    def states(self) -> dict[str, str]:
        """Return the state of each provider by its name."""
        return {member.name: member.state for member in self.members.values()}

    async def refresh(self, now: float) -> bool:
        """Ask all those for their models whose list is due, and wait for the slowest; tell whether anything changed.

        now: as for `due`.
        """
        return any(await asyncio.gather(*(member.list() for member in self.due(now))))

    def due(self, now: float) -> list[Member]:
        """Return those whose list of models is too old, for the caller to have them `list`; each only once.

        now: seconds of `time.monotonic`.
        """
        due = [member for member in self.members.values() if member.next_listing <= now and not member.obstacle()]
        for member in due:
            member.next_listing = now + member.provider.list_every_s
        return due

    async def close(self, kept: Self | None = None) -> None:
        """Close the providers, except those that `kept` goes on using."""
        going_on = kept.members.values() if kept else ()
        for member in self.members.values():
            if not any(member is other for other in going_on):
                await member.provider.close()

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
        )

    def _routes(self, routes: Iterable[str]) -> Iterable[Route]:
        for route in routes:
            provider, _, upstream = route.partition("/")
            yield Route(self.members[provider], upstream)

    def _unknown(self, name: str) -> str:
        nearest = difflib.get_close_matches(name, [model.name for model in self.models()], n=1)
        hint = f"did you mean {nearest[0]}?" if nearest else f"pick another, for example {self.default_model}."
        return f"There is no model called {name[:100]}; {hint}"


def _as_offered(model: Model) -> Model:
    """Return a configured model with what its first provider says of it."""
    route = model.routes[0]
    offer = next((offer for offer in route.member.listed if offer.id == route.model), ModelInfo(route.model))
    return replace(
        model, vision=model.vision or bool(offer.vision), context=model.context or offer.context, loaded=offer.loaded
    )


def _reason(member: Member) -> str:
    """Return why a provider does not answer; the state of a disabled one says enough."""
    if not member.settings.enabled:
        return ""
    return str(member.obstacle() or member.health.last_error or "")


def _member(name: str, settings: ProviderSettings, http: Http) -> Member:
    return Member(name, settings, KINDS[settings.kind](name, settings, http))
