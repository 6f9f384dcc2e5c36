"""The life of the services: start, upkeep, a changed configuration, drain on SIGTERM, close."""

import asyncio
import logging
import time

from g4f_lite.providers import KINDS
from g4f_lite.routing.catalog import Catalog
from g4f_lite.routing.configured_provider import ConfiguredProvider
from server.auth.open_streams import CHECK_EVERY_S
from server.config.site import Config
from server.current.services import Services
from server.ops.systemd import STOPPING, notify
from server.problems import Problem
from server.turns.engine import CHECKPOINT_EVERY_S

log = logging.getLogger(__name__)

SWEEP_EVERY_S = 60
SAVE_EVERY_S = 2
"""Token usage since the last save is lost if the process is killed."""
RETIRE_WITHIN_S = 3600
"""While programs keep asking, some reply is always being relayed; after this time none of them is an old one."""
ABORT_WITHIN_S = 1
"""How long it may take to tell programs that their replies end here."""
LOCK_EVERY_S = 1
"""How often to check that no other process has taken over the database. New turns are refused within twice this."""
LIST_EVERY_S = 2
"""How often to check whether a provider's list of models is due."""


class Lifecycle:
    """Starts, maintains and closes the services of one application. Lives on the event loop."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._provider_states = services.catalog.states()
        self._lock_lost = ""
        """Why another process may have taken over the database; empty while this one has it."""

    async def start(self) -> None:
        """Start the upkeep that runs beside the requests."""
        services, every = self.services, self.services.background.every
        every(CHECKPOINT_EVERY_S, services.engine.checkpoint)
        every(SAVE_EVERY_S, self._save_token_usage)
        every(LOCK_EVERY_S, self._keep_lock)
        every(SWEEP_EVERY_S, self._sweep)
        every(LIST_EVERY_S, self._list_models)
        every(CHECK_EVERY_S, services.access.open_streams.close_ended)

    async def apply_config(self, config: Config) -> None:
        """Put a changed configuration into force. Running turns keep the one they started with."""
        services, old = self.services, self.services.catalog
        changed = [key for key in Config.model_fields if getattr(services.config, key) != getattr(config, key)]
        services.access.audit.note("configuration_changed", keys=changed)
        services.catalog, services.config = Catalog(config, KINDS, services.http, previous=old), config
        self._provider_states = services.catalog.states()
        services.notifications.publish_to_all({"type": "providers"})
        await self._list_models()
        services.background.run(self._retire(old))

    async def drain(self, timeout_s: float) -> None:
        """Let running answers end, interrupt those that take too long, and disconnect the pages."""
        services = self.services
        turns, relayed = services.engine.running, services.relay.in_flight.count
        if turns or relayed:
            notify(STOPPING, f"STATUS=Waiting for {_answers(len(turns) + relayed)}.")
            names = [f"{turn.message_id} of {turn.begun.answer.model}" for turn in turns]
            names += [f"{relayed} relayed without being stored"] if relayed else []
            log.info("waiting for %s, %g s at most: %s", _answers(len(turns) + relayed), timeout_s, ", ".join(names))
        interrupted, aborted = await asyncio.gather(
            services.engine.drain(timeout_s), services.relay.in_flight.idle(timeout_s)
        )
        if aborted:
            services.relay.in_flight.abort()
            await services.relay.in_flight.idle(ABORT_WITHIN_S)
        if late := interrupted + aborted:
            log.warning("%s did not end in time: %d interrupted, %d cut off", _answers(late), interrupted, aborted)
        elif turns or relayed:
            log.info("%s ended", _answers(len(turns) + relayed))
        services.notifications.close()

    async def close(self) -> None:
        """End everything that `start` began, and close the services."""
        services = self.services
        await self.drain(0)
        await services.background.cancel()
        await services.engine.checkpoint()  # what could not be saved before
        await self._save_token_usage()
        await services.catalog.close()
        await services.http.close()
        services.engine.close()
        services.store.close()
        if services.redis:
            services.redis.close()

    async def _retire(self, catalog: Catalog) -> None:
        """Close the providers that the new catalog does not use, once the answers that may use them have ended."""
        services = self.services
        try:
            await asyncio.gather(services.engine.idle(), services.relay.in_flight.idle(RETIRE_WITHIN_S))
        finally:
            await catalog.close(kept=services.catalog)

    async def _save_token_usage(self) -> None:
        try:
            await asyncio.to_thread(self.services.quota.save)
        except Problem as problem:
            log.error("could not save the token usage, trying again: %s", problem.message)

    async def _keep_lock(self) -> None:
        """Notice within a moment that another process has taken over the database: then no turn begins here."""
        lost = ""
        try:
            await asyncio.to_thread(self.services.store.lock)
        except Problem as problem:
            lost = problem.message
        if lost and lost != self._lock_lost:
            log.error("lost the lock on the database, no answer begins here: %s", lost)
        elif self._lock_lost and not lost:
            log.warning("has the lock on the database again, answers begin again")
        self._lock_lost = lost

    async def _sweep(self) -> None:
        """Delete from the store what is no longer needed."""
        try:
            await asyncio.to_thread(self.services.store.sweep)
        except Problem as problem:
            log.error("could not clean up the store: %s", problem.message)

    async def _list_models(self) -> None:
        """List the models of each provider that is due, each in a task of its own: a slow one delays nobody."""
        for provider in self.services.catalog.due(time.monotonic()):
            self.services.background.run(self._list_models_of(provider))
        self._publish_provider_states()

    async def _list_models_of(self, provider: ConfiguredProvider) -> None:
        if await provider.refresh_models():
            self.services.notifications.publish_to_all({"type": "providers"})

    def _publish_provider_states(self) -> None:
        """Notify open pages when a provider's state changes."""
        before, self._provider_states = self._provider_states, self.services.catalog.states()
        if before != self._provider_states:
            self.services.notifications.publish_to_all({"type": "providers"})


def _answers(number: int) -> str:
    return "1 answer" if number == 1 else f"{number} answers"
