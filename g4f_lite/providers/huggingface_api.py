"""HuggingFaceAPI: models of the Hugging Face Hub, answered by its inference providers."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from pydantic import AliasChoices, Field, PositiveInt

from g4f_lite.config.settings import BaseUrl, ProviderSettings, Strict
from g4f_lite.direct import PARAMETERS, SETTINGS, AsyncReply, made, text_of, wait_for
from g4f_lite.errors import G4FLiteError, KeyRejectedError, MissingKeyError, ModelNotSupportedError, UpstreamError
from g4f_lite.http.transport import Http
from g4f_lite.messages import Message, Params
from g4f_lite.pieces import Notice, Piece, Via
from g4f_lite.protocols.hugging_face.failover import Candidate, first_to_answer
from g4f_lite.protocols.hugging_face.hub import HubClient, NoAccessError, is_hugging_face
from g4f_lite.protocols.hugging_face.inference_providers import (
    USUAL_ROUTE,
    InferenceProvider,
    ProviderMapping,
    chat_providers,
)
from g4f_lite.protocols.hugging_face.media import Medium, with_media
from g4f_lite.protocols.hugging_face.trimming import calculate_lenght, calculate_length, trimmed
from g4f_lite.provider import Provider
from g4f_lite.providers.openai_compatible import OpenAICompatible
from g4f_lite.routing.circuit_breaker import CircuitBreakers
from g4f_lite.routing.model_info import ModelInfo

__all__ = ["HuggingFaceAPI", "ProviderInfo", "calculate_lenght", "calculate_length"]

log = logging.getLogger(__name__)

SHARE = 0.9
"""The part of `timeout.first` for each candidate. When all of it is over, no other candidate can be asked."""
LONGEST_SILENCE_S = 60
"""Before the first text of each candidate: the next one may be faster."""
OF_CALLERS = {"action", "conversation", "ignored", "provider", "return_conversation", "stream", "web_search"}
"""Arguments of direct calls that programs pass to every provider, and that are no member of a request."""
MAX_CHATS = 256
MAX_INPUTS_LENGTH = 10000
"""Characters."""


class HuggingFaceOptions(Strict):
    """The `options` of an entry of this kind."""

    hub_url: BaseUrl = ""
    """The Hub's root; empty: Hugging Face's own."""
    unified: bool = False
    """Let the router choose the inference provider, instead of asking one after the other."""
    max_inputs_length: PositiveInt = Field(
        default=MAX_INPUTS_LENGTH, validation_alias=AliasChoices("max_inputs_length", "max_inputs_lenght")
    )
    """Characters of a conversation; older messages are left out. The alias is the spelling of the description."""
    max_tokens: PositiveInt = 2048
    """For requests that name no limit."""


class ProviderInfo(str):
    """The inference provider that answers, among the texts of a reply. An empty string, so that texts can be joined."""

    def __new__(cls, name: str, label: str, model: str, url: str) -> "ProviderInfo":
        return super().__new__(cls)

    def __init__(self, name: str, label: str, model: str, url: str) -> None:
        """name: of the class. label: for people. model: the inference provider's name for it. url: the service's."""
        self.name, self.label, self.model, self.url = name, label, model, url


class HuggingFaceAPI(Provider):
    """Asks the Hub for the inference providers of a model, and calls them in turn through Hugging Face's router.

    The class's own values are the defaults of entries and calls.
    """

    kind = "HuggingFaceAPI"
    label = "HuggingFace (Text Generation)"
    takes_extra_body = True
    parent: ClassVar[str] = "HuggingFace"
    url: ClassVar[str] = "https://huggingface.co"
    api_base: ClassVar[str] = "https://router.huggingface.co"
    """The router's root, with a path for each inference provider, and `/v1` for all together."""
    hub_url: ClassVar[str] = "https://huggingface.co"
    """The Hub's root, with `/api/models` below it."""
    working: ClassVar[bool] = True
    needs_auth: ClassVar[bool] = True
    default_model = "meta-llama/Llama-3.3-70B-Instruct"
    default_vision_model: ClassVar[str] = "Qwen/Qwen2.5-VL-72B-Instruct"
    vision_models: ClassVar[Sequence[str]] = [default_vision_model, "Qwen/Qwen2.5-VL-7B-Instruct"]
    model_aliases: ClassVar[Mapping[str, str]] = {
        "llama-3.3-70b": "meta-llama/Llama-3.3-70B-Instruct",
        "deepseek-r1": "deepseek-ai/DeepSeek-R1",
        "qwen-2.5-72b": "Qwen/Qwen2.5-72B-Instruct",
        "qwen-2.5-vl-72b": default_vision_model,
    }
    fallback_models: ClassVar[Sequence[str]] = [*model_aliases.values()]
    """The result of `get_models` if the Hub does not answer."""
    provider_mapping: ClassVar[Mapping[str, ProviderMapping]] = {}
    """The inference providers of models, where they are known without asking the Hub."""
    Options = HuggingFaceOptions
    options: HuggingFaceOptions

    def __init__(self, name: str, settings: ProviderSettings, http: Http) -> None:
        super().__init__(name, settings, http)
        root = (settings.base_url or self.api_base).rstrip("/")
        self.base_url = root.removesuffix(f"/{USUAL_ROUTE}")  # other programs' base URL of the router ends so
        self._hub = HubClient(name, (self.options.hub_url or self.hub_url).rstrip("/"), settings, http)
        self._chats: dict[str, OpenAICompatible] = {}
        self._breakers = CircuitBreakers()

    async def stream(
        self, model: str, messages: Sequence[Message], params: Params, state: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[Piece, None]:
        """Yield a notice of messages left out, the failed attempts, the Via that answers, and the reply.

        Source: https://huggingface.co/docs/inference-providers/tasks/chat-completion
        """
        kept = trimmed(messages, self.options.max_inputs_length)
        if len(kept) < len(messages):
            yield Notice(self._notice(len(messages) - len(kept)))
        wanted = replace(params, max_tokens=params.max_tokens or self.options.max_tokens)
        try:
            async with aclosing(await self._reply(self.get_model(model), kept, wanted)) as pieces:
                async for piece in pieces:
                    yield piece
        except KeyRejectedError as error:
            if error.status != 403 or isinstance(error, NoAccessError):
                raise
            raise self._no_access(model, error) from error

    async def list_models(self) -> list[ModelInfo]:
        """Return the models that a live inference provider offers. Raises: UpstreamError, unlike `get_models`."""
        if self.options.unified:
            return await self._chat(USUAL_ROUTE, self.name).list_models()
        return [ModelInfo(id_, vision=id_ in self.vision_models or None) for id_ in await self._hub.models()]

    def usual_models(self) -> Sequence[str]:
        """Return `fallback_models`, as `get_models` does."""
        return self.fallback_models

    def supports(self, field: str, value: Any) -> bool:
        return True

    def obstacle(self) -> G4FLiteError | None:
        if obstacle := super().obstacle():
            return obstacle
        key = self.settings.api_key
        if not key:
            return MissingKeyError(
                f"{self.name} needs a Hugging Face token as its api_key; ${{HF_TOKEN}} in config.json takes it from "
                f"the environment or .env."
            )
        if is_hugging_face(self.base_url) and not key.startswith("hf_"):
            return KeyRejectedError(
                f"{self.name} needs a token that starts with hf_. For another service's key, add an entry of "
                "kind OpenAICompatible with that service's base_url."
            )
        return None

    @classmethod
    def create_async_generator(  # type: ignore[override]  # the descriptions differ in the third parameter
        cls,
        model: str | None,
        messages: Sequence[Mapping[str, Any]],
        api_base: str | None = None,
        api_key: str | None = None,
        max_tokens: int | None = 2048,
        max_inputs_lenght: int | None = MAX_INPUTS_LENGTH,
        media: Sequence[Medium] | None = None,
        *,
        max_inputs_length: int | None = None,
        **kwargs: Any,
    ) -> AsyncReply:
        """Ask as `Provider.create_async_generator` does; a ProviderInfo comes before the first text.

        api_base: the router's root. media: images for the last question, as `media.with_media` takes them.
        max_inputs_length: characters. max_inputs_lenght: the same, in the spelling of the provider's description.
        """
        given = {
            "base_url": api_base,
            "api_key": api_key,
            "max_tokens": max_tokens,
            "max_inputs_length": max_inputs_length or max_inputs_lenght,
            **kwargs,
            "extra": {**_members(cls, kwargs), **kwargs.get("extra", {})},
        }
        name = model or (cls.default_vision_model if media else cls.default_model)
        with_images = with_media(messages, media or ())
        return AsyncReply(cls, cls.get_model(name), with_images, given, convert=partial(_value, cls))

    @classmethod
    def get_models(cls, **kwargs: Any) -> list[str]:
        """Return the ids of the models that a live inference provider offers for chats, or else `fallback_models`.

        kwargs: keys of an entry and of its options. Recent answers of the Hub are used again.
        """

        async def ids() -> list[str]:
            async with made(cls, kwargs) as provider:
                return await provider._known_models()

        return wait_for(ids())

    @classmethod
    async def get_mapping(cls, model: str, api_key: str | None = None) -> ProviderMapping:
        """Return a model's inference providers: `status`, `providerId` and `task` by name; empty if there are none.

        Raises: ModelNotSupportedError if the Hub does not know the model; UpstreamError.
        """
        async with made(cls, {"api_key": api_key}) as provider:
            return await provider._entries(model)

    async def _known_models(self) -> list[str]:
        try:
            models = self._hub.known_models() or await self._hub.models()
        except UpstreamError as error:
            log.info("%s: %s lists no models, so those of the class are used", error.code, self.name)
            return list(self.fallback_models)
        return list(dict.fromkeys([*models, *self.provider_mapping]))

    async def _entries(self, model: str) -> ProviderMapping:
        known = self.provider_mapping.get(model)
        return known if known is not None else await self._hub.mapping(model)

    async def _reply(self, model: str, messages: Sequence[Message], params: Params) -> AsyncGenerator[Piece, None]:
        """Return the reply of the router, or of the model's inference providers, not begun yet."""
        if self.options.unified:
            return self._chat(USUAL_ROUTE, self.name).stream(model, messages, params)
        begun = asyncio.get_running_loop().time()
        candidates = [
            Candidate(provider.provider, provider.model, partial(self._ask, provider, messages, params))
            for provider in chat_providers(await self._entries(model))
        ]
        if not candidates:
            raise ModelNotSupportedError(
                f"No service at {self.name} offers chat with {model[:100]}. Choose another model."
            )
        silence_s = min(SHARE * self.settings.timeout.first, LONGEST_SILENCE_S)
        return first_to_answer(candidates, silence_s, begun, self._breakers)

    def _ask(
        self, candidate: InferenceProvider, messages: Sequence[Message], params: Params
    ) -> AsyncGenerator[Piece, None]:
        adapted = replace(params, extra=candidate.adapted(params.extra))
        chat = self._chat(candidate.path, f"{self.name} ({candidate.provider})")
        return chat.stream(candidate.model, messages, adapted)

    def _chat(self, path: str, name: str) -> OpenAICompatible:
        """Return the client of a path of the router. It is kept, with the fields that it learns to leave out there."""
        if path not in self._chats:
            if len(self._chats) >= MAX_CHATS:
                self._chats.clear()
            settings = self.settings.model_copy(update={"base_url": f"{self.base_url}/{path}", "options": {}})
            self._chats[path] = OpenAICompatible(name, settings, self.http)
        return self._chats[path]

    def _no_access(self, model: str, error: KeyRejectedError) -> NoAccessError:
        return NoAccessError(
            f"The token of {self.name} has no access to {model[:100]}. Allow the token to call Inference "
            "Providers, and request access if the model is gated.",
            detail=error.detail,
            status=error.status,
        )

    def _notice(self, count: int) -> str:
        subject = "The oldest message was" if count == 1 else f"The {count} oldest messages were"
        return (
            f"{subject} left out, because {self.name} accepts at most {self.options.max_inputs_length} "
            f"characters. To send more, raise options.max_inputs_length of {self.name} in config.json."
        )


def _value(kind: type[HuggingFaceAPI], piece: Piece) -> str | None:
    """Return a piece as the caller gets it: a ProviderInfo or a text."""
    if isinstance(piece, Via):
        return ProviderInfo(kind.__name__, f"{kind.parent} ({piece.name})", piece.model, kind.url)
    return text_of(piece)


def _members(kind: type[HuggingFaceAPI], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a direct call that are members of the request, such as `seed`."""
    known = SETTINGS | PARAMETERS | set(kind.option_names()) | OF_CALLERS
    return {name: value for name, value in kwargs.items() if name not in known and value is not None}
