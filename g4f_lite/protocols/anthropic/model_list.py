"""The models that Anthropic's API lists, page by page: JSON values in, offers out. Pure.

Source: https://platform.claude.com/docs/en/api/models/list
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from g4f_lite.decoding.reply_decoder import is_count
from g4f_lite.protocols.openai import model_list
from g4f_lite.routing.model_info import ModelInfo

SEEING = "claude-"
"""How the ids of models begin that take images, where the API does not say so itself: all that it still offers do."""


def models_in(page: Any) -> list[ModelInfo]:
    """Return the models of a page, in its order, each once, if a browser can show its id.

    Raises: ValueError if there is no list.
    """
    found = model_list.models_in(page)
    said = _by_id(page)
    return [
        replace(offer, vision=_vision(offer.id, said[offer.id]), context=_context(said[offer.id]))
        for offer in found
        if offer.id in said
    ]


def next_page(page: Any) -> str:
    """Return the id behind which the next page begins; empty when this is the last one."""
    match page:
        case {"has_more": True, "last_id": str(last)}:
            return last
    return ""


def _by_id(page: Any) -> dict[str, dict[str, Any]]:
    match page:
        case {"data": list(models)}:
            said = [model for model in models if isinstance(model, dict)]
            return {id_: model for model in said if isinstance(id_ := model.get("id"), str)}
    raise ValueError("no list of models")


def _vision(id_: str, model: Mapping[str, Any]) -> bool | None:
    match model:
        case {"capabilities": {"image_input": {"supported": bool(supported)}}}:
            return supported
    return True if id_.startswith(SEEING) else None


def _context(model: Mapping[str, Any]) -> int | None:
    size = model.get("max_input_tokens")
    return size if is_count(size) and size else None
