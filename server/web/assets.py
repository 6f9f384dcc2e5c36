"""The static files (assets): scripts, styles and icons, read once and served under a hash of their content."""

import gzip
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, cast

from flask import Blueprint, Response, abort, current_app, request, url_for
from flask.blueprints import BlueprintSetupState

from server.web.compression import accepts_gzip
from server.web.public_views import open_to_all

STATIC = Path(__file__).parents[2] / "client" / "static"

MIMETYPES = {
    ".css": "text/css; charset=utf-8",
    ".png": "image/png",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""The type of a file by its suffix; other files are not served. The system's own table may be wrong."""

# fmt: off
STYLES = (
    "base/layers", "base/reset", "base/tokens", "base/base", "layout/layout", "components/button", "layout/sidebar",
    "chat/conversation", "chat/selection", "layout/topbar", "components/choices", "layout/panel", "chat/picker",
    "chat/thread", "chat/message", "chat/editor", "chat/info", "components/fold", "chat/prose", "chat/highlight",
    "components/card", "chat/composer", "chat/queued", "chat/params", "components/empty", "components/notice",
    "components/field", "components/menu", "components/dialog", "pages/search", "components/toast",
    "pages/settings", "components/completion", "pages/shortcuts", "chat/noscript", "base/utilities",
)
# fmt: on
"""The styles of every page, in the order in which they apply."""
STYLE_SHEET = "css/page.css"
"""The one file that holds them all: on a slow connection every file costs a round trip."""

DOC_COMMENT = re.compile(rb"^[ \t]*/\*\*.*?\*/", re.MULTILINE | re.DOTALL)
"""A comment that documents a script for developers and the type checker: a fourth of the weight."""

assets_blueprint = Blueprint("assets", __name__)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    mimetype: str
    gzipped: bytes

    @property
    def body(self) -> bytes:
        """Return the file uncompressed, for the rare client that does not accept gzip."""
        return gzip.decompress(self.gzipped)


@dataclass(frozen=True, slots=True)
class Assets:
    """The files of a folder by their path in it. `version` is a hash of all of them: modules import each other by
    relative path, so all their addresses must change together."""

    version: str
    files: dict[str, Asset]

    @classmethod
    def read(cls, folder: Path, styles: Sequence[str] = ()) -> Self:
        """Read every file of a known type in the folder. `styles`: the paths of those that become `STYLE_SHEET`."""
        paths = sorted(path for path in folder.rglob("*") if path.suffix in MIMETYPES)
        bodies = {path.relative_to(folder).as_posix(): _read(path) for path in paths}
        if styles:
            bodies[STYLE_SHEET] = b"".join(bodies.pop(f"css/{name}.css") for name in styles)
        return cls(_version(bodies), {path: _asset(path, body) for path, body in bodies.items()})

    def modules(self) -> list[str]:
        """Return the paths of the scripts that pages import, so that the browser can load them in parallel.

        The scripts in `js/pages` are not among them: each page links to its own.
        """
        return [path for path in self.files if path.endswith(".js") and not path.startswith("js/pages/")]


def assets() -> Assets:
    """Return the assets of the current application."""
    return cast(Assets, current_app.extensions["assets"])


@assets_blueprint.record_once
def read_assets(state: BlueprintSetupState) -> None:
    """Read the files once, and let templates link to them."""
    found = Assets.read(STATIC, STYLES)
    state.app.extensions["assets"] = found
    state.app.jinja_env.globals.update(asset=asset_url, modules=found.modules(), page_version=found.version)


def asset_url(path: str) -> str:
    """Return the address of a file."""
    return url_for("assets.file", version=assets().version, path=path)


@assets_blueprint.get("/static/<version>/<path:path>")
@open_to_all
def file(version: str, path: str) -> Response:
    """Send a file. It can be cached for ever, since its address changes with the version."""
    current = assets()
    if version != current.version or path not in current.files:
        abort(404)
    asset, gzipped = current.files[path], accepts_gzip()
    response = Response(asset.gzipped if gzipped else asset.body, content_type=asset.mimetype)
    if gzipped:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    response.set_etag(f"{version}-gzip" if gzipped else version)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.make_conditional(request)
    return response


def _read(path: Path) -> bytes:
    """Return a file as it is sent: scripts lose their documentation, but lines keep their numbers."""
    body = path.read_bytes()
    return DOC_COMMENT.sub(lambda found: b"\n" * found[0].count(b"\n"), body) if path.suffix == ".js" else body


def _asset(path: str, body: bytes) -> Asset:
    return Asset(MIMETYPES[Path(path).suffix], gzip.compress(body, mtime=0))


def _version(bodies: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path, body in bodies.items():
        digest.update(f"{path}\0{len(body)}\0".encode() + body)
    return digest.hexdigest()[:12]
