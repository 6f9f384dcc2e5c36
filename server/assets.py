"""The page's own files: scripts, styles and icons, a fixed set read once, at addresses that change with the content."""

import gzip
import hashlib
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


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    body: bytes
    mimetype: str
    gzipped: bytes
    """The same, compressed."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file of a known kind."""
        body = path.read_bytes()
        return cls(body, MIMETYPES[path.suffix], gzip.compress(body, mtime=0))


@dataclass(frozen=True, slots=True)
class Assets:
    """The files of a folder by their path below it. `version` is a hash over all of them: modules import each other
    by relative paths, so they change their address together."""

    version: str
    files: dict[str, Asset]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read every file of a known kind below the folder."""
        paths = sorted(path for path in folder.rglob("*") if path.suffix in MIMETYPES)
        files = {path.relative_to(folder).as_posix(): Asset.read(path) for path in paths}
        return cls(_version(files), files)

    def modules(self) -> list[str]:
        """Return the paths of all scripts, for the browser to load side by side instead of one after the other."""
        return [path for path in self.files if path.endswith(".js")]


def assets() -> Assets:
    """Return the files of the current application's page."""
    return cast(Assets, current_app.extensions["assets"])


def _version(files: dict[str, Asset]) -> str:
    digest = hashlib.sha256()
    for path, asset in files.items():
        digest.update(f"{path}\0{len(asset.body)}\0".encode() + asset.body)
    return digest.hexdigest()[:12]
