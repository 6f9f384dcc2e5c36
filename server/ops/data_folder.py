"""The data folder, which only its owner may read."""

from pathlib import Path

from server.problems import Problem

MODE = 0o700


def create(folder: Path) -> None:
    """Create the folder if it does not exist. Raises: Problem("storage_unavailable")."""
    try:
        folder.mkdir(MODE, parents=True, exist_ok=True)
    except OSError as error:
        sentence = f"Cannot create the data folder {folder}: {error.strerror}."
        raise Problem("storage_unavailable", sentence) from error
