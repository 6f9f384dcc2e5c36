"""The page's own files: scripts, styles and icons, a fixed set read once, at addresses that change with the content."""

import gzip
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, cast

from flask import current_app

MIMETYPES = {
    ".css": "text/css; charset=utf-8",
    ".png": "image/png",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""What a file is, by its ending; a file with another ending is not served. (The system's own table may be wrong.)"""

# fmt: off
SHEETS = (
    "base/layers", "base/reset", "base/tokens", "base/base", "layout/layout", "components/button", "layout/sidebar",
    "chat/conversation", "chat/selection", "layout/topbar", "components/choices", "layout/panel", "chat/picker",
    "chat/thread", "chat/message", "chat/editor", "chat/info", "components/fold", "chat/prose", "chat/highlight",
    "components/card", "chat/composer", "chat/queued", "chat/params", "components/empty", "components/notice",
    "components/field", "components/menu", "components/dialog", "pages/search", "components/toast",
    "pages/settings", "components/completion", "pages/shortcuts", "chat/noscript", "base/utilities",
)
# fmt: on
"""The styles of every page, in the order in which they apply."""
SHEET = "css/page.css"
"""The one file as which they leave: from afar, every file is a wait of its own."""

DOC_COMMENT = re.compile(rb"^[ \t]*/\*\*.*?\*/", re.MULTILINE | re.DOTALL)
"""A comment that documents a script: for its developers and the type checker, and a fourth of what it would weigh."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    mimetype: str
    gzipped: bytes

    @property
    def body(self) -> bytes:
        """Return it as it was, for the rare client that takes nothing compressed."""
        return gzip.decompress(self.gzipped)


@dataclass(frozen=True, slots=True)
class Assets:
    """The files of a folder by their path below it. `version` is a hash over all of them: modules import each other
    by relative paths, so they change their address together."""

    version: str
    files: dict[str, Asset]

    @classmethod
    def read(cls, folder: Path, sheets: Sequence[str] = ()) -> Self:
        """Read every file of a known kind below the folder. `sheets`: the names of those that become `SHEET`."""
        paths = sorted(path for path in folder.rglob("*") if path.suffix in MIMETYPES)
        bodies = {path.relative_to(folder).as_posix(): _read(path) for path in paths}
        if sheets:
            bodies[SHEET] = b"".join(bodies.pop(f"css/{name}.css") for name in sheets)
        return cls(_version(bodies), {path: _asset(path, body) for path, body in bodies.items()})

    def modules(self) -> list[str]:
        """Return the paths of the scripts that pages import, for the browser to load them side by side. Each page names
        its own script, in `js/pages`, itself."""
        return [path for path in self.files if path.endswith(".js") and not path.startswith("js/pages/")]


def assets() -> Assets:
    """Return the files of the current application's page."""
    return cast(Assets, current_app.extensions["assets"])


def _read(path: Path) -> bytes:
    """Return a file as it is sent. A script goes without its documentation; its lines keep their numbers."""
    body = path.read_bytes()
    return DOC_COMMENT.sub(lambda found: b"\n" * found[0].count(b"\n"), body) if path.suffix == ".js" else body


def _asset(path: str, body: bytes) -> Asset:
    return Asset(MIMETYPES[Path(path).suffix], gzip.compress(body, mtime=0))


def _version(bodies: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path, body in bodies.items():
        digest.update(f"{path}\0{len(body)}\0".encode() + body)
    return digest.hexdigest()[:12]
