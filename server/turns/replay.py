"""Replays the events of a running answer from its journal, as text or as HTML blocks."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Any

from server.render import Change, Rendering, Viewer
from server.render.document import rendered
from server.store.records import StoredMessage
from server.turns import events
from server.turns.live_html import in_thread
from server.turns.turn import Turn

PING_EVERY_S = 15


async def live(turn: Turn, after: int, html: bool) -> AsyncGenerator[str, None]:
    """Yield the lines of a running turn after event `after`, as they arrive, until the last; at least the last."""
    after -= turn.journal.ended and after == turn.journal.last_seq
    if not turn.journal.base_seq <= after <= turn.journal.last_seq:
        lines, after = await in_thread(lambda: _earlier(turn, html))
        yield "".join(lines)
    async for some in _html(turn, after, Viewer(after)) if html else _text(turn, after):
        yield some


def _earlier(turn: Turn, html: bool) -> tuple[list[str], int]:
    """Return lines that replace everything a reader has, and the number to go on after.

    This is for readers of a continued answer's earlier turns, and for readers that have events of a process that died
    before it saved them.
    """
    answer = turn.begun.answer
    if not turn.journal.base_seq:
        return _numbered(1, [_replay_start(answer)]), 1
    lines = _numbered(answer.last_seq, [_replay_start(answer), *_text_of(answer)])
    return _with_blocks(lines, answer.content) if html else lines, answer.last_seq


async def _text(turn: Turn, after: int) -> AsyncGenerator[str, None]:
    journal, seq = turn.journal, after
    while True:
        while seq < journal.last_seq:
            lines, seq = journal.after(seq)
            yield "".join(lines)
        if journal.ended:
            return
        if not await journal.wait(PING_EVERY_S):
            yield events.PING


async def _html(turn: Turn, after: int, viewer: Viewer) -> AsyncGenerator[str, None]:
    """Yield the lines with `html` instead of `content`. HTML comes at its own pace, or with the next other event."""
    journal, seq, unseen, sent = turn.journal, after, 0, after
    while True:
        while seq < journal.last_seq:
            lines, last = journal.after(seq)
            for number, line in enumerate(lines, seq + 1):
                if events.is_content(line):
                    unseen = number
                    continue
                if unseen or events.is_end(line):
                    unseen = 0
                    yield _changes(viewer, await turn.live_html.render(now=True), sent, number - 1)
                yield line
                sent = number
            seq = last
        if journal.ended:
            return
        if unseen:
            await turn.live_html.wait()
            rendering = await turn.live_html.render()
            yield _changes(viewer, rendering, sent, seq)
            sent = max(sent, min(rendering.seq, seq))
            unseen = unseen if rendering.seq < unseen else 0
        elif not await journal.wait(PING_EVERY_S):
            yield events.PING


def _changes(viewer: Viewer, rendering: Rendering, sent: int, seq: int) -> str:
    """Return the `html` lines that update a viewer; none has a number above `seq`, the reader's position."""
    return "".join(_changed(viewer.changes(rendering), sent, max(sent, min(rendering.seq, seq))))


def _changed(changes: Sequence[Change], sent: int, seq: int) -> list[str]:
    """Return the lines of one update; the last has the number `seq`.

    The others repeat the number that was sent before, so a reader that is cut off in between gets them all again.
    """
    lines = []
    for change in changes:
        what = {"text": change.text} if change.html is None else {"html": change.html}
        number = seq if change is changes[-1] else sent
        lines.append(events.event(number, "html", {"block": change.block, **what}))
    return lines


def _with_blocks(lines: list[str], content: str) -> list[str]:
    """Return the lines with the blocks of the answer instead of its last piece, and without its other pieces."""
    last = max((index for index, line in enumerate(lines) if events.is_content(line)), default=None)
    if last is None:
        return lines
    before = [line for line in lines[:last] if not events.is_content(line)]
    sent, seq = (events.parse(line)["seq"] for line in (before[-1] if before else lines[last], lines[last]))
    shown = [Change(number, html, None) for number, html in enumerate(rendered(content))]
    return before + _changed(shown, sent, seq) + lines[last + 1 :]


def events_of(message: StoredMessage) -> list[tuple[str, dict[str, Any]]]:
    """Return the few events that describe a whole ended answer: the type and the members of each."""
    usage = [("usage", message.usage)] if message.usage else []
    end = ("error", {"error": message.error}) if message.error else ("finish", {"reason": message.finish_reason})
    return [_replay_start(message), *_attempts_of(message), *_text_of(message), *usage, end]


def _replay_start(message: StoredMessage) -> tuple[str, dict[str, Any]]:
    return "start", {
        "conversation_id": message.conversation_id,
        "user_message_id": message.parent_id,
        "message_id": message.id,
        "model": message.model,
        "replay": True,
    }


def _attempts_of(message: StoredMessage) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the failed attempts, and the provider if there were attempts or notices."""
    for attempt in message.attempts:
        yield "attempt", attempt
    if message.answering and (message.attempts or message.notices):
        yield "provider", message.answering


def _text_of(message: StoredMessage) -> Iterator[tuple[str, dict[str, Any]]]:
    if message.reasoning:
        yield "reasoning", {"token": message.reasoning}
    if message.content:
        yield "content", {"content": message.content}


def _numbered(last_seq: int, sent: Sequence[tuple[str, dict[str, Any]]]) -> list[str]:
    """Return the lines of events, numbered so that the last one is `last_seq`."""
    return [events.event(seq, *one) for seq, one in enumerate(sent, last_seq - len(sent) + 1)]
