"""The models of an Ollama server, from what it lists: JSON values in, offers out. Pure.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md#list-local-models
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from g4f_lite.decoding.reply_decoder import is_count
from g4f_lite.protocols.openai import model_list
from g4f_lite.routing.model_info import ModelInfo

PROJECTORS = frozenset({"clip", "mllama"})
"""Families of what makes images readable for a model; older servers list them, and no capabilities."""

Contexts = Mapping[str, int | None]
"""The models in memory, each with the tokens of its context, or None where they are not said."""


def models_in(tags: Any, loaded: Contexts | None, context: int | None) -> list[ModelInfo]:
    """Return the models that can chat, in the server's order, each once, if a page can show its name.

    tags: what `/api/tags` says. loaded: as of `loaded_models`; None: not known.
    context: in tokens, what every request asks for; None: what the server gave to a model that is loaded.
    Raises: ValueError if there is no list.
    """
    found = model_list.models_in(tags)
    details = _by_name(tags)
    return [
        replace(
            offer,
            vision=_vision(details[offer.id]),
            context=context or (loaded or {}).get(offer.id),
            loaded=None if loaded is None else offer.id in loaded,
        )
        for offer in found
        if offer.id in details and _chats(details[offer.id])
    ]


def loaded_models(ps: Any) -> Contexts:
    """Return what is in memory. ps: what `/api/ps` says. Raises: ValueError if that is no list."""
    return {name: _size(model.get("context_length")) for name, model in _by_name(ps).items()}


def _by_name(listing: Any) -> dict[str, dict[str, Any]]:
    models = listing.get("models") if isinstance(listing, dict) else None
    if not isinstance(models, list):
        raise ValueError("no list of models")
    named = [model for model in models if isinstance(model, dict)]
    return {name: model for model in named if isinstance(name := model.get("name"), str)}


def _chats(model: Mapping[str, Any]) -> bool:
    """Tell whether a model is more than one for embeddings, as far as its capabilities are listed."""
    said = model.get("capabilities")
    return not isinstance(said, list) or "embedding" not in said or "completion" in said


def _vision(model: Mapping[str, Any]) -> bool | None:
    """Return whether a model takes images; without capabilities, its families can only tell that it does."""
    if isinstance(said := model.get("capabilities"), list):
        return "vision" in said
    details = model.get("details")
    families = details.get("families") if isinstance(details, dict) else None
    has_projector = isinstance(families, list) and any(family in families for family in PROJECTORS)
    return True if has_projector else None


def _size(value: Any) -> int | None:
    return value if is_count(value) and value else None
