"""What a browser needs to install the page as an app."""

from flask import Blueprint, Response, current_app, jsonify, url_for
from flask.blueprints import BlueprintSetupState

from server.current.person import open_to_all
from server.current.services import services
from server.web.i18n import direction, gettext, language

manifest = Blueprint("manifest", __name__, url_prefix="/chat")

PAGE_COLOURS = {"light": "#fafcfd", "dark": "#0d1113"}
"""What `--color-page` is in each scheme, in the form that browsers take for their own frame."""
ICONS = (
    ("icon.svg", "any", "any", "image/svg+xml"),
    ("icon-192.png", "192x192", "any", "image/png"),
    ("icon-512.png", "512x512", "any", "image/png"),
    ("icon-maskable-512.png", "512x512", "maskable", "image/png"),
)
"""File, sizes, purpose, type."""


@manifest.record_once
def tell_templates(state: BlueprintSetupState) -> None:
    """Let the templates know the colours, too."""
    state.app.jinja_env.globals["page_colours"] = PAGE_COLOURS


@manifest.get("/manifest.webmanifest")
@open_to_all
def show() -> Response:
    """Answer with the manifest, which browsers ask for without cookies. Source: https://www.w3.org/TR/appmanifest/"""
    title, start = services().config.site_config.title, url_for("pages.new_chat")
    response = jsonify(
        {
            "name": title,
            "short_name": title,
            "id": start,
            "start_url": start,
            "scope": url_for("pages.root"),
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
    address = current_app.jinja_env.globals["asset"](f"icons/{file}")  # type: ignore[operator]
    return {"src": address, "sizes": sizes, "purpose": purpose, "type": type_}
