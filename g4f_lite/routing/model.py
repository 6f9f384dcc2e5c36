"""A model that a person can pick, and the routes to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from g4f_lite.config.settings import DefaultParams, Price
from g4f_lite.routing.configured_provider import ConfiguredProvider
from g4f_lite.routing.model_info import ModelInfo

NO_DEFAULTS = DefaultParams()


@dataclass(frozen=True, slots=True)
class Route:
    """One way to a model: a provider, and the model's name there."""

    provider: ConfiguredProvider
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
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    loaded: bool | None = None
    """Whether it is in memory and answers without being loaded; None if unknown."""

    unconfirmed: str = ""
    """Why the service did not confirm that it has the model; empty if it did, or if the configuration names it."""

    @property
    def provider(self) -> str:
        """The name of the provider that is asked first."""
        return self.routes[0].provider.name

    @property
    def reason(self) -> str:
        """Why no provider can answer for this model now; empty if one can."""
        obstacles = [route.provider.obstacle() or route.provider.health.out_of_rotation for route in self.routes]
        return "" if None in obstacles else str(obstacles[0])

    @property
    def available(self) -> bool:
        return not self.reason

    def as_listed(self) -> "Model":
        """Return the model with the details that its first provider lists for it."""
        route = self.routes[0]
        info = next((info for info in route.provider.listed if info.id == route.model), ModelInfo(route.model))
        return replace(
            self, vision=self.vision or bool(info.vision), context=self.context or info.context, loaded=info.loaded
        )
