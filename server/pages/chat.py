"""The HTML pages, the parts of them that scripts fetch again, and the files they are made with."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from g4f_lite.providers.guide import Guide
from g4f_lite.routing.model import Model
from server.current.allowed_models import allowed_models, default_model, model_options
from server.current.person import open_to_all, user_id
from server.current.services import services
from server.pages import shown_message, sidebar
from server.pages.error_texts import cause, causes
from server.pages.parameters import Parameters
from server.problems import Problem
from server.store import Branch, StoredConversation, StoredMessage, Versions
from server.web.assets import SHEETS, Assets, assets
from server.web.compression import accepts_gzip
from server.web.i18n import gettext
from server.web.preferences import preferences, zone
from server.web.request_json import query_flag

CLIENT = Path(__file__).parents[2] / "client"
WINDOW = 40
"""Messages of a page, and of each part that is added to it."""
FEW = 5
"""Messages that are shown before one that was found."""

pages = Blueprint("pages", __name__, template_folder=str(CLIENT / "templates"))


@dataclass(frozen=True)
class Page:
    """What `base.html` receives."""

    site_title: str
    preferences: dict[str, str]
    """By name, as in `CHOICES`."""


@dataclass(frozen=True)
class ConversationList:
    """What `sidebar/_conversations.html` receives."""

    groups: list[sidebar.Group]
    older: str | None
    """The cursor of the next page of the list."""
    current_id: str
    archived: bool
    """Whether these are the archived ones instead of the others."""


@dataclass(frozen=True)
class Notices:
    """What `site/_configuration.html` receives."""

    config_problem: str | None
    """Why the configuration file as it is now was not taken over."""
    outdated: bool
    """Whether the page that asks is of another version than a fresh one."""


@dataclass(frozen=True)
class Messages:
    """What `chat/_messages.html` receives."""

    conversation: StoredConversation | None
    messages: list[shown_message.ShownMessage]
    earlier: str | None
    """The id of the message before which there are more."""
    leaf_id: str | None
    """Where the way ends that was asked for; None for that to the conversation's current leaf."""


@dataclass(frozen=True)
class Written:
    """What the form of `chat/_composer.html` holds, for browsers without scripts."""

    message_id: str = field(default_factory=lambda: str(uuid4()))
    """What the message will be called, so that a form that is sent twice is one message."""
    text: str = ""
    refusal: str = ""
    """Why the text was not sent, in a sentence."""


@dataclass(frozen=True)
class ChatPage(Page, ConversationList, Messages, Notices):
    """What `chat.html` receives."""

    models: dict[str, list[Model]]
    """Those to pick from without scripts, by provider, in the order of the catalog."""
    model: str
    """The name of the one that is picked."""
    model_label: str
    obstacle: str
    """Why no model at all can answer; empty when one can."""
    only_guide: bool
    """Whether nobody can answer but the built-in guide, which knows nothing of the world."""
    told: int = 0
    """How much there was to tell the person's open pages when this one was begun."""
    written: Written = field(default_factory=Written)
    parameters: Parameters = field(default_factory=Parameters)


@dataclass(frozen=True)
class NotFoundPage(Page):
    """What `not_found.html` receives."""


@pages.record_once
def read_assets(state: BlueprintSetupState) -> None:
    """Read the static files when the application is made, and tell the templates where they are."""
    found = Assets.read(CLIENT / "static", SHEETS)
    state.app.extensions["assets"] = found
    state.app.jinja_env.globals["modules"] = found.modules()
    state.app.jinja_env.globals["asset"] = lambda path: url_for("pages.asset", version=found.version, path=path)
    state.app.jinja_env.globals["page_version"] = found.version
    state.app.jinja_env.globals.update(cause=cause, causes=causes)


@pages.get("/")
def root() -> ResponseReturnValue:
    return redirect(url_for("pages.new_chat"))


@pages.get("/chat")
def chat_without_slash() -> ResponseReturnValue:
    """Lead to the page. Flask's own redirect would name the host, and perhaps the wrong scheme behind a proxy."""
    return redirect(url_for("pages.new_chat"))


@pages.get("/chat/")
def new_chat() -> ResponseReturnValue:
    """Show an empty thread. `before`, `archived`: which page of which list is beside it."""
    return _render("chat.html", chat_page(None, before=request.args.get("before"), told=_told()))


@pages.get("/chat/<conversation_id>")
def chat(conversation_id: str) -> ResponseReturnValue:
    """Show the end of a conversation; one that is unknown, or somebody else's, is a page that says so.

    `leaf`: of the way to it instead; `message`: from a few before this one; `before`: from a windowful before this one.
    """
    asked, told = request.args, _told()
    through, lead = (asked.get("message"), FEW) if "message" in asked else (asked.get("before"), WINDOW)
    try:
        return _render("chat.html", chat_page(_branch(conversation_id, through=through, lead=lead), told=told))
    except Problem as problem:
        if problem.code == "unknown_message":  # deleted since somebody linked to it
            return redirect(url_for("pages.chat", conversation_id=conversation_id))
        if problem.code != "unknown_conversation":
            raise
        return not_found()


