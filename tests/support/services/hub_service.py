"""A fake of Hugging Face's Hub and router, on one address, as strict as the real ones.

Written from what they do, not from the client: the routes, for one, are whole paths here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from g4f_lite.providers.huggingface_api import HuggingFaceAPI
from tests.support.services import openai_wire
from tests.support.services.kinds import Kind
from tests.support.services.openai_wire import openai_error, openai_stream
from tests.support.services.upstream import EVENT_STREAM, Answer, Request, json_answer, not_found

TOKEN = "hf_tiger_secret"
MODEL = "org/name"
"""What tests ask for."""

ROUTES = {
    "together": "/together/v1/chat/completions",
    "cerebras": "/cerebras/v1/chat/completions",
    "sambanova": "/sambanova/v1/chat/completions",
    "hyperbolic": "/hyperbolic/v1/chat/completions",
    "nebius": "/nebius/v1/chat/completions",
    "featherless-ai": "/featherless-ai/v1/chat/completions",
    "nscale": "/nscale/v1/chat/completions",
    "scaleway": "/scaleway/v1/chat/completions",
    "ovhcloud": "/ovhcloud/v1/chat/completions",
    "publicai": "/publicai/v1/chat/completions",
    "baseten": "/baseten/v1/chat/completions",
    "fireworks-ai": "/fireworks-ai/inference/v1/chat/completions",
    "cohere": "/cohere/compatibility/v1/chat/completions",
    "novita": "/novita/v3/openai/chat/completions",
    "groq": "/groq/openai/v1/chat/completions",
    "zai-org": "/zai-org/api/paas/v4/chat/completions",
    "deepinfra": "/deepinfra/v1/openai/chat/completions",
    "hf-inference": "/hf-inference/models/vendor/hf-inference/v1/chat/completions",
}


def serving(provider: str, **members: Any) -> dict[str, Any]:
    """Return the Hub's entry of a provider of a model."""
    return {"status": "live", "providerId": f"vendor/{provider}", "task": "conversational", **members}


def by_provider(*providers: str) -> dict[str, Any]:
    """Return a mapping as the Hub gives it for one model."""
    return {provider: serving(provider) for provider in providers}


