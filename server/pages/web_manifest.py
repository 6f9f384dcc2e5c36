"""The web app manifest, with which a browser installs the page as an app."""

from flask import Blueprint, Response, jsonify, url_for
from flask.blueprints import BlueprintSetupState

from server.current.services import services
from server.web.assets import asset_url
from server.web.i18n import direction, gettext, language
from server.web.public_views import open_to_all

web_manifest = Blueprint("web_manifest", __name__, url_prefix="/chat")

PAGE_COLOURS = {"light": "#fafcfd", "dark": "#0d1113"}
"""The value of `--color-page` in each scheme, as the browser's frame needs it."""
ICONS = (
    ("icon.svg", "any", "any", "image/svg+xml"),
    ("icon-192.png", "192x192", "any", "image/png"),
    ("icon-512.png", "512x512", "any", "image/png"),
    ("icon-maskable-512.png", "512x512", "maskable", "image/png"),
)
"""File, sizes, purpose, type."""


@web_manifest.record_once
def add_to_templates(state: BlueprintSetupState) -> None:
    """Let templates use the colours."""
    state.app.jinja_env.globals["page_colours"] = PAGE_COLOURS


@web_manifest.get("/manifest.webmanifest")
@open_to_all
def show() -> Response:
    """Return the manifest, which browsers request without cookies. Source: https://www.w3.org/TR/appmanifest/"""
    title, start = services().config.site_config.title, url_for("chat.new")
    response = jsonify(
        {
            "name": title,
            "short_name": title,
            "id": start,
            "start_url": start,
            "scope": url_for("chat.root"),
            "display": "standalone",
            "lang": language(),
            "dir": direction(),
            "theme_color": PAGE_COLOURS["light"],
            "background_color": PAGE_COLOURS["light"],
            "icons": [_icon(*icon) for icon in ICONS],
            "shortcuts": [{"name": gettext("New chat"), "url": start}],
        }
    )
    response.mimetype = "application/manifest+json"
    return response


def _icon(file: str, sizes: str, purpose: str, type_: str) -> dict[str, str]:
    return {"src": asset_url(f"icons/{file}"), "sizes": sizes, "purpose": purpose, "type": type_}
