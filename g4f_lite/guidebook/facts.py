"""Describes the running configuration in Markdown tables, without keys and addresses."""

import json
from collections.abc import Iterable

from g4f_lite.guidebook.overview import InstallationOverview
from g4f_lite.guidebook.topics import FOLDER

MAX_MODELS = 20
"""Some services list hundreds of models; the page's own list has them all."""


class Facts:
    """Facts of an installation for the pages, in one language. Each method fills `{{its name}}`."""

    def __init__(self, installation: InstallationOverview | None, language: str) -> None:
        self._installation = installation
        self._words = json.loads((FOLDER / language / "facts.json").read_text("utf-8"))

    def providers(self) -> str:
        """Return a table of the providers, with the reason for each one that cannot answer."""
        if not self._installation:
            return str(self._words["alone"])
        providers = self._installation.providers
        rows = ((_code(facts.name), facts.kind, self._words[facts.state], facts.reason) for facts in providers)
        return self._table("providers", rows)

    def models(self) -> str:
        """Return a table of the first models that a person can pick."""
        if not self._installation:
            return ""
        models = self._installation.models
        rows = ((_code(facts.name), _code(facts.provider), facts.reason or self._words["yes"]) for facts in models)
        left = len(models) - MAX_MODELS
        more = [(self._words["more"] % left, "", "")] if left > 0 else []
        return self._table("models", [*rows][:MAX_MODELS] + more)

    def models_dir(self) -> str:
        """Return the folder for local model files."""
        folder = self._installation.models_dir if self._installation else ""
        return _code(folder) if folder else str(self._words["somewhere"])

    def _table(self, head: str, rows: Iterable[Iterable[str]]) -> str:
        columns = self._words[head].split("|")
        lines = [columns, ["---"] * len(columns), *rows]
        return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{text.replace('`', '')}`"
