"""The chat without scripts: a form begins a turn, and a page that is sent for as long as the turn takes shows it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import replace

from flask import Blueprint, copy_current_request_context, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from server.api.bodies import TurnBody
from server.api.turns import begin
from server.current.person import user_id
from server.current.rate_limits import count_request
from server.current.services import services
from server.pages.chat import Written, chat_page
from server.problems import Problem
from server.store import Begun, Branch
from server.translatable import N_
from server.turns.replay import PING_EVERY_S
from server.turns.turn import Turn
from server.web.i18n import gettext
from server.web.request_json import check_json, validate
from server.web.streaming import Stream

plain = Blueprint("plain", __name__, url_prefix="/chat")

MARK = Markup("<!--the answer-->")
"""Where the page is cut in two. No text and no answer can hold it: both lose, or escape, what is a comment in HTML."""
GROWING = "growing"
"""Where in the page the answer is."""
BLANK = N_("Write something first.")
SENTENCES = {
    "too_large": N_("A message can be one mebibyte at most; send less at a time."),
    "unknown_conversation": N_("This chat was deleted. Sent from here, your message begins a new one."),
    "conflict": N_("An answer is still being written here. Wait until it has ended, or stop it."),
}
"""What a person is told in the place of what a program is."""


@plain.post("/", defaults={"conversation_id": None})
@plain.post("/<conversation_id>")
def send(conversation_id: str | None) -> ResponseReturnValue:
    """Begin a turn, and lead to its answer; what is refused stays in the field."""
    request.max_form_memory_size = None  # the text has a limit of its own
    text = request.form.get("content", "").replace("\r\n", "\n")
    try:
        count_request()
        begun = _begin(conversation_id, text)
    except Problem as problem:
        return _show_again(conversation_id, text, problem), problem.status, problem.when()
    return redirect(url_for("plain.live", conversation_id=begun.conversation_id, _anchor=GROWING), 303)


@plain.get("/<conversation_id>/live")
def live(conversation_id: str) -> ResponseReturnValue:
    """Send the page, and in it each block of the running answer as soon as it is whole; lead to it where none runs."""
    branch = _branch(conversation_id)
    turn = branch and _running(branch)
    if not branch or not turn:
        return redirect(url_for("pages.chat", conversation_id=conversation_id))
    begin_of_page, _ = _halves(branch, turn.message_id)
    rest = copy_current_request_context(lambda: _halves(_branch(conversation_id), turn.message_id)[1])
    return Stream(_told(turn, begin_of_page, rest), loop=services().loop, mimetype="text/html")


@plain.post("/<conversation_id>/stop")
def stop(conversation_id: str) -> ResponseReturnValue:
    """End what is being written, and show what there is."""
    services().engine.stop_conversation(user_id(), conversation_id)
    return redirect(url_for("pages.chat", conversation_id=conversation_id), 303)


def _begin(conversation_id: str | None, text: str) -> Begun:
    """Begin a turn. Raises: Problem."""
    begun, turn = begin(_body(conversation_id, text, request.form.get("message_id") or None))
    if turn or begun.path[-1].content == text:
        return begun
    return begin(_body(conversation_id, text, None))[0]  # somebody went back to the page of an earlier message


def _body(conversation_id: str | None, text: str, message_id: str | None) -> TurnBody:
    if not text.strip():
        raise Problem("invalid_request", gettext(BLANK))
    fields = {name: request.form[name] for name in ("parent_id", "model") if request.form.get(name)}
    body = {"conversation_id": conversation_id, "message": {"id": message_id, "content": text}, **fields}
    check_json(body)
    return validate(body, TurnBody)


def _show_again(conversation_id: str | None, text: str, problem: Problem) -> str:
    refusal = gettext(SENTENCES[problem.code]) if problem.code in SENTENCES else problem.message
    page = chat_page(_branch(conversation_id) if conversation_id else None)
    return render_template("chat.html", **vars(replace(page, written=Written(text=text, refusal=refusal))))


def _branch(conversation_id: str) -> Branch | None:
    """Return the end of a conversation; None if there is no such conversation."""
    try:
        return services().store.branch(user_id(), conversation_id)
    except Problem as problem:
        if problem.code != "unknown_conversation":
            raise
        return None


def _running(branch: Branch) -> Turn | None:
    last = branch.messages[-1] if branch.messages else None
    return services().engine.find(user_id(), last.id) if last else None


def _halves(branch: Branch | None, message_id: str) -> tuple[str, str]:
    """Return the page up to an answer's text, and what comes behind it; nothing where the answer is gone."""
    page = chat_page(branch)
    marked = [replace(m, mark=MARK, blocks=[]) if m.id == message_id else m for m in page.messages]
    before, _, after = render_template("chat.html", **vars(replace(page, messages=marked))).partition(MARK)
    return before, after


async def _told(turn: Turn, before: str, rest: Callable[[], str]) -> AsyncGenerator[bytes, None]:
    yield before.encode()
    told: list[str] = []
    while True:
        rendering = await turn.screen.show()
        if whole := [block.html for block in rendering.blocks[len(told) : rendering.closed]]:
            yield _html(whole, len(told)).encode()
            told += whole
        if turn.journal.ended:
            break
        if rendering.seq < turn.content_seq:
            await turn.screen.wait()
        elif not await turn.journal.news(PING_EVERY_S):
            yield b"\n"
    rendering = await turn.screen.show()
    yield _rest_of_text(told, [block.html for block in rendering.blocks if block.html]).encode()
    yield (await asyncio.get_running_loop().run_in_executor(None, rest)).encode()


def _rest_of_text(told: list[str], final: list[str]) -> str:
    """Return the blocks that were not told; all of them where a told one became another in the end."""
    if final[: len(told)] == told:
        return _html(final[len(told) :], len(told))
    return f"<div data-corrected>{_html(final, 0)}</div>"


def _html(blocks: Iterable[str], first: int) -> str:
    return "".join(f'<div class="block" data-block="{n}">{html}</div>' for n, html in enumerate(blocks, first))
