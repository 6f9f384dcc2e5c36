"""Replies that are stored in the person's history (`store: true`) while they are passed on to the program.

Each is a turn like those of the page, so it is saved, shown and stopped like them. The program is one more reader,
which gets the pieces themselves, with tool calls. Unlike a turn of the page, it stops when this reader leaves.
"""

import asyncio
from contextlib import aclosing
from typing import Any

from g4f_lite.decoding.call_assembler import CallAssembler
from g4f_lite.messages import Params
from g4f_lite.pieces import Answering, Content, Piece, Pieces, ToolCalls, Usage
from server.api.bodies import LONGEST_SYSTEM, ParamsBody
from server.auth.person import Person
from server.compat.transcript import Transcript, calls_text, transcript
from server.current.identity import current_person
from server.current.services import Services
from server.limits.quota import Slot
from server.problems import Problem
from server.turns.question import Question
from server.turns.relay import Tally
from server.turns.start import TurnStarter
from server.turns.turn import Turn
from server.turns.turn_request import TurnRequest

STOPPED = "Someone stopped this answer on the page."

Queue = asyncio.Queue[Piece | Answering | None]
"""Pieces for the program; None is the end. It never holds more than the turn does, however slowly the program reads."""


def is_stored(store: bool | None) -> bool:
    """Tell whether a request is stored: as the request says, or else as its API key says."""
    key = current_person().key
    return bool(key and key.store) if store is None else store


def relayed(app: Services, person: Person, question: Question) -> Pieces:
    """Yield the pieces as `Relay.reply` does; nothing is stored."""
    return app.relay.reply(app.config.limits, person, question)


async def stored(app: Services, person: Person, question: Question) -> Pieces:
    """Yield the pieces. The question is stored before the first one, and the answer before the last one.

    Raises: Problem.
    """
    queue: Queue = asyncio.Queue()
    tally = Tally(question)
    beginning = asyncio.create_task(_begin(app, person, question, queue))
    with app.streams.track():
        try:
            turn = await asyncio.shield(beginning)
            while (piece := await queue.get()) is not None:
                tally.take(piece)
                if not isinstance(piece, Usage):
                    yield piece
        except (GeneratorExit, asyncio.CancelledError):  # the reader has left
            beginning.add_done_callback(_stop)
            raise
        if turn.status != "complete":
            raise turn.problem or Problem("stream_cut", STOPPED)
        yield tally.usage


async def _begin(app: Services, person: Person, question: Question, queue: Queue) -> Turn:
    with app.quota.take_slot(app.config.limits, person) as slot:
        turn = await asyncio.to_thread(_start, app.turn_starter, person.id, question, queue, slot)
    app.background.run(_signal_end(turn, queue))
    return turn


def _start(starter: TurnStarter, user_id: str, question: Question, queue: Queue, slot: Slot) -> Turn:
    sent = transcript(question.messages)
    return starter.start_with_history(
        user_id,
        question,
        _request(question, sent),
        sent.history,
        lambda asked: _tee(asked, sent.prefill, queue),
        slot,
    )


def _stop(beginning: "asyncio.Task[Turn]") -> None:
    if not beginning.cancelled() and not beginning.exception():
        beginning.result().end("stopped")


async def _signal_end(turn: Turn, queue: Queue) -> None:
    """End the queue once the answer is saved, or saving it has failed."""
    await turn.ended.wait()
    queue.put_nowait(None)


async def _tee(question: Question, prefill: str, queue: Queue) -> Pieces:
    """Yield the pieces as they are stored, after the prefill. The queue gets them unchanged."""
    calls, has_text = CallAssembler(), bool(prefill)
    async with aclosing(question.answer()) as pieces:
        async for piece in pieces:
            queue.put_nowait(piece)
            if isinstance(piece, ToolCalls):
                calls.add(piece.parts)
                continue
            has_text = has_text or isinstance(piece, Content)
            yield piece
            if prefill and isinstance(piece, Answering):
                yield Content(prefill)
    if text := calls_text(calls.assembled()):
        yield Content(f"\n\n{text}" if has_text else text)


def _request(question: Question, sent: Transcript) -> TurnRequest:
    first = next((message.content for message in sent.history if message.role == "user"), sent.question)
    return TurnRequest(content=sent.question, params=_remembered(question.params, sent.system), title_text=first)


def _remembered(params: Params, system: str) -> dict[str, Any]:
    """Return the parameters that the conversation keeps, as far as the page can show them."""
    return ParamsBody(
        temperature=params.temperature,
        top_p=params.top_p or None,
        max_tokens=params.max_tokens,
        system=system if len(system.encode()) <= LONGEST_SYSTEM else "",
    ).remembered()
