"""The playground's models and their hosts: those known here, and those that it lists."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from g4f_lite.protocols.openai.model_list import is_id

HOSTS = {"tulu3-405b": "inferd"}
OTHER_HOST = "modal"
WITH_VISION = frozenset({"mm-olmo-uber-model-v4-synthetic"})


@dataclass(frozen=True, slots=True)
class OlmoModel:
    """One model. host: the name that a request must send with it. vision: whether it takes images."""

    id: str
    host: str
    vision: bool


def known(id_: str) -> OlmoModel:
    """Return the known facts of a model, or likely ones: the service has more models than are known here."""
    return OlmoModel(id_, HOSTS.get(id_, OTHER_HOST), id_ in WITH_VISION)


def models_in(body: bytes) -> list[OlmoModel]:
    """Return the models of the service's list that answer questions; empty if this is not such a list.

    body: a JSON list of objects with `id`, `host`, `is_visible`, `prompt_type` and, if the model takes files,
    `accepted_file_types`.
    """
    try:
        listing = json.loads(body)
    except (ValueError, RecursionError):
        return []
    entries = listing if isinstance(listing, list) else []
    return list({model.id: model for entry in entries for model in _models(entry)}.values())


def _models(entry: Any) -> Iterator[OlmoModel]:
    """Yield the model of an entry, if it answers questions."""
    if not isinstance(entry, dict) or not is_id(id_ := entry.get("id")):
        return
    if entry.get("is_visible") is False or entry.get("prompt_type") == "files_only":
        return
    host = entry.get("host")
    yield OlmoModel(id_, host if is_id(host) else known(id_).host, known(id_).vision or _takes_images(entry))


def _takes_images(entry: dict[str, Any]) -> bool:
    types = entry.get("accepted_file_types")
    return isinstance(types, list) and any(str(type_).startswith("image/") for type_ in types)
