"""What belongs to a site: its database, what else lies in its data folder, and its configuration."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from g4f_lite.config.load import STANDARD_FILE
from server.config.site import Config
from server.ops.backup import pg_dump
from server.problems import Problem

MODELS = "models"
"""The folder in the data folder that is left out: models are large, and can be had again."""
REPLACED = ".replaced-"
"""Stands in the name of a file in whose place a backup was put."""
LEFT_OUT = (REPLACED, ".unfinished-", ".backup")
"""In the names of files: what was replaced, what was never written to its end, and other backups."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the parts of a site are."""

    database: Path
    data: Path
    config: Path

    @classmethod
    def of(cls, config: Config, file: Path | None) -> "Installation":
        """Return the site of a configuration, and of its file. Raises: Problem for a database that is no file."""
        url = make_url(config.database)
        if url.get_backend_name() != "sqlite":
            raise Problem("invalid_request", pg_dump.advice(url))
        return cls(Path(str(url.database)).absolute(), Path(config.data_dir), file or STANDARD_FILE)

    def files(self, backup: Path) -> Iterator[Path]:
        """Yield what lies in the data folder, but for models, backups, the database, and what is named after it."""
        for path in sorted(self.data.rglob("*")):
            top = path.relative_to(self.data).parts[0]
            is_plain = path.is_file() and not path.is_symlink()
            is_left_out = top == MODELS or top.startswith(".") or any(part in path.name for part in LEFT_OUT)
            if is_plain and not is_left_out and path != backup and not self._is_database(path):
                yield path

    def settings(self) -> Iterator[Path]:
        """Yield the files of the configuration that are there."""
        for path in (self.config, self.config.with_name(".env")):
            if path.is_file():
                yield path

    def _is_database(self, path: Path) -> bool:
        name = self.database.name
        return path.parent == self.database.parent and (
            path.name == name or path.name.startswith((f"{name}.", f"{name}-"))
        )
