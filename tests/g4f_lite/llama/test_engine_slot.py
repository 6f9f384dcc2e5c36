"""The slot of the local engine: who gets it, and when it changes. The engines are fakes."""

import asyncio
from pathlib import Path

import pytest

from g4f_lite.errors import ModelNotSupportedError, UnreachableError
from g4f_lite.llama.engine_slot import EngineSlot

A, B = Path("a.gguf"), Path("b.gguf")


class Engine:
    def __init__(self, file: Path) -> None:
        self.file = file
        self.running = True
        self.ending = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.ended = asyncio.Event()

    async def end(self) -> None:
        self.ending.set()
        await self.may_end.wait()
        self.running = False
        self.ended.set()


class Workshop:
    """Makes engines, as soon as `gate` is open, or fails to."""

    def __init__(self) -> None:
        self.made: list[Engine] = []
        self.asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: Exception | None = None

    async def start(self, file: Path) -> Engine:
        self.asked.set()
        await self.gate.wait()
        if self.failure:
            raise self.failure
        self.made.append(Engine(file))
        return self.made[-1]

    @property
    def files(self) -> list[Path]:
        return [engine.file for engine in self.made]

    @property
    def running(self) -> list[Path]:
        return [engine.file for engine in self.made if engine.running]


@pytest.fixture
async def workshop():
    return Workshop()


@pytest.fixture
async def slot(workshop):
    slot = EngineSlot(workshop.start, keep_s=0)
    yield slot
    await slot.close()
    assert workshop.running == []


class Turn:
    """A turn that uses an engine from `begun` until `end` is called."""

    def __init__(self, slot: EngineSlot, file: Path) -> None:
        self.begun = asyncio.Event()
        self._over = asyncio.Event()
        self.task = asyncio.create_task(self._use(slot, file))

    async def _use(self, slot: EngineSlot, file: Path) -> None:
        async with slot.engine(file):
            self.begun.set()
            await self._over.wait()

    async def end(self) -> None:
        self._over.set()
        await self.task


async def settled() -> None:
    """Let every task run until it waits for something that only the test can give."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_turns_that_come_together_share_one_engine(slot, workshop):
    workshop.gate.clear()
    turns = [Turn(slot, A), Turn(slot, A)]
    await settled()
    workshop.gate.set()
    for turn in turns:
        await turn.begun.wait()
        await turn.end()

    assert workshop.files == [A]


async def test_a_later_turn_finds_the_engine_loaded(slot, workshop):
    for _ in range(3):
        async with slot.engine(A) as engine:
            assert engine is workshop.made[0]

    assert workshop.files == [A]


async def test_another_model_ends_the_one_before(slot, workshop):
    async with slot.engine(A):
        pass
    async with slot.engine(B):
        assert workshop.running == [B]


async def test_another_model_waits_for_the_answer_before_it(slot, workshop):
    first, second = Turn(slot, A), Turn(slot, B)
    await settled()
    assert workshop.running == [A]

    await first.end()
    await second.begun.wait()
    assert workshop.running == [B]
    await second.end()


async def test_a_busy_model_keeps_no_other_one_out(slot, workshop):
    first, other, late = Turn(slot, A), Turn(slot, B), Turn(slot, A)
    await settled()
    assert not late.begun.is_set()

    await first.end()
    await other.begun.wait()
    await other.end()
    await late.begun.wait()
    await late.end()
    assert workshop.files == [A, B, A]


async def test_a_turn_that_gives_up_waiting_lets_the_next_one_in(slot, workshop):
    first, other, late = Turn(slot, A), Turn(slot, B), Turn(slot, A)
    await settled()
    other.task.cancel()
    await late.begun.wait()

    assert workshop.files == [A]
    await first.end()
    await late.end()


async def test_a_turn_that_is_stopped_leaves_its_load_to_the_next_one(slot, workshop):
    workshop.gate.clear()
    stopped = Turn(slot, A)
    await workshop.asked.wait()
    stopped.task.cancel()
    await settled()
    workshop.gate.set()

    async with slot.engine(A):
        assert workshop.files == [A]


async def test_a_load_without_a_waiting_turn_gives_way_to_another_model(slot, workshop):
    workshop.gate.clear()
    stopped = Turn(slot, A)
    await workshop.asked.wait()
    stopped.task.cancel()
    await settled()
    second = Turn(slot, B)
    await settled()
    workshop.gate.set()
    await second.begun.wait()

    assert workshop.files == [B]
    await second.end()


async def test_a_change_that_is_interrupted_is_finished_by_the_next_turn(slot, workshop):
    async with slot.engine(A) as engine:
        pass
    engine.may_end.clear()
    interrupted = Turn(slot, B)
    await engine.ending.wait()
    interrupted.task.cancel()
    await settled()
    engine.may_end.set()

    async with slot.engine(A):
        assert workshop.running == [A]
    assert workshop.files == [A, A]


async def test_a_failed_start_is_reported_and_tried_again(slot, workshop):
    workshop.failure = ModelNotSupportedError("broken")
    with pytest.raises(ModelNotSupportedError):
        async with slot.engine(A):
            pass
    workshop.failure = None

    async with slot.engine(A):
        assert workshop.files == [A]


async def test_a_dead_engine_is_replaced(slot, workshop):
    async with slot.engine(A) as engine:
        engine.running = False

    async with slot.engine(A) as engine:
        assert engine.running
    assert workshop.files == [A, A]


async def test_an_idle_engine_is_let_go_and_comes_back_when_needed(workshop):
    slot = EngineSlot(workshop.start, keep_s=0.01)
    async with slot.engine(A) as engine:
        pass
    async with asyncio.timeout(5):
        await engine.ended.wait()

    async with slot.engine(A):
        assert workshop.running == [A]
    await slot.close()


async def test_an_engine_in_use_is_not_let_go(workshop):
    slot = EngineSlot(workshop.start, keep_s=0.001)
    async with slot.engine(A) as engine:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await engine.ended.wait()
    await slot.close()


async def test_a_load_whose_turn_was_stopped_is_let_go_too(workshop):
    slot = EngineSlot(workshop.start, keep_s=0.1)
    workshop.gate.clear()
    stopped = Turn(slot, A)
    await workshop.asked.wait()
    stopped.task.cancel()
    workshop.gate.set()
    async with asyncio.timeout(5):
        while not workshop.made or workshop.running:
            await asyncio.sleep(0.005)
    await slot.close()


async def test_closing_ends_the_engine_under_an_answer(workshop):
    slot = EngineSlot(workshop.start, keep_s=300)
    turn = Turn(slot, A)
    await turn.begun.wait()
    await slot.close()

    assert workshop.running == []
    await turn.end()


async def test_closing_fails_the_turns_that_wait_for_a_load(workshop):
    slot = EngineSlot(workshop.start, keep_s=0)
    workshop.gate.clear()
    waiting = [Turn(slot, A), Turn(slot, B)]
    await settled()
    await slot.close()

    for turn in waiting:
        with pytest.raises(UnreachableError):
            await turn.task
    assert workshop.made == []
