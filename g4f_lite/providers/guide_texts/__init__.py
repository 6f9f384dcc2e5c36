"""What Guide knows: one Markdown file per language and topic, filled with facts of the running configuration."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from g4f_lite.catalog import Catalog

FOLDER = Path(__file__).parent


def help_for(question: str, catalog: "Catalog | None") -> str:
    """Return help on what the question is about, as Markdown."""
    return (FOLDER / "en" / "overview.md").read_text("utf-8")
