"""The settings: a page with a form, which works without scripts, too."""

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from server.pages import Page
from server.preferences import CHOICES, LANGUAGES, keep, preferences
from server.services import services

settings = Blueprint("settings", __name__, url_prefix="/chat")


@dataclass(frozen=True)
class SettingsPage(Page):
    """What `settings.html` receives."""

    choices: dict[str, tuple[str, ...]]
    languages: dict[str, str]


@settings.get("/settings")
def show() -> str:
    """Show what there is to choose."""
    page = SettingsPage(services().config.site_config.title, preferences(), CHOICES, LANGUAGES)
    return render_template("settings.html", **vars(page))


@settings.post("/settings")
def change() -> ResponseReturnValue:
    """Keep what the form says, which may be a part of it, and show the page again."""
    response = redirect(url_for("settings.show"), 303)
    keep(response, request.form, url_for("pages.root"))
    return response
