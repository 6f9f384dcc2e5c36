"""Ollama: models on this machine, or in Ollama's cloud, through its own API."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from functools import partial
from typing import Annotated, Any

from aiohttp import ClientResponse
from pydantic import BeforeValidator, PositiveInt

from g4f_lite.config.settings import ProviderSettings, Strict
from g4f_lite.errors import (
    KeyRejectedError,
    MalformedReplyError,
    ModelNotSupportedError,
    RejectedError,
    ToolsNotSupportedError,
    UpstreamError,
)
from g4f_lite.http.get_json import get_json
from g4f_lite.http.reply_stream import decode_reply
from g4f_lite.http.retry_plainer import retry_plainer
from g4f_lite.http.transport import Http, secrets_of
from g4f_lite.http.unsupported_fields import UnsupportedFields, notices, refused_field, without
from g4f_lite.messages import Message, Params
from g4f_lite.pieces import Piece
from g4f_lite.protocols.extra_body import merged
from g4f_lite.protocols.ollama.model_list import Contexts, loaded_models, models_in
from g4f_lite.protocols.ollama.reply import OllamaReply
from g4f_lite.protocols.ollama.request import chat_request, supports
from g4f_lite.provider import Provider
from g4f_lite.routing.model_info import ModelInfo

LOADED_LIMIT_S = 2
"""The longest that a list of models waits for the list of those in memory."""
LONGEST_NAME = 100
"""Characters of a model's name in an error message."""
LEVELS = ("low", "medium", "high", "max")
DURATION = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?(?:ms|h|m|s))+")
"""Source: https://pkg.go.dev/time#ParseDuration"""
CANNOT_CALL = re.compile(r"(?is)does not support\b.*\btools\b")
NEEDS_SUBSCRIPTION = re.compile(r"(?i)subscription")


def _thinking(value: object) -> object:
    if value is None or isinstance(value, bool) or value in LEVELS:
        return value
    raise ValueError(f"must be true, false, {', '.join(LEVELS[:-1])} or {LEVELS[-1]}")


def _span(value: object) -> object:
    if value is None or type(value) in (int, float) or (isinstance(value, str) and DURATION.fullmatch(value)):
        return value
    raise ValueError('must be a number of seconds, or a time such as "5m"')


class OllamaOptions(Strict):
    """The `options` of an entry of this kind."""

    context: PositiveInt | None = None
    """Tokens of the whole conversation with the answer; None: the server's setting. The server silently drops the
    oldest messages that do not fit."""
    keep_alive: Annotated[float | str | None, BeforeValidator(_span)] = None
    """How long a model stays in memory after its answer: seconds, or Go's `5m`; less than 0 is forever."""
    think: Annotated[bool | str | None, BeforeValidator(_thinking)] = None
    """Whether, or how much, models that can think do so before they answer; None: the model's default."""


class NotSignedInError(KeyRejectedError):
    """The model runs in Ollama's cloud and needs an account; the server's own models still work."""

    fault = "route"


class Ollama(Provider):
    """An Ollama server. A key is sent if there is one; a server on this machine needs none."""

    kind = "Ollama"
    label = "Ollama"
    takes_extra_body = True
    default_base_url = "http://127.0.0.1:11434"
    list_every_s = 30
    Options = OllamaOptions
    options: OllamaOptions

    def __init__(self, name: str, settings: ProviderSettings, http: Http) -> None:
        super().__init__(name, settings, http)
        self._unsupported_fields = UnsupportedFields()

    async def stream(
        self, model: str, messages: Sequence[Message], params: Params, state: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[Piece, None]:
        """Yield the reply as `Provider.stream` says.

        Source: https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-chat-completion
        """
        body = self._body(model, messages, params)
        reply = OllamaReply(self.name, secrets_of(self.settings), offers_tools="tools" in body)
        asked = retry_plainer(model, self._unsupported_fields, partial(without, body), self._send, refused_field)
        try:
            async with asked as (response, omitted), aclosing(decode_reply(response, reply)) as pieces:
                for notice in notices(self.name, omitted):
                    yield notice
                async for piece in pieces:
                    yield piece
        except RejectedError as error:
            if explained := self._explained(error, model):
                raise explained from error
            raise

    def supports(self, field: str, value: Any) -> bool:
        return supports(field, value)

    async def list_models(self) -> list[ModelInfo]:
        """Return the pulled models, and which of them are in memory if the server can tell.

        Raises: UpstreamError.
        """
        tags = await self._look_up("tags")
        try:
            return models_in(tags, await self._loaded(), self.options.context)
        except ValueError as error:
            raise MalformedReplyError(f"{self.name} sent no list of models. Check its base_url.") from error

    async def _loaded(self) -> Contexts | None:
        """Return the models in memory, or None if the server cannot tell: it is too old, or too busy."""
        try:
            async with asyncio.timeout(LOADED_LIMIT_S):
                return loaded_models(await self._look_up("ps"))
        except (UpstreamError, TimeoutError, ValueError):
            return None

    async def _look_up(self, path: str) -> Any:
        url = f"{self.base_url}/api/{path}"
        return await get_json(self.http, url, self.settings, provider=self.name, headers=self._headers())

    def _send(self, body: Mapping[str, Any]) -> AbstractAsyncContextManager[ClientResponse]:
        url = f"{self.base_url}/api/chat"
        return self.http.request("POST", url, self.settings, provider=self.name, json=body, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.settings.api_key}"} if self.settings.api_key else {}

    def _body(self, model: str, messages: Sequence[Message], params: Params) -> dict[str, Any]:
        body = chat_request(self.name, model, messages, params, self.options.context)
        options = {"keep_alive": self.options.keep_alive, "think": self.options.think}
        given = {name: value for name, value in options.items() if value is not None}
        return merged(body | given, self.settings.extra_body, params.extra_body)

    def _explained(self, error: RejectedError, model: str) -> RejectedError | None:
        """Return an error that says what to do on an Ollama server, or None if the original is clear enough."""
        name = model[:LONGEST_NAME]
        match error:
            case ModelNotSupportedError():
                sentence = f"{self.name} has no model {name}. Get it with `ollama pull {name}`, or choose another one."
                return ModelNotSupportedError(sentence, detail=error.detail, status=error.status)
            case KeyRejectedError() if NEEDS_SUBSCRIPTION.search(error.detail):
                sentence = f"Your account at {self.name} cannot use {name}. Upgrade it, or choose another model."
                return ModelNotSupportedError(sentence, detail=error.detail, status=error.status)
            case KeyRejectedError(status=401) if not self.settings.api_key:
                sentence = f"{self.name} needs an account: run `ollama signin` on its machine, or set its api_key."
                return NotSignedInError(sentence, detail=error.detail, status=error.status)
            case RejectedError() if CANNOT_CALL.search(error.detail):
                sentence = f"{name} of {self.name} does not support tools. Choose another model."
                return ToolsNotSupportedError(sentence, detail=error.detail, status=error.status)
        return None
