"""Parses the list of models of a service with OpenAI's protocol. Pure."""

import re
from typing import Any, TypeGuard

from g4f_lite.routing.model_info import ModelInfo

LONGEST_ID = 200
"""Characters; twice as many as Hugging Face gives the name of a model."""
LONGEST_CONTEXT = 1 << 30
"""Tokens; a larger number is not a context."""

OTHER_USES = re.compile(
    r"(?i)(?:^|[^a-z])(?:whisper|tts|transcribe|dall-?e|gpt-image|stable-diffusion|flux|imagen|sora|veo|embed(?:ding)?s?"
    r"|bge|moderation|rerank(?:er)?|realtime|babbage-002|davinci-002)(?:[^a-z]|$)"
)
"""In the ids of models that take no chats, where the service does not say what they do."""
OTHER_TYPES = frozenset({"audio", "embedding", "embeddings", "image", "moderation", "rerank", "transcribe", "video"})

CONTEXT_MEMBERS = ("context_length", "context_window", "max_model_len", "max_context_length")
"""The members of OpenRouter, Groq, vLLM and Mistral."""


def models_in(listing: Any) -> list[ModelInfo]:
    """Return the models of a list in any of its forms, each once. Ids that a page cannot show are left out.

    listing: `{"data": […]}`, `{"models": […]}` or a bare list, of ids or of objects with `id` or `name`.
    Raises: ValueError if there is no list.
    """
    entries = listing.get("data", listing.get("models")) if isinstance(listing, dict) else listing
    if not isinstance(entries, list):
        raise ValueError("no list of models")
    found: dict[str, ModelInfo] = {}
    for entry in entries:
        if info := _model_info(entry if isinstance(entry, dict) else {"id": entry}):
            found.setdefault(info.id, info)
    return list(found.values())


def is_id(value: Any) -> TypeGuard[str]:
    """Return whether a JSON value is a model's id that a page can show."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isprintable()


def _model_info(entry: dict[str, Any]) -> ModelInfo | None:
    id_ = entry.get("id") or entry.get("name")
    if isinstance(id_, str) and "://" in id_ and is_id(entry.get("name")):  # Azure's catalog: azureml://registries/…
        id_ = entry["name"]
    if not is_id(id_) or not _chats(id_, entry):
        return None
    if entry.get("owned_by") == "google":  # Gemini lists `models/gemini-…`, and takes both names
        id_ = id_.removeprefix("models/")
    return ModelInfo(id_, _vision(entry), _context(entry))


def _chats(id_: str, entry: dict[str, Any]) -> bool:
    """Tell whether the model takes chats: from its capabilities, modalities or type, or else its id."""
    capable = _object(entry, "capabilities").get("completion_chat")
    if isinstance(capable, bool):
        return capable
    modalities = _object(entry, "architecture").get("output_modalities")
    if isinstance(modalities, list):
        return "text" in modalities
    if isinstance(type_ := entry.get("type"), str) and type_ in ("chat", "language", "llm", "vlm", *OTHER_TYPES):
        return type_ not in OTHER_TYPES
    return not OTHER_USES.search(id_)


def _context(entry: dict[str, Any]) -> int | None:
    """Return the tokens of a context; llama.cpp has them in `meta`."""
    sizes = [*map(entry.get, CONTEXT_MEMBERS), _object(entry, "meta").get("n_ctx"), _least_context(entry)]
    return next(filter(_is_context, sizes), None)


def _least_context(entry: dict[str, Any]) -> int | None:
    """Return the smallest context among the providers of the model at Hugging Face: any of them may answer."""
    providers = entry.get("providers")
    providers = [item for item in providers if isinstance(item, dict)] if isinstance(providers, list) else []
    sizes = [provider.get("context_length") for provider in providers if provider.get("status") == "live"]
    return min(filter(_is_context, sizes), default=None)


def _is_context(size: Any) -> TypeGuard[int]:
    return type(size) is int and 0 < size <= LONGEST_CONTEXT


def _vision(entry: dict[str, Any]) -> bool | None:
    """Return whether the model takes images: from OpenRouter's modalities, or Mistral's capabilities."""
    modalities = _object(entry, "architecture").get("input_modalities")
    if isinstance(modalities, list):
        return "image" in modalities
    vision = _object(entry, "capabilities").get("vision")
    return vision if isinstance(vision, bool) else None


def _object(entry: dict[str, Any], member: str) -> dict[str, Any]:
    value = entry.get(member)
    return value if isinstance(value, dict) else {}
