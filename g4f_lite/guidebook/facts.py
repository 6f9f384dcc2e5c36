"""The running configuration in words: tables of Markdown, free of keys and addresses."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from g4f_lite.guidebook.topics import FOLDER

if TYPE_CHECKING:
    from g4f_lite.routing.catalog import Catalog, Member

MOST_MODELS = 20
"""Some services list hundreds; the page's own list has them all."""


class Facts:
    """What the pages say of a catalog, in a language. Each method stands for `{{its name}}`."""

    def __init__(self, catalog: "Catalog | None", language: str) -> None:
        self._catalog = catalog
        self._words = json.loads((FOLDER / language / "facts.json").read_text("utf-8"))

    def providers(self) -> str:
        """Return a table of the providers, and why those that cannot be asked cannot."""
        if not self._catalog:
            return str(self._words["alone"])
        rows = (
            (_code(name), member.settings.kind, self._words[member.state], _why(member))
            for name, member in self._catalog.members.items()
        )
        return self._table("providers", rows)

    def models(self) -> str:
        """Return a table of the first models that can be picked."""
        if not self._catalog:
            return ""
        models = self._catalog.models()
        rows = ((_code(model.name), _code(model.provider), model.reason or self._words["yes"]) for model in models)
        left = len(models) - MOST_MODELS
        more = [(self._words["more"] % left, "", "")] if left > 0 else []
        return self._table("models", [*rows][:MOST_MODELS] + more)

    def models_dir(self) -> str:
        """Return where a local model's file belongs."""
        members = self._catalog.members.values() if self._catalog else ()
        folders = [member.settings.options.get("models_dir") for member in members]
        return next((_code(folder) for folder in folders if folder), self._words["somewhere"])

    def _table(self, head: str, rows: Iterable[Iterable[str]]) -> str:
        columns = self._words[head].split("|")
        lines = [columns, ["---"] * len(columns), *rows]
        return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _why(member: "Member") -> str:
    """Return what keeps a provider from answering; that it is switched off is said by its state already."""
    if not member.settings.enabled:
        return ""
    return str(member.obstacle() or member.health.last_error or "")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{text.replace('`', '')}`"
