"""The settings: a page with a form, which works without scripts, too, and the same as a part for a dialog."""

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from server.current.person import user_id
from server.current.services import services
from server.ops.version import version
from server.pages.chat import Page
from server.web.preferences import CHOICES, LANGUAGES, keep, preferences

settings = Blueprint("settings", __name__, url_prefix="/chat")


@dataclass(frozen=True)
class SettingsPart:
    """What `settings/_settings.html` receives."""

    preferences: dict[str, str]
    choices: dict[str, tuple[str, ...]]
    languages: dict[str, str]
    chats: int
    """How many there are to delete."""
    version: str


@dataclass(frozen=True)
class SettingsPage(SettingsPart, Page):
    """What `settings.html` receives."""


@settings.get("/settings")
def show() -> str:
    """Show what there is to choose."""
    page = SettingsPage(site_title=services().config.site_config.title, **vars(_part()))
    return render_template("settings.html", **vars(page))


@settings.get("/parts/settings")
def part() -> str:
    """Answer with the form alone."""
    return render_template("settings/_settings.html", **vars(_part()))


@settings.post("/settings")
def change() -> ResponseReturnValue:
    """Keep what the form says, which may be a part of it, and show the page again. `reset`: names to reset."""
    response = redirect(url_for("settings.show"), 303)
    chosen = {name: values[-1] for name, values in request.form.lists()}  # a checkbox comes behind its hidden "off"
    defaults = {name: CHOICES[name][0] for name in request.form.getlist("reset") if name in CHOICES}
    keep(response, chosen | defaults, url_for("pages.root"))
    return response


@settings.post("/settings/delete-chats")
def delete_chats() -> ResponseReturnValue:
    """Delete all of a person's conversations, and begin anew."""
    services().delete_all(user_id())
    return redirect(url_for("pages.new_chat"), 303)


def _part() -> SettingsPart:
    return SettingsPart(preferences(), CHOICES, LANGUAGES, services().store.count(user_id()), version())
