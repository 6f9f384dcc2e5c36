"""The services that the views work with, made once for an application."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from flask import current_app

from g4f_lite.http.transport import Http
from g4f_lite.providers import KINDS
from g4f_lite.routing.catalog import Catalog
from server.auth.access import Access
from server.config.site import Config
from server.limits.open_counts import SOCKETS_PER_PERSON, STREAMS_PER_PERSON, OpenCounts
from server.limits.quota import Quota
from server.limits.redis_counts import redis_counts
from server.notifications import Notifications
from server.ops import data_folder
from server.ops.background_tasks import BackgroundTasks
from server.ops.turn_stats import TurnStats
from server.problems import INTERRUPTED, Problem
from server.store import Store
from server.turns.crash_recovery import interrupt_running
from server.turns.engine import Engine
from server.turns.in_flight import InFlight
from server.turns.relay import Relay
from server.turns.start import TurnStarter

log = logging.getLogger(__name__)


class Services:
    """The current configuration and everything made from it. `server.lifecycle` starts, maintains and closes it."""

    def __init__(self, config: Config, loop: asyncio.AbstractEventLoop) -> None:
        """Open the store. Raises: Problem if it cannot be opened, or if another process has it open."""
        self.config = config
        self._config_problem: str | None = None
        self.loop = loop
        self.background = BackgroundTasks(loop)
        self.store = _open_store(config, lambda: self.config.limits.storage_bytes)
        self.redis = redis_counts(config.redis)
        self.access = Access(config, self.store, self.redis)
        self.quota = Quota(self.store.token_usage, self.redis)
        self.notifications = Notifications()
        self.turn_stats = TurnStats()
        self.streams = InFlight()
        """Stored answers that are being sent to readers."""
        self.open_streams, self.open_sockets = OpenCounts(STREAMS_PER_PERSON), OpenCounts(SOCKETS_PER_PERSON)
        self.relay = Relay(self.quota, self.turn_stats)
        self.engine = Engine(self.store, loop, self.turn_stats, self._turn_changed)
        self.turn_starter = TurnStarter(self.store, self.engine.start)
        self.http = Http()
        self.catalog = Catalog(config, KINDS, self.http)

    @property
    def config_problem(self) -> str | None:
        """Why the current configuration file was not applied; open pages are notified of a change."""
        return self._config_problem

    @config_problem.setter
    def config_problem(self, problem: str | None) -> None:
        if problem != self._config_problem:
            self._config_problem = problem
            self.notifications.publish_to_all({"type": "providers"})

    def delete_all(self, user_id: str) -> int:
        """Stop a person's turns, delete all their conversations, and return how many there were."""
        self.engine.stop_all(user_id)
        deleted = self.store.delete_all(user_id)
        self.notifications.publish(user_id, {"type": "emptied"})
        return deleted

    def _turn_changed(self, user_id: str, message: dict[str, Any]) -> None:
        """Notify a person's pages of a turn, and then of the conversation as it is now."""
        self.notifications.publish(user_id, message)
        if self.notifications.has_listeners(user_id):
            self.background.run(asyncio.to_thread(self._publish_conversation, user_id, message["conversation_id"]))

    def _publish_conversation(self, user_id: str, conversation_id: str) -> None:
        try:
            conversation = self.store.summary(user_id, conversation_id)
        except Problem as problem:  # deleted meanwhile, or the store does not answer
            log.info("could not notify pages of a changed conversation: %s", problem.message)
            return
        self.notifications.publish_conversation(user_id, conversation)


def services() -> Services:
    """Return the services of the current application."""
    return cast(Services, current_app.extensions["chat"])


def _open_store(config: Config, most_bytes: Callable[[], int]) -> Store:
    """Open the store, and end the answers that a process left running when it died. Raises: Problem."""
    data_folder.create(Path(config.data_dir))
    store = Store(config.database, most_bytes=most_bytes)
    store.lock()
    for sentence in store.open():
        log.info(sentence)
    if interrupted := interrupt_running(store, Problem("stream_cut", INTERRUPTED).as_dict()):
        log.info("marked %d answers as interrupted: their process died before they were complete", interrupted)
    return store
