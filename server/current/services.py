"""What the views work with, and the life of it all: made once for an application, started, drained and closed."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, cast

from flask import current_app

from g4f_lite.http.transport import Http
from g4f_lite.providers import KINDS
from g4f_lite.routing.catalog import Catalog
from g4f_lite.routing.configured_provider import ConfiguredProvider
from server.auth.access import Access
from server.auth.open_streams import LOOK_EVERY_S
from server.config.site import Config
from server.limits.quota import Quota
from server.limits.redis_counts import redis_counts
from server.notifications import Notifications
from server.ops import data_folder
from server.ops.systemd import STOPPING, tell
from server.problems import INTERRUPTED, Problem
from server.store import Store
from server.turns.crash_recovery import interrupt_running
from server.turns.engine import CHECKPOINT_EVERY_S, Engine
from server.turns.in_flight import UnderWay

log = logging.getLogger(__name__)

SWEEP_EVERY_S = 60
SAVE_EVERY_S = 2
"""What was used of the tokens of a day since then is forgotten when the process is killed."""
RETIRE_WITHIN_S = 3600
"""While programs keep asking there is always a reply that is relayed; by then those are new ones."""
CUTTING_OFF_S = 1
"""How long it may take to tell programs that nothing more will come."""
LIST_EVERY_S = 2
"""How often to look whether a provider's list of models is due."""


