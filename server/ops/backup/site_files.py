"""The parts of an installation: its database, the other files of its data folder, and its configuration."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from g4f_lite.config.load import STANDARD_FILE
from server.config.site import Config
from server.ops.backup import pg_dump
from server.problems import Problem

MODELS = "models"
"""The folder that a backup leaves out: models are large and can be downloaded again."""
REPLACED = ".replaced-"
"""Marks the name of a file that a restore has replaced."""
LEFT_OUT = (REPLACED, ".unfinished-", ".backup")
"""Marks of replaced files, incomplete files and other backups."""


@dataclass(frozen=True, slots=True)
class SiteFiles:
    """The paths of the parts."""

    database: Path
    data: Path
    config: Path

    @classmethod
    def of(cls, config: Config, file: Path | None) -> "SiteFiles":
        """Return the installation of a configuration file. Raises: Problem if the database is not a file."""
        url = make_url(config.database)
        if url.get_backend_name() != "sqlite":
            raise Problem("invalid_request", pg_dump.advice(url))
        return cls(Path(str(url.database)).absolute(), Path(config.data_dir), file or STANDARD_FILE)

    def files(self, backup: Path) -> Iterator[Path]:
        """Yield the files of the data folder, without models, backups, and the files of the database."""
        for path in sorted(self.data.rglob("*")):
            top = path.relative_to(self.data).parts[0]
            is_plain = path.is_file() and not path.is_symlink()
            is_left_out = top == MODELS or top.startswith(".") or any(part in path.name for part in LEFT_OUT)
            if is_plain and not is_left_out and path != backup and not self._is_database(path):
                yield path

    def settings(self) -> Iterator[Path]:
        """Yield the existing files of the configuration."""
        for path in (self.config, self.config.with_name(".env")):
            if path.is_file():
                yield path

    def _is_database(self, path: Path) -> bool:
        name = self.database.name
        return path.parent == self.database.parent and (
            path.name == name or path.name.startswith((f"{name}.", f"{name}-"))
        )
