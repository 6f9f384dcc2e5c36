"""The chat without JavaScript: a form starts a turn, and a page that loads for as long as the turn runs shows it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import replace

from flask import Blueprint, copy_current_request_context, redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from server.api.bodies import TurnBody
from server.current.identity import user_id
from server.current.rate_limits import count_request
from server.current.services import services
from server.current.start_turn import requested_model, start_turn
from server.pages.chat import Draft, chat_page
from server.pages.page import render
from server.problems import Problem
from server.store import Begun, Branch
from server.translatable import N_
from server.turns.replay import PING_EVERY_S
from server.turns.turn import Turn
from server.web.i18n import gettext
from server.web.request_json import check_json, validate
from server.web.streaming import Stream

no_script = Blueprint("no_script", __name__, url_prefix="/chat")

SPLIT_MARK = Markup("<!--the answer-->")
"""Where the page is split. No text and no answer can contain it: HTML comments in them are removed or escaped."""
RUNNING_ANSWER = "running-answer"
"""The anchor of the running answer in the page."""
BLANK = N_("Write a message first.")
SENTENCES = {
    "too_large": N_("A message can be at most 1 MiB. Send less at a time."),
    "unknown_conversation": N_("This chat was deleted. If you send your message here, it starts a new chat."),
    "conflict": N_("An answer is still being written in this chat. Wait until it is complete, or stop it."),
}
"""By the code of a problem, what a person reads instead of the message for programs."""


@no_script.post("/", defaults={"conversation_id": None})
@no_script.post("/<conversation_id>")
def send(conversation_id: str | None) -> ResponseReturnValue:
    """Start a turn and redirect to its answer. A text that is refused stays in the field."""
    text = request.form.get("content", "").replace("\r\n", "\n")
    try:
        count_request()
        begun = _begin(conversation_id, text)
    except Problem as problem:
        return _show_again(conversation_id, text, problem), problem.status, problem.retry_header()
    return redirect(url_for("no_script.live", conversation_id=begun.conversation_id, _anchor=RUNNING_ANSWER), 303)


@no_script.get("/<conversation_id>/live")
def live(conversation_id: str) -> ResponseReturnValue:
    """Stream the page, with each block of the running answer as soon as it is complete; redirect if none is running."""
    branch = _branch(conversation_id)
    turn = branch and _running(branch)
    if not branch or not turn:
        return redirect(url_for("chat.show", conversation_id=conversation_id))
    before, _ = _halves(branch, turn.message_id)
    after = copy_current_request_context(lambda: _halves(_branch(conversation_id), turn.message_id)[1])
    return Stream(_live_page(turn, before, after), loop=services().loop, mimetype="text/html")


@no_script.post("/<conversation_id>/stop")
def stop(conversation_id: str) -> ResponseReturnValue:
    """Stop the running answer and show what has arrived."""
    services().engine.stop_conversation(user_id(), conversation_id)
    return redirect(url_for("chat.show", conversation_id=conversation_id), 303)


def _begin(conversation_id: str | None, text: str) -> Begun:
    """Start a turn. Raises: Problem."""
    body = _body(conversation_id, text, request.form.get("message_id") or None)
    model, asked = requested_model(body.model, body.conversation_id), body.request()
    begun, turn = start_turn(model, asked)
    if turn or begun.path[-1].content == text:
        return begun
    begun, _ = start_turn(
        model, replace(asked, message_id=None)
    )  # the browser went back to a page that was sent already
    return begun


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
    return render("chat.html", replace(page, draft=Draft(text=text, refusal=refusal)))


def _branch(conversation_id: str) -> Branch | None:
    """Return the end of a conversation; None if it does not exist."""
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
    """Return the page before an answer's text, and after it. The second half is empty if the answer was deleted."""
    page = chat_page(branch)
    marked = [replace(m, split_mark=SPLIT_MARK, blocks=[]) if m.id == message_id else m for m in page.messages]
    before, _, after = render("chat.html", replace(page, messages=marked)).partition(SPLIT_MARK)
    return before, after


async def _live_page(turn: Turn, before: str, after: Callable[[], str]) -> AsyncGenerator[bytes, None]:
    yield before.encode()
    sent: list[str] = []
    while True:
        rendering = await turn.live_html.render()
        if complete := [block.html for block in rendering.blocks[len(sent) : rendering.closed]]:
            yield _html(complete, len(sent)).encode()
            sent += complete
        if turn.journal.ended:
            break
        if rendering.seq < turn.content_seq:
            await turn.live_html.wait()
        elif not await turn.journal.wait(PING_EVERY_S):
            yield b"\n"
    rendering = await turn.live_html.render()
    yield _rest_of_text(sent, [block.html for block in rendering.blocks if block.html]).encode()
    yield (await asyncio.get_running_loop().run_in_executor(None, after)).encode()


def _rest_of_text(sent: list[str], final: list[str]) -> str:
    """Return the blocks that were not sent yet; all of them, as a correction, if a sent one changed later."""
    if final[: len(sent)] == sent:
        return _html(final[len(sent) :], len(sent))
    return f"<div data-corrected>{_html(final, 0)}</div>"


def _html(blocks: Iterable[str], first: int) -> str:
    return "".join(f'<div class="block" data-block="{n}">{html}</div>' for n, html in enumerate(blocks, first))
