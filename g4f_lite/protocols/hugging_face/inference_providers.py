"""The inference providers of a model on the Hugging Face Hub, and the path of each one's chats. Pure.

Source: https://huggingface.co/docs/inference-providers/hub-api, and the client at
https://github.com/huggingface/huggingface_hub/tree/main/src/huggingface_hub/inference/_providers
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from g4f_lite.protocols.openai.model_list import is_id

ProviderMapping = dict[str, dict[str, Any]]
"""The providers of one model in the order of preference: `status`, `providerId`, `task` and more, by provider."""

CHAT = "conversational"
LIVE = "live"
STATUS_ORDER = {LIVE: 0, "error": 1}
"""A provider that fails its health check may still work. Any other status comes last: it is for tests only."""

ROUTES = {
    "cohere": "compatibility/v1",
    "deepinfra": "v1/openai",
    "fireworks-ai": "inference/v1",
    "groq": "openai/v1",
    "hf-inference": "models/{model}/v1",
    "novita": "v3/openai",
    "zai-org": "api/paas/v4",
}
"""The path of `chat/completions` below a provider's own path, if not the usual one."""
USUAL_ROUTE = "v1"
FORMATS = {
    "cohere": ("json_object", "schema"),
    "fireworks-ai": ("json_object", "schema"),
    "hf-inference": ("json_object", "value"),
    "together": ("json_schema", "schema"),
}
"""The type of `response_format` and the member for the schema, if not OpenAI's."""
WITHOUT_CHAT = {"black-forest-labs", "fal-ai", "replicate", "wavespeed"}

PROVIDER = re.compile(r"[A-Za-z0-9][\w.-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class InferenceProvider:
    """A provider that takes chats for a model. `model`: its name there."""

    provider: str
    model: str
    status: str

    @property
    def path(self) -> str:
        """The path of `chat/completions` below the router's root."""
        route = ROUTES.get(self.provider, USUAL_ROUTE)
        return f"{self.provider}/{route.format(model=quote(self.model))}"

    def adapted(self, extra: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return members of a request in OpenAI's protocol in the form that this provider takes."""
        match extra.get("response_format"):
            case {"type": "json_schema", "json_schema": {"schema": schema}} if self.provider in FORMATS:
                type_, member = FORMATS[self.provider]
                return {**extra, "response_format": {"type": type_, member: schema}}
        return extra


def parse_mapping(mapping: Any) -> ProviderMapping:
    """Return the Hub's mapping of providers, from either of its forms; empty for anything else.

    mapping: an object by provider, as for one model; a list of objects with a `provider` each, as in a list; or null.
    """
    entries: ProviderMapping = {}
    for provider, entry in _pairs(mapping):
        if provider not in entries or entry.get("task") == CHAT:
            entries[provider] = entry
    return entries


def chat_providers(entries: Mapping[str, Mapping[str, Any]]) -> list[InferenceProvider]:
    """Return the providers that take chats, in their order; those that are not live come last."""
    serving = [
        InferenceProvider(provider, entry["providerId"], str(entry.get("status")))
        for provider, entry in entries.items()
        if entry.get("task") == CHAT and provider not in WITHOUT_CHAT and is_id(entry.get("providerId"))
    ]
    return sorted(serving, key=lambda provider: STATUS_ORDER.get(provider.status, len(STATUS_ORDER)))


def chat_models(page: list[Any]) -> list[str]:
    """Return the ids of the models on a page of the Hub's list that a live provider offers for chats."""
    return [
        entry["id"]
        for entry in page
        if isinstance(entry, dict) and is_id(entry.get("id")) and _is_live(entry.get("inferenceProviderMapping"))
    ]


def _pairs(mapping: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(mapping, dict):
        yield from (pair for pair in mapping.items() if isinstance(pair[1], dict) and _is_provider(pair[0]))
    elif isinstance(mapping, list):
        for entry in mapping:
            if isinstance(entry, dict) and _is_provider(entry.get("provider")):
                yield entry["provider"], {name: value for name, value in entry.items() if name != "provider"}


def _is_provider(name: Any) -> bool:
    return isinstance(name, str) and bool(PROVIDER.fullmatch(name))


def _is_live(mapping: Any) -> bool:
    return any(provider.status == LIVE for provider in chat_providers(parse_mapping(mapping)))
