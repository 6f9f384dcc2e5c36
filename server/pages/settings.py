"""The settings, the language among them: a page that works without scripts, and its form as a part for a dialog."""

import math
from dataclasses import dataclass

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from server.config.limits import MB
from server.current.identity import user_id
from server.current.services import services
from server.ops.version import version
from server.pages.page import Page, render
from server.web.preferences import CHOICES, LANGUAGES, preferences, set_preferences

settings = Blueprint("settings", __name__, url_prefix="/chat")


@dataclass(frozen=True)
class SettingsPart:
    """The context of `settings/_settings.html`."""

    preferences: dict[str, str]
    choices: dict[str, tuple[str, ...]]
    languages: dict[str, str]
    chats: int
    """The number of chats that can be deleted."""
    storage: tuple[int, int]
    """What the person's messages take up, and the limit, in millions of bytes, rounded up. 0 is no limit."""
    version: str


@dataclass(frozen=True)
class SettingsPage(SettingsPart, Page):
    """The context of `settings.html`."""


@settings.get("/settings")
def show() -> str:
    """Show the page."""
    return render("settings.html", SettingsPage(**vars(_part())))


@settings.get("/parts/settings")
def part() -> str:
    """Render the form alone."""
    return render("settings/_settings.html", _part())


@settings.post("/settings")
def change() -> ResponseReturnValue:
    """Store the settings in the form, which need not be all, and show the page again. `reset`: names to reset."""
    response = redirect(url_for("settings.show"), 303)
    chosen = {name: values[-1] for name, values in request.form.lists()}  # a checkbox follows its hidden "off"
    defaults = {name: CHOICES[name][0] for name in request.form.getlist("reset") if name in CHOICES}
    set_preferences(response, chosen | defaults, url_for("chat.root"))
    return response


@settings.post("/settings/delete-chats")
def delete_chats() -> ResponseReturnValue:
    """Delete all of a person's conversations and show a new chat."""
    services().delete_all(user_id())
    return redirect(url_for("chat.new"), 303)


def _part() -> SettingsPart:
    app, user = services(), user_id()
    used_mb = math.ceil(app.store.stored_bytes(user) / MB)
    storage = used_mb, app.config.limits.storage_mb
    return SettingsPart(preferences(), CHOICES, LANGUAGES, app.store.count(user), storage, version())
