"""Parses Anthropic's list of models, page by page. Pure.

Source: https://platform.claude.com/docs/en/api/models/list
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from g4f_lite.decoding.reply_decoder import is_count
from g4f_lite.protocols.openai import model_list
from g4f_lite.routing.model_info import ModelInfo

VISION_PREFIX = "claude-"
"""The prefix of models that take images, where the API does not say so: every Claude model on offer does."""


def models_in(page: Any) -> list[ModelInfo]:
    """Return the models of a page, in its order, each once. Ids that a browser cannot show are left out.

    Raises: ValueError if there is no list.
    """
    found = model_list.models_in(page)
    entries = _by_id(page)
    return [
        replace(info, vision=_vision(info.id, entries[info.id]), context=_context(entries[info.id]))
        for info in found
        if info.id in entries
    ]


def next_page(page: Any) -> str:
    """Return the id after which the next page begins; empty if this is the last page."""
    match page:
        case {"has_more": True, "last_id": str(last)}:
            return last
    return ""


def _by_id(page: Any) -> dict[str, dict[str, Any]]:
    match page:
        case {"data": list(models)}:
            entries = [model for model in models if isinstance(model, dict)]
            return {id_: model for model in entries if isinstance(id_ := model.get("id"), str)}
    raise ValueError("no list of models")


def _vision(id_: str, model: Mapping[str, Any]) -> bool | None:
    match model:
        case {"capabilities": {"image_input": {"supported": bool(supported)}}}:
            return supported
    return True if id_.startswith(VISION_PREFIX) else None


def _context(model: Mapping[str, Any]) -> int | None:
    size = model.get("max_input_tokens")
    return size if is_count(size) and size else None