@pages.get("/chat/parts/conversations")
def conversations() -> ResponseReturnValue:
    """Answer with the list of conversations alone.

    `current`: the id of the one that is open; `archived`: of those; `count`: how many are shown already.
    """
    listed = _conversations(request.args.get("current", ""), request.args.get("before"))
    return _render("sidebar/_conversations.html", listed)


@pages.get("/chat/parts/messages")
def messages() -> ResponseReturnValue:
    """Answer with messages alone: those of `conversation` that come before `before`, on the way to `leaf`."""
    branch = _branch(request.args.get("conversation", ""), before=request.args.get("before"))
    return _render("chat/_messages.html", _messages(branch, _labels(services().catalog.models())))


@pages.get("/chat/parts/notices")
def notices() -> ResponseReturnValue:
    """Answer with what there is to say of the configuration, and of the page that asks. `version`: of its files."""
    now = assets().version
    return _render(
        "site/_notices_part.html", Notices(services().config_problem, request.args.get("version", now) != now)
    )


@pages.get("/static/<version>/<path:path>")
@open_to_all
def asset(version: str, path: str) -> ResponseReturnValue:
    """Answer with a file of the page: what has this version in its address never changes."""
    found = assets()
    if version != found.version or path not in found.files:
        abort(404)
    file, gzipped = found.files[path], accepts_gzip()
    response = Response(file.gzipped if gzipped else file.body, content_type=file.mimetype)
    if gzipped:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    response.set_etag(f"{version}-gzip" if gzipped else version)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response.make_conditional(request)


def not_found() -> ResponseReturnValue:
    """Say that there is nothing here, or nothing that the person who asks may know of."""
    return _render("not_found.html", NotFoundPage(_site_title(), preferences())), 404


def _branch(conversation_id: str, before: str | None = None, through: str | None = None, lead: int = 0) -> Branch:
    asked = {"leaf_id": request.args.get("leaf"), "before": before, "through": through}
    return services().store.branch(user_id(), conversation_id, **asked, limit=WINDOW, lead=lead)


def chat_page(branch: Branch | None, before: str | None = None, told: int = 0) -> ChatPage:
    """Return what there is to show of a conversation, or of a new one, and beside it.

    before: the cursor of the page of the list beside it. told: as in `ChatPage`, asked before anything was read.
    """
    app = services()
    models = allowed_models()
    labels = _labels(models)
    shown = _messages(branch, labels)
    listed = _conversations(branch.conversation.id if branch else "", before)
    model = _picked(branch, labels) or default_model()
    return ChatPage(
        models=model_options(models, model),
        model=model,
        model_label=labels.get(model, model),
        groups=listed.groups,
        older=listed.older,
        current_id=listed.current_id,
        archived=listed.archived,
        site_title=_site_title(),
        preferences=preferences(),
        conversation=shown.conversation,
        messages=shown.messages,
        leaf_id=shown.leaf_id,
        earlier=shown.earlier,
        obstacle=_obstacle(models),
        config_problem=app.config_problem,
        outdated=False,
        told=told,
        only_guide=all(model.routes[0].provider.settings.kind == Guide.kind for model in models if model.available),
    )


def _told() -> int:
    return services().notifications.last_seq(user_id())


def _picked(branch: Branch | None, labels: Mapping[str, str]) -> str:
    """Return the model that was asked last, as long as it is there."""
    asked = [branch.conversation.model, *(m.model for m in reversed(branch.messages))] if branch else []
    return next((name for name in asked if name in labels), "") or ""


def _messages(branch: Branch | None, labels: Mapping[str, str]) -> Messages:
    if not branch:
        return Messages(None, [], None, None)
    shown = [_shown(message, branch.versions.get(message.id), labels) for message in branch.messages]
    return Messages(branch.conversation, shown, branch.earlier, request.args.get("leaf"))


def _shown(message: StoredMessage, versions: Versions | None, labels: Mapping[str, str]) -> shown_message.ShownMessage:
    running = message.status == "running"
    snapshot = services().engine.snapshot(user_id(), message.id) if running else None
    return shown_message.shown(message, snapshot, lambda name: labels.get(name, name), datetime.now(UTC), versions)


def _labels(models: Iterable[Model]) -> dict[str, str]:
    """Return what people read for each model, by name."""
    return {model.name: model.label for model in models}


def _conversations(current_id: str, before: str | None) -> ConversationList:
    archived, count = query_flag(request, "archived") or False, request.args.get("count", 0, int)
    found, older = sidebar.listed(services().store, user_id(), archived=archived, before=before, count=count)
    return ConversationList(sidebar.groups(found, datetime.now(zone())), older, current_id, archived)


def _obstacle(models: Sequence[Model]) -> str:
    if any(model.available for model in models):
        return ""
    return models[0].reason if models else gettext("There is no model in config.json.")


def _render(template: str, context: Page | ConversationList | Messages | Notices) -> str:
    return render_template(template, **vars(context))


def _site_title() -> str:
    return services().config.site_config.title
