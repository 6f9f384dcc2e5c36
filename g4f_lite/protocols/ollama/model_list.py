"""Parses the lists of an Ollama server: its models, and those in memory. Pure.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md#list-local-models
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from g4f_lite.decoding.reply_decoder import is_count
from g4f_lite.protocols.openai import model_list
from g4f_lite.routing.model_info import ModelInfo

PROJECTORS = frozenset({"clip", "mllama"})
"""Families of image projectors. Older servers list families instead of capabilities."""

Contexts = Mapping[str, int | None]
"""The models in memory, each with its context in tokens, or None if the server does not say."""


def models_in(tags: Any, loaded: Contexts | None, context: int | None) -> list[ModelInfo]:
    """Return the models that can chat, in the server's order, each once. Names that a page cannot show are left out.

    tags: the answer of `/api/tags`. loaded: as of `loaded_models`; None if not known.
    context: in tokens, as every request sets it; None: as the server loaded the model.
    Raises: ValueError if there is no list.
    """
    found = model_list.models_in(tags)
    details = _by_name(tags)
    return [
        replace(
            info,
            vision=_vision(details[info.id]),
            context=context or (loaded or {}).get(info.id),
            loaded=None if loaded is None else info.id in loaded,
        )
        for info in found
        if info.id in details and _chats(details[info.id])
    ]


def loaded_models(ps: Any) -> Contexts:
    """Return the models in memory. ps: the answer of `/api/ps`. Raises: ValueError if there is no list."""
    return {name: _size(model.get("context_length")) for name, model in _by_name(ps).items()}


def _by_name(listing: Any) -> dict[str, dict[str, Any]]:
    models = listing.get("models") if isinstance(listing, dict) else None
    if not isinstance(models, list):
        raise ValueError("no list of models")
    named = [model for model in models if isinstance(model, dict)]
    return {name: model for model in named if isinstance(name := model.get("name"), str)}


def _chats(model: Mapping[str, Any]) -> bool:
    """Return whether a model can chat; only listed capabilities can show that it is for embeddings alone."""
    capabilities = model.get("capabilities")
    return not isinstance(capabilities, list) or "embedding" not in capabilities or "completion" in capabilities


def _vision(model: Mapping[str, Any]) -> bool | None:
    """Return whether a model takes images. Without capabilities, its families can only show that it does."""
    if isinstance(capabilities := model.get("capabilities"), list):
        return "vision" in capabilities
    details = model.get("details")
    families = details.get("families") if isinstance(details, dict) else None
    has_projector = isinstance(families, list) and any(family in families for family in PROJECTORS)
    return True if has_projector else None


def _size(value: Any) -> int | None:
    return value if is_count(value) and value else None
