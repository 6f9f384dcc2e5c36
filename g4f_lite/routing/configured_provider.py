"""A provider of the configuration: its settings, the models it lists, its health, and its limit of replies."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from g4f_lite.config.settings import ProviderSettings
from g4f_lite.decoding.error_bodies import SHORTEST_SECRET
from g4f_lite.errors import G4FLiteError, ModelNotSupportedError, UpstreamTimeoutError
from g4f_lite.http.transport import secrets_of
from g4f_lite.provider import Provider
from g4f_lite.routing.concurrency_limit import ConcurrencyLimit
from g4f_lite.routing.health import Health
from g4f_lite.routing.model_info import ModelInfo

LISTING_LIMIT_S = 10
"""A provider that takes longer to list its models is asked again later."""
LIST_AGAIN_S = 30
"""When to list again after a failure; the service may have been started meanwhile."""


@dataclass(slots=True)
class ConfiguredProvider:
    """One entry of `providers`. `listed` holds the models that the provider named last, at `listed_at`."""

    name: str
    settings: ProviderSettings
    instance: Provider
    health: Health = field(default_factory=Health)
    listed: tuple[ModelInfo, ...] = ()
    listed_at: datetime | None = None
    next_listing: float = 0
    _limit: ConcurrencyLimit = field(init=False)

    def __post_init__(self) -> None:
        self._limit = ConcurrencyLimit(self.name, self.settings)

    def obstacle(self) -> G4FLiteError | None:
        """Return why this provider cannot be asked, or None."""
        if not self.settings.enabled:
            return ModelNotSupportedError(f"{self.name} is turned off in config.json.")
        return self.instance.obstacle()

    @asynccontextmanager
    async def in_use(self) -> AsyncIterator[Provider]:
        """Yield the provider, and count one reply against `max_concurrent` until the block ends.

        Raises: its obstacle; OverloadedError if no place became free in time.
        """
        if obstacle := self.obstacle():
            raise obstacle
        async with self._limit.place():
            yield self.instance

    @property
    def waiting(self) -> int:
        """The number of replies that wait for a place under `max_concurrent`."""
        return self._limit.waiting

    @property
    def state(self) -> str:
        """`disabled`, `unavailable` (it cannot be used from here), `failing` (its last call failed) or `ready`."""
        if not self.settings.enabled:
            return "disabled"
        if self.instance.obstacle() or self.health.out_of_rotation:
            return "unavailable"
        return "failing" if self.health.last_error else "ready"

    @property
    def reason(self) -> str:
        """Why it does not answer; empty if it does, or if its state says so already."""
        if not self.settings.enabled:
            return ""
        return str(self.obstacle() or self.health.last_error or "")

    async def refresh_models(self) -> bool:
        """List the models, unless the configuration names them; return whether the list or the state changed.

        A failure is recorded, the old list stays, and the next listing comes sooner.
        """
        before = self.listed, self.state
        try:
            configured = self.settings.models
            self.listed = tuple(map(ModelInfo, configured)) if configured else await self.fetch_models()
            self.listed_at = datetime.now(UTC)
            self.health.reached()
        except G4FLiteError as error:
            self.health.failed(error)
            if all(info.unconfirmed for info in self.listed):
                self.listed = tuple(
                    ModelInfo(id_, unconfirmed=f"Not confirmed: {error}") for id_ in self.instance.usual_models()
                )
            self.next_listing = min(self.next_listing, time.monotonic() + LIST_AGAIN_S)
        return before != (self.listed, self.state)

    async def fetch_models(self) -> tuple[ModelInfo, ...]:
        """Return the models that the provider lists now. Raises: UpstreamError, also when it takes too long."""
        try:
            async with asyncio.timeout(LISTING_LIMIT_S):
                models = await self.instance.list_models()
        except TimeoutError as error:
            sentence = f"{self.name} did not list its models within {LISTING_LIMIT_S} seconds."
            raise UpstreamTimeoutError(sentence) from error
        secrets = [secret for secret in secrets_of(self.settings) if len(secret) >= SHORTEST_SECRET]
        return tuple(model for model in models if not any(secret in model.id for secret in secrets))