def as_list(mapping: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a mapping as the Hub gives it in its list."""
    return [{"provider": provider, **entry} for provider, entry in mapping.items()]


@dataclass
class HubService:
    """The Hub and the router.

    models: the providers of each, by its id. preferred: the providers in the order of a token, by token.
    tokens: the valid ones. gated: models without access. broke: providers without credit.
    page_size: models on a page of the list.
    """

    models: dict[str, Any] = field(default_factory=lambda: {MODEL: by_provider("novita")})
    preferred: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    gated: set[str] = field(default_factory=set)
    broke: set[str] = field(default_factory=set)
    page_size: int = 100

    def __call__(self, request: Request) -> Answer:
        parts = urlsplit(request.path)
        query = parse_qs(parts.query)
        if request.method == "GET" and parts.path == "/api/models":
            return self._page(request, query)
        if request.method == "GET" and parts.path.startswith("/api/models/"):
            return self._model(request, unquote(parts.path.removeprefix("/api/models/")), query)
        if request.method == "GET" and parts.path == "/v1/models":
            return json_answer({"object": "list", "data": [_listed(id_, self.models[id_]) for id_ in self.models]})
        if request.method == "POST" and parts.path.endswith("/chat/completions"):
            return self._chat(request, unquote(parts.path))
        return not_found(request)

    # the Hub

    def _page(self, request: Request, query: Mapping[str, list[str]]) -> Answer:
        if refusal := self._wrong_token(request):
            return refusal
        start = int(query.get("cursor", ["0"])[0])
        ids = sorted(self.models) if query.get("inference") == ["warm"] else []
        page = [_entry(id_, _list_or_null(self.models[id_]), query) for id_ in ids[start : start + self.page_size]]
        following = start + self.page_size
        if following >= len(ids):
            return json_answer(page)
        address = f"http://{request.headers['host']}/api/models"
        following_query = urlencode({**query, "cursor": following}, doseq=True)
        return json_answer(page, headers={"Link": f'<{address}?{following_query}>; rel="next"'})

    def _model(self, request: Request, id_: str, query: Mapping[str, list[str]]) -> Answer:
        if refusal := self._wrong_token(request):
            return refusal
        if id_ in self.gated:
            return _refused(403, "GatedRepo", f"Access to model {id_} is restricted.")
        if id_ not in self.models:
            return _refused(401, "RepoNotFound", "Repository not found")
        mapping = self.preferred.get(_token(request), {}).get(id_, self.models[id_])
        return json_answer({"_id": "1", **_entry(id_, mapping, query)})

    def _wrong_token(self, request: Request) -> Answer | None:
        """Reject a wrong token. Without a token, public models can be seen."""
        if not _token(request) or _token(request) in self.tokens:
            return None
        return json_answer({"error": "Invalid credentials in Authorization header"}, 401)

    # the router

    def _chat(self, request: Request, path: str) -> Answer:
        if _token(request) not in self.tokens:
            return json_answer({"error": "Invalid username or password."}, 401)
        if path == "/v1/chat/completions":
            return self._choose(request.json)
        provider = path.split("/")[1]
        if path != ROUTES.get(provider):
            return Answer([b"Not Found"], 404, {"Content-Type": "text/plain"})
        if provider in self.broke:
            return json_answer({"error": "You have exceeded your monthly included credits."}, 402)
        if not self._is_offered(provider, request.json["model"]):
            return json_answer(openai_error("The model does not exist.", code="model_not_found"), 404)
        return Answer(_reply(provider, request.json))

    def _choose(self, asked: Any) -> Answer:
        """Answer for the unified router, which takes the Hub's ids, with or without a provider."""
        id_, _, wanted = asked["model"].partition(":")
        providers = self.models.get(id_) or {}
        chosen = wanted if wanted in providers else next(iter(providers), "")
        if not chosen or wanted not in ("", "fastest", "cheapest", *providers):
            message = f"The requested model '{asked['model']}' is not supported by any provider you have enabled."
            return json_answer(openai_error(message, code="model_not_supported"), 400)
        return Answer(_reply(chosen, asked), headers={**EVENT_STREAM, "x-inference-provider": chosen})

    def _is_offered(self, provider: str, model: str) -> bool:
        served = [mapping[provider] for mapping in self.models.values() if mapping and provider in mapping]
        return any(entry["providerId"] == model and entry["task"] == "conversational" for entry in served)


def _reply(provider: str, asked: Mapping[str, Any]) -> list[bytes]:
    return openai_stream(f"{provider} heard: {asked['messages'][-1]['content']}")


def _refused(status: int, code: str, message: str) -> Answer:
    """Return a rejection of the Hub, whose headers explain the status."""
    return json_answer({"error": message}, status, {"X-Error-Code": code, "X-Error-Message": message})


def _entry(id_: str, mapping: Any, query: Mapping[str, list[str]]) -> dict[str, Any]:
    wanted = query.get("expand[]") == ["inferenceProviderMapping"]
    return {"id": id_, **({"inferenceProviderMapping": mapping} if wanted else {})}


def _list_or_null(mapping: Any) -> Any:
    return as_list(mapping) if isinstance(mapping, dict) else mapping


def _listed(id_: str, mapping: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a model as the router lists it."""
    return {
        "id": id_,
        "object": "model",
        "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
        "providers": [{"provider": one, "status": "live", "context_length": 32768} for one in mapping or {}],
    }


def _token(request: Request) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def mapped(request: Request) -> Answer:
    """Answer as a Hub where every model is served by one provider."""
    if request.method == "GET" and request.path.startswith("/api/models/"):
        return json_answer({"id": "model", "inferenceProviderMapping": by_provider("novita")})
    return not_found(request)


KIND = Kind(
    HuggingFaceAPI,
    base_url=lambda address: address,
    options=lambda address: {"hub_url": address},
    paths=[ROUTES["novita"]],
    text=openai_wire.KIND.text,
    end=openai_wire.KIND.end,
    errors=openai_wire.KIND.errors,
    headers=openai_wire.KIND.headers,
    line_ends=openai_wire.KIND.line_ends,
    comment=openai_wire.KIND.comment,
    call=openai_wire.KIND.call,
    otherwise=mapped,
    refused={404: "model_not_supported"},  # nothing at an address of the router: nobody answers for it there
)
"""The row of HuggingFaceAPI in the contract: one provider, so that its failures are those of the reply."""
