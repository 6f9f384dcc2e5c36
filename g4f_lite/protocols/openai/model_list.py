"""A list of models as services of the OpenAI protocol give it: the value of its JSON in, offers out. Pure."""

from typing import Any, TypeGuard

from g4f_lite.routing.model_info import ModelInfo

LONGEST_ID = 200
"""Characters; twice as many as Hugging Face gives the name of a model."""
LONGEST_CONTEXT = 1 << 30
"""Tokens; what is longer is no context."""

CONTEXT_MEMBERS = ("context_length", "context_window", "max_model_len", "max_context_length")
"""What OpenRouter, Groq, vLLM and Mistral call it."""


def models_in(listing: Any) -> list[ModelInfo]:
    """Return the models of a list in any of its forms, each once, if a page can show its id.

    listing: `{"data": […]}`, `{"models": […]}` or a bare list, of ids or of objects with `id` or `name`.
    Raises: ValueError if there is no list.
    """
    entries = listing.get("data", listing.get("models")) if isinstance(listing, dict) else listing
    if not isinstance(entries, list):
        raise ValueError("no list of models")
    found: dict[str, ModelInfo] = {}
    for entry in entries:
        if offer := _offer(entry if isinstance(entry, dict) else {"id": entry}):
            found.setdefault(offer.id, offer)
    return list(found.values())


def is_id(value: Any) -> TypeGuard[str]:
    """Tell whether a JSON value is a model's id that a page can show."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isprintable()


def _offer(entry: dict[str, Any]) -> ModelInfo | None:
    id_ = entry.get("id") or entry.get("name")
    if not is_id(id_):
        return None
    if entry.get("owned_by") == "google":  # Gemini lists `models/gemini-…`, and knows both names
        id_ = id_.removeprefix("models/")
    return ModelInfo(id_, _vision(entry), _context(entry))


def _context(entry: dict[str, Any]) -> int | None:
    """Return the tokens of a context; llama.cpp tells them under `meta`."""
    said = [*map(entry.get, CONTEXT_MEMBERS), _object(entry, "meta").get("n_ctx"), _least_context(entry)]
    return next(filter(_is_context, said), None)


def _least_context(entry: dict[str, Any]) -> int | None:
    """Return the smallest context among those who serve the model at Hugging Face: any of them may be picked."""
    serving = entry.get("providers")
    serving = [one for one in serving if isinstance(one, dict)] if isinstance(serving, list) else []
    sizes = [one.get("context_length") for one in serving if one.get("status") == "live"]
    return min(filter(_is_context, sizes), default=None)


def _is_context(size: Any) -> TypeGuard[int]:
    return type(size) is int and 0 < size <= LONGEST_CONTEXT


def _vision(entry: dict[str, Any]) -> bool | None:
    """Return whether the model takes images: from OpenRouter's modalities, or Mistral's capabilities."""
    modalities = _object(entry, "architecture").get("input_modalities")
    if isinstance(modalities, list):
        return "image" in modalities
    said = _object(entry, "capabilities").get("vision")
    return said if isinstance(said, bool) else None


def _object(entry: dict[str, Any], member: str) -> dict[str, Any]:
    value = entry.get(member)
    return value if isinstance(value, dict) else {}