class Services:
    """The configuration in force, and what was made from it."""

    def __init__(self, config: Config, loop: asyncio.AbstractEventLoop) -> None:
        """Open the store. Raises: Problem, when there is none to be had, or another process has it."""
        self.config = config
        self._config_problem: str | None = None
        self.loop = loop
        data_folder.make(Path(config.data_dir))
        self.store = Store(config.database)
        self.store.hold()
        for sentence in self.store.open():
            log.info(sentence)
        if interrupted := interrupt_running(self.store, Problem("stream_cut", INTERRUPTED).as_dict()):
            log.info("marked %d answers as interrupted: their process ended before they did", interrupted)
        self._redis = redis_counts(config.redis)
        self.access = Access(config, self.store, self._redis)
        self.quota = Quota(self.store.token_usage, self._redis)
        self.notifications = Notifications()
        self.streams = UnderWay()
        """Answers that are being sent to who reads them."""
        self.relayed = UnderWay()
        """Replies that are passed on and not stored."""
        self.engine = Engine(self.store, loop, self._turn_changed)
        self._http = Http()
        self.catalog = Catalog(config, KINDS, self._http)
        self._states = self.catalog.states()
        self._background: set[asyncio.Task[None]] = set()

    def delete_all(self, user_id: str) -> int:
        """End a person's turns and delete all their conversations; return how many those were."""
        self.engine.stop_all(user_id)
        deleted = self.store.delete_all(user_id)
        self.notifications.publish(user_id, {"type": "emptied"})
        return deleted

    async def start(self) -> None:
        """Begin what runs beside the requests."""
        self.run(_every(CHECKPOINT_EVERY_S, self.engine.checkpoint))
        self.run(_every(SAVE_EVERY_S, self._save_token_usage))
        self.run(_every(SWEEP_EVERY_S, self._sweep))
        self.run(_every(LIST_EVERY_S, self._list))
        self.run(_every(LOOK_EVERY_S, self.access.attendance.look))

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something run on the loop until it ends or `close` ends it. On the loop."""
        task = self.loop.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    @property
    def config_problem(self) -> str | None:
        """Why the configuration file as it is now was not taken over; open pages hear of a change."""
        return self._config_problem

    @config_problem.setter
    def config_problem(self, problem: str | None) -> None:
        if problem != self._config_problem:
            self._config_problem = problem
            self.notifications.publish_to_all({"type": "providers"})

    async def take_over(self, config: Config) -> None:
        """Put a changed configuration into force; turns that are running keep what they began with."""
        changed = [key for key in Config.model_fields if getattr(self.config, key) != getattr(config, key)]
        self.access.audit.note("configuration_changed", keys=changed)
        retired = self.catalog
        self.catalog, self.config = Catalog(config, KINDS, self._http, previous=retired), config
        self._states = self.catalog.states()
        self.notifications.publish_to_all({"type": "providers"})
        await self._list()
        self.run(self._retire(retired))

    async def drain(self, patience_s: float) -> None:
        """Let what is being answered end, interrupt the turns that do not in time, and send the listeners away."""
        turns, relayed = self.engine.running, self.relayed.count
        if turns or relayed:
            tell(STOPPING, f"STATUS=Waiting for {_answers(len(turns) + relayed)}.")
            names = [f"{turn.message_id} of {turn.begun.answer.model}" for turn in turns]
            names += [f"{relayed} relayed without being stored"] if relayed else []
            log.info("waiting for %s, %g s at most: %s", _answers(len(turns) + relayed), patience_s, ", ".join(names))
        left, cut_off = await asyncio.gather(self.engine.drain(patience_s), self.relayed.idle(patience_s))
        if cut_off:
            self.relayed.cut_off()
            await self.relayed.idle(CUTTING_OFF_S)
        if left or cut_off:
            log.warning("%s did not end in time: %d interrupted, %d cut off", _answers(left + cut_off), left, cut_off)
        elif turns or relayed:
            log.info("%s ended", _answers(len(turns) + relayed))
        self.notifications.close()

    async def close(self) -> None:
        """End everything that `start` began, and close what was opened."""
        await self.drain(0)
        for task in list(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self.engine.checkpoint()  # what could not be saved before
        await self._save_token_usage()
        await self.catalog.close()
        await self._http.close()
        self.engine.close()
        self.store.close()
        if self._redis:
            self._redis.close()

    async def _retire(self, catalog: Catalog) -> None:
        """Close the providers that are no longer needed, once the answers that may use them have ended."""
        try:
            await asyncio.gather(self.engine.idle(), self.relayed.idle(RETIRE_WITHIN_S))
        finally:
            await catalog.close(kept=self.catalog)

    async def _save_token_usage(self) -> None:
        try:
            await asyncio.to_thread(self.quota.save)
        except Problem as problem:
            log.error("used tokens are not saved for now: %s", problem.message)

    async def _sweep(self) -> None:
        """Take out of the store what is no longer needed."""
        try:
            await asyncio.to_thread(self.store.hold)
            await asyncio.to_thread(self.store.sweep)
        except Problem as problem:
            log.error("could not tidy up the store: %s", problem.message)

    async def _list(self) -> None:
        """Have old lists of models made anew, each for itself: a slow provider keeps nobody waiting."""
        for provider in self.catalog.due(time.monotonic()):
            self.run(self._list_one(provider))
        self._tell_states()

    async def _list_one(self, provider: ConfiguredProvider) -> None:
        if await provider.refresh_models():
            self.notifications.publish_to_all({"type": "providers"})

    def _tell_states(self) -> None:
        """Tell open pages when a provider fares otherwise than when they last heard."""
        before, self._states = self._states, self.catalog.states()
        if before != self._states:
            self.notifications.publish_to_all({"type": "providers"})

    def _turn_changed(self, user: str, news: dict[str, Any]) -> None:
        """Tell a person's other pages of a turn, and how its conversation is now."""
        self.notifications.publish(user, news)
        if self.notifications.has_listeners(user):
            self.run(asyncio.to_thread(self._tell_conversation, user, news["conversation_id"]))

    def _tell_conversation(self, user: str, conversation_id: str) -> None:
        try:
            conversation = self.store.summary(user, conversation_id)
        except Problem as problem:  # deleted meanwhile, or the store is not to be had
            log.info("could not tell how a conversation is: %s", problem.message)
            return
        self.notifications.publish_conversation(user, conversation)


def _answers(number: int) -> str:
    return "1 answer" if number == 1 else f"{number} answers"


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Do something again and again; a bug in it is logged and does not end it."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("%s failed by a bug", getattr(work, "__qualname__", work))
        await asyncio.sleep(seconds)


def services() -> Services:
    """Return those of the current application."""
    return cast(Services, current_app.extensions["chat"])
