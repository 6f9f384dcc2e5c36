"""The chat page: `/chat/` for a new conversation, `/chat/<conversation_id>` for a stored one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from g4f_lite.providers.guide import Guide
from g4f_lite.routing.model import Model
from server.current.allowed_models import allowed_models, default_model, model_options
from server.current.identity import user_id
from server.current.services import services
from server.pages.message_window import WINDOW, MessageWindow, branch, labels, message_window
from server.pages.page import Notices, Page, not_found_page, render
from server.pages.parameters import Parameters
from server.pages.sidebar import ConversationList, conversation_list
from server.problems import Problem
from server.store import Branch
from server.web.i18n import gettext

LEAD = 5
"""Messages shown before the one that a link leads to."""

chat = Blueprint("chat", __name__)


@dataclass(frozen=True)
class Draft:
    """What the form of `chat/_composer.html` holds, for browsers without scripts."""

    message_id: str = field(default_factory=lambda: str(uuid4()))
    """The id of the message to come, so that a form that is sent twice is one message."""
    text: str = ""
    refusal: str = ""
    """Why the text was not sent, in a sentence."""


@dataclass(frozen=True)
class ChatPage(Page, ConversationList, MessageWindow, Notices):
    """The context of `chat.html`."""

    models: dict[str, list[Model]]
    """The options without scripts, by provider, in the order of the catalog."""
    model: str
    """The name of the selected one."""
    model_label: str
    obstacle: str
    """Why no model can answer; empty if one can."""
    only_guide: bool
    """Whether only the built-in guide can answer; it knows this program alone."""
    news_seq: int = 0
    """The number of the last notification to this person before anything on the page was read."""
    draft: Draft = field(default_factory=Draft)
    parameters: Parameters = field(default_factory=Parameters)


@chat.get("/")
def root() -> ResponseReturnValue:
    return redirect(url_for("chat.new"))


@chat.get("/chat")
def without_slash() -> ResponseReturnValue:
    """Redirect to the page. Flask's own redirect names the host, with the wrong scheme behind some proxies."""
    return redirect(url_for("chat.new"))


@chat.get("/chat/")
def new() -> ResponseReturnValue:
    """Show an empty conversation. `before`, `archived`: which page of which list the sidebar shows."""
    return render("chat.html", chat_page(None, before=request.args.get("before"), news_seq=_news_seq()))


@chat.get("/chat/<conversation_id>")
def show(conversation_id: str) -> ResponseReturnValue:
    """Show the end of a conversation. One that is unknown, or another person's, is not found.

    `leaf`: show the branch to this message; `message`: begin a few messages before it; `before`: a window before it.
    """
    query, news_seq = request.args, _news_seq()
    through, lead = (query.get("message"), LEAD) if "message" in query else (query.get("before"), WINDOW)
    try:
        return render("chat.html", chat_page(branch(conversation_id, through=through, lead=lead), news_seq=news_seq))
    except Problem as problem:
        if problem.code == "unknown_message":  # deleted after the link was made
            return redirect(url_for("chat.show", conversation_id=conversation_id))
        if problem.code != "unknown_conversation":
            raise
        return not_found_page()


def chat_page(branch: Branch | None, before: str | None = None, news_seq: int = 0) -> ChatPage:
    """Return what the page shows of a conversation, or of a new one.

    before: the cursor of the sidebar's page. news_seq: as in `ChatPage`; read it before everything else.
    """
    models = allowed_models()
    label_of = labels(models)
    model = _last_model(branch, label_of) or default_model()
    return ChatPage(
        **vars(message_window(branch, label_of)),
        **vars(conversation_list(branch.conversation.id if branch else "", before)),
        models=model_options(models, model),
        model=model,
        model_label=label_of.get(model, model),
        obstacle=_obstacle(models),
        config_problem=services().config_problem,
        outdated=False,
        news_seq=news_seq,
        only_guide=all(model.routes[0].provider.settings.kind == Guide.kind for model in models if model.available),
    )


def _news_seq() -> int:
    return services().notifications.last_seq(user_id())


def _last_model(branch: Branch | None, labels: Mapping[str, str]) -> str:
    """Return the model of the last question, or of the last answer whose model is still there; empty if none is."""
    names = [branch.conversation.model, *(m.model for m in reversed(branch.messages))] if branch else []
    return next((name for name in names if name in labels), "") or ""


def _obstacle(models: Sequence[Model]) -> str:
    if any(model.available for model in models):
        return ""
    return models[0].reason if models else gettext("No models are configured in config.json.")
