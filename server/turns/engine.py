"""The running turns: starts, saves every second, stops and drains them."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Literal

from server.limits.quota import Slot
from server.ops.turn_stats import TurnStats
from server.problems import BUG, Problem
from server.store import Batch, Store, StoredMessage
from server.turns.live_html import Snapshot
from server.turns.turn import Turn

log = logging.getLogger(__name__)

CHECKPOINT_EVERY_S = 0.7
"""With the time of the write this stays below a second."""

Notify = Callable[[str, dict[str, Any]], None]


class Engine:
    """Lives on one event loop. Methods say when they may be called from other threads."""

    def __init__(self, store: Store, loop: asyncio.AbstractEventLoop, stats: TurnStats, notify: Notify) -> None:
        """notify: called when a turn begins or ends, with the user's id and a message for the user's other pages."""
        self.loop = loop
        self._store = store
        self._stats = stats
        self._notify = notify
        self._turns: dict[tuple[str, str], Turn] = {}
        self._registering = threading.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._storage = ThreadPoolExecutor(1, "storage")
        self._saving = asyncio.Lock()

    def start(self, turn: Turn, slot: Slot | None = None) -> None:
        """Run a turn, and release its slot when it ends. From any thread."""
        with self._registering:
            self._turns[turn.user_id, turn.message_id] = turn
        self.loop.call_soon_threadsafe(self._start, turn, slot)

    def find(self, user_id: str, message_id: str) -> Turn | None:
        """Return the turn that is writing this answer, if it is running. From any thread."""
        return self._turns.get((user_id, message_id))

    def latest(self, user_id: str, message: StoredMessage) -> StoredMessage:
        """Return a running answer as far as it has come, and any other message as it is. From any thread.

        Raises: Problem.
        """
        if turn := self.find(user_id, message.id):
            return turn.so_far
        if message.status == "running":  # its turn has ended since the message was read
            return self._store.message(user_id, message.id)
        return message

    def stop(self, user_id: str, message_id: str) -> Turn | None:
        """Stop a turn and its upstream call, and return it after its end. From any thread but the loop's."""
        if turn := self.find(user_id, message_id):
            asyncio.run_coroutine_threadsafe(_end(turn, "stopped"), self.loop).result()
        return turn

    def stop_conversation(self, user_id: str, conversation_id: str) -> None:
        """Stop every turn of a conversation. From any thread but the loop's."""
        for turn in list(self._turns.values()):
            if (turn.user_id, turn.begun.conversation_id) == (user_id, conversation_id):
                self.stop(user_id, turn.message_id)

    def stop_all(self, user_id: str) -> None:
        """Stop every turn of a person. From any thread but the loop's."""
        for turn in list(self._turns.values()):
            if turn.user_id == user_id:
                self.stop(user_id, turn.message_id)

    def snapshot(self, user_id: str, message_id: str) -> Snapshot | None:
        """Return the running answer so far; None if it is not running. From any thread but the loop's."""
        if turn := self.find(user_id, message_id):
            return asyncio.run_coroutine_threadsafe(_snapshot(turn), self.loop).result()
        return None

    @property
    def running(self) -> list[Turn]:
        """The turns that have not ended. From any thread."""
        return [turn for turn in list(self._turns.values()) if not turn.ended.is_set()]

    async def idle(self) -> None:
        """Wait until the turns that are running now have ended."""
        await asyncio.gather(*(turn.ended.wait() for turn in list(self._turns.values())))

    async def drain(self, timeout_s: float) -> int:
        """Let turns end in time, interrupt the others, and return how many those were."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self.idle()
        left = self.running
        await asyncio.gather(*(_end(turn, "interrupted") for turn in left))
        return len(left)

    async def checkpoint(self) -> None:
        """Save what has arrived, all turns in one transaction; the next call retries what could not be saved."""
        try:
            async with self._saving:
                await self._append(self.running)
            for turn in list(self._turns.values()):
                if turn.ended.is_set():
                    await self._finish(turn)
        except Problem as problem:
            log.error("could not save the running answers, trying again: %s", problem.message)

    def close(self) -> None:
        """Shut the storage thread down."""
        self._storage.shutdown()

    def _start(self, turn: Turn, slot: Slot | None) -> None:
        task = self.loop.create_task(self._run(turn, slot))
        self._tasks.add(task)
        if slot:
            task.add_done_callback(lambda _: slot.release())
        task.add_done_callback(self._tasks.discard)
        self._notify_pages(turn)

    async def _run(self, turn: Turn, slot: Slot | None) -> None:
        try:
            await turn.receive()
            self._count(turn, slot)
            if await self._finish(turn):
                turn.publish_end()
            else:
                turn.publish_loss()
        except Problem as problem:
            log.error("answer %s is kept in memory until it can be saved: %s", turn.message_id, problem.message)
            turn.publish_end(problem)
        except Exception:  # a bug; readers, stops and drains must not wait forever
            log.exception("answer %s is lost by a bug", turn.message_id)
            self._forget(turn)
            turn.publish_end(Problem("internal_error", BUG))
        self._notify_pages(turn)

    def _count(self, turn: Turn, slot: Slot | None) -> None:
        usage = turn.outcome.usage or {"input_tokens": 0, "output_tokens": 0}
        self._stats.count("stored", turn.outcome.status, usage["input_tokens"], usage["output_tokens"])
        if slot:  # before the end is published: a reader may then ask the next question at once
            slot.release(usage["input_tokens"] + usage["output_tokens"])
        if turn.first_token_s is not None:
            self._stats.first_tokens.add(turn.first_token_s)

    async def _append(self, turns: list[Turn]) -> None:
        batches: list[Batch] = []
        for turn in turns:
            turn.seal()
            batches += turn.journal.unsaved
        if batches:
            lost = await self.loop.run_in_executor(self._storage, self._store.append, batches)
            for turn in turns:
                turn.journal.unsaved.clear()
                if (turn.user_id, turn.message_id) in lost:
                    turn.end("interrupted")

    async def _finish(self, turn: Turn) -> bool:
        """Save the complete answer; from then on it is read from the store. Returns: False if that has another end."""
        async with self._saving:
            saved = await self.loop.run_in_executor(
                self._storage, self._store.finish, turn.user_id, turn.message_id, turn.outcome, turn.last_batch()
            )
        if not saved:
            log.error("another process ended answer %s: what arrived since then is not saved", turn.message_id)
        self._forget(turn)
        return saved

    def _forget(self, turn: Turn) -> None:
        """Remove the turn, unless the same answer is already being continued."""
        with self._registering:
            if self.find(turn.user_id, turn.message_id) is turn:
                del self._turns[turn.user_id, turn.message_id]

    def _notify_pages(self, turn: Turn) -> None:
        self._notify(
            turn.user_id,
            {
                "type": "turn",
                "conversation_id": turn.begun.conversation_id,
                "user_message_id": turn.begun.user_message_id,
                "message_id": turn.message_id,
                "state": turn.status,
            },
        )


async def _end(turn: Turn, status: Literal["stopped", "interrupted"]) -> None:
    turn.end(status)
    await turn.ended.wait()


async def _snapshot(turn: Turn) -> Snapshot:
    """Return everything up to an event. The blocks may show more: a reader then gets those blocks again."""
    seq, answer = turn.journal.last_seq - turn.journal.ended, turn.so_far
    rendering = await turn.live_html.render(now=True)
    return Snapshot(seq, answer, [block.html for block in rendering.blocks])
