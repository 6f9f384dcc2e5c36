"""Replies that are passed on as they come and kept in the person's history.

Each is a turn like those of the page, so that it is saved, shown and stopped like them; the program is one more reader
of it, which hears the pieces themselves, calls of tools among them. Only here the turn ends when its reader leaves.
"""

import asyncio
import uuid
from contextlib import aclosing
from typing import Any

from g4f_lite.messages import Params
from g4f_lite.pieces import Content, Piece, ToolCalls, Usage
from g4f_lite.router import Answering
from server.doors.told import Told, calls_text, told
from server.doors.tool_calls import Joined
from server.identity import Person, someone
from server.payload import LONGEST_SYSTEM, ParamsBody
from server.problems import Problem
from server.question import Pieces, Question
from server.relay import Tally
from server.services import Services
from server.store import Begun, NewTurn, Store
from server.title import title_of
from server.turn import Turn

STOPPED = "This answer was stopped on the page; what had arrived is kept there."

Heard = asyncio.Queue[Piece | Answering | None]
"""Pieces for the program; None is the end."""


def keeps(store: bool | None) -> bool:
    """Tell whether a request is kept: as it says itself, or else as the key says that it brings."""
    key = someone().key
    return bool(key and key.keeps) if store is None else store


async def kept(here: Services, person: Person, question: Question) -> Pieces:
    """Yield as `relayed` does; the question is stored before the first piece, and the answer before the last.

    Raises: Problem.
    """
    heard: Heard = asyncio.Queue()
    tally = Tally(question)
    beginning = asyncio.create_task(_begin(here, person, question, heard))
    with here.streams.one():
        try:
            turn = await asyncio.shield(beginning)
            while (piece := await heard.get()) is not None:
                tally.take(piece)
                if not isinstance(piece, Usage):
                    yield piece
        except (GeneratorExit, asyncio.CancelledError):  # who asked has left
            beginning.add_done_callback(_stop)
            raise
        if turn.problem or turn.status == "stopped":
            raise turn.problem or Problem("stream_cut", STOPPED)
        yield tally.usage


async def _begin(here: Services, person: Person, question: Question, heard: Heard) -> Turn:
    with here.allowance.take_place(here.config.limits, person) as place:
        said, begun = await asyncio.to_thread(_stored, here.store, person.id, question)
        turn = Turn(person.id, begun, question, _overheard(question, said.begun, heard))
        here.engine.start(turn, place.kept())
    here.run(_tell_end(turn, heard))
    return turn


def _stored(store: Store, user_id: str, question: Question) -> tuple[Told, Begun]:
    said = told(question.messages)
    return said, store.begin_with_history(user_id, _new_turn(question, said), said.before)


def _stop(beginning: "asyncio.Task[Turn]") -> None:
    if not beginning.cancelled() and not beginning.exception():
        beginning.result().end("stopped")


async def _tell_end(turn: Turn, heard: Heard) -> None:
    """End what is heard once the answer is saved, or cannot be."""
    await turn.ended.wait()
    heard.put_nowait(None)


async def _overheard(question: Question, begun: str, heard: Heard) -> Pieces:
    """Yield the pieces as they are kept, behind how the answer begins; let the program hear them as they are."""
    calls, has_text = Joined(), bool(begun)
    async with aclosing(question.answer()) as pieces:
        async for piece in pieces:
            heard.put_nowait(piece)
            if isinstance(piece, ToolCalls):
                calls.add(piece.parts)
                continue
            has_text = has_text or isinstance(piece, Content)
            yield piece
            if begun and isinstance(piece, Answering):
                yield Content(begun)
    if text := calls_text(calls.whole()):
        yield Content(f"\n\n{text}" if has_text else text)


def _new_turn(question: Question, said: Told) -> NewTurn:
    first = next((message.content for message in said.before if message.role == "user"), said.question)
    return NewTurn(
        action="send",
        model=question.model.name,
        message_id=str(uuid.uuid4()),
        content=said.question,
        answer_id=str(uuid.uuid4()),
        title=title_of(first) or question.model.name,
        params=_remembered(question.params, said.system),
    )


def _remembered(params: Params, system: str) -> dict[str, Any]:
    """Return what a person goes on with on the page, as far as the page can say it, too."""
    return ParamsBody(
        temperature=params.temperature,
        top_p=params.top_p or None,
        max_tokens=params.max_tokens,
        system=system if len(system.encode()) <= LONGEST_SYSTEM else "",
    ).remembered()
