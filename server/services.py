"""What the views work with, and the life of it all: made once for an application, started, drained and closed."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, cast

from flask import current_app

from g4f_lite.catalog import Catalog
from g4f_lite.transport import Http
from server.config import Config
from server.engine import Engine
from server.hub import Hub
from server.lock import lock
from server.problems import INTERRUPTED, Problem
from server.store import Store

log = logging.getLogger(__name__)

SWEEP_EVERY_S = 60
LIST_EVERY_S = 2
"""How often to look whether a provider's list of models is due."""


class Services:
    """The configuration in force, and what was made from it."""

    def __init__(self, config: Config, loop: asyncio.AbstractEventLoop) -> None:
        """Open the store. Raises: Problem, when there is none to be had, or another process has it."""
        self.config = config
        self.config_problem: str | None = None
        """Why the configuration file as it is now was not taken over."""
        self.loop = loop
        self._lock = lock(Path(config.data_dir))
        self.store = Store(config.database)
        for sentence in self.store.open():
            log.info(sentence)
        if interrupted := self.store.interrupt_running(Problem("stream_cut", INTERRUPTED).as_dict()):
            log.info("marked %d answers as interrupted: their process ended before they did", interrupted)
        self.hub = Hub()
        self.engine = Engine(self.store, loop, self.hub.publish)
        self._http = Http()
        self.catalog = Catalog(config, self._http)
        self._background: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin what runs beside the requests."""
        for work in (self.engine.checkpoint_forever(), self._sweep_forever(), self._list_forever()):
            self.run(work)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something run on the loop until `close`."""
        self._background.append(self.loop.create_task(work))

    def changed(self, user: str, conversation_id: str) -> None:
        """Tell a person's other pages how a conversation is now. From any thread but the loop's."""
        if self.hub.has_listeners(user):
            conversation = self.store.summary(user, conversation_id)
            self.hub.publish(user, {"type": "conversation", "conversation": conversation.as_dict()})

    async def take_over(self, config: Config) -> None:
        """Put a changed configuration into force; turns that are running keep what they began with."""
        catalog = Catalog(config, self._http, previous=self.catalog)
        retired, self.catalog, self.config = self.catalog, catalog, config
        self.config_problem = None
        await catalog.refresh(time.monotonic())
        self.hub.publish_to_all({"type": "providers"})
        self.run(self._retire(retired, catalog))

    async def drain(self, patience_s: float) -> None:
        """Let running turns end, interrupt those that do not in time, and send the listeners away."""
        if left := await self.engine.drain(patience_s):
            log.warning("interrupted %d answers that did not end within %g seconds", left, patience_s)
        self.hub.close()

    async def close(self) -> None:
        """End everything that `start` began, and close what was opened."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self.drain(0)
        await self.catalog.close()
        await self._http.close()
        self.engine.close()
        self.store.close()
        self._lock.close()

    async def _retire(self, catalog: Catalog, successor: Catalog) -> None:
        """Close the providers that are no longer needed, once the turns that may use them have ended."""
        await self.engine.idle()
        await catalog.close(kept=successor)

    async def _sweep_forever(self) -> None:
        """Take out of the store what is no longer needed."""
        while True:
            try:
                await asyncio.to_thread(self.store.sweep)
            except Problem as problem:
                log.error("could not tidy up the store: %s", problem.message)
            await asyncio.sleep(SWEEP_EVERY_S)

    async def _list_forever(self) -> None:
        """Keep the lists of models fresh, and say when something is different."""
        while True:
            if await self.catalog.refresh(time.monotonic()):
                self.hub.publish_to_all({"type": "providers"})
            await asyncio.sleep(LIST_EVERY_S)


def services() -> Services:
    """Return those of the current application."""
    return cast(Services, current_app.extensions["chat"])
