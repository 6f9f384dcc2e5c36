"""OpenAICompatible: any service with OpenAI's chat completions, in the cloud or on this machine."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from functools import partial
from typing import Any

from aiohttp import ClientResponse

from g4f_lite.config.settings import ProviderSettings
from g4f_lite.errors import G4FLiteError, MalformedReplyError, UnreachableError, UpstreamError
from g4f_lite.http.get_json import get_json
from g4f_lite.http.reply_stream import decode_reply
from g4f_lite.http.retry_plainer import retry_plainer
from g4f_lite.http.transport import Http, secrets_of
from g4f_lite.http.unsupported_fields import UnsupportedFields, notices
from g4f_lite.messages import Message, Params
from g4f_lite.pieces import Piece, Via
from g4f_lite.protocols.openai.model_list import models_in
from g4f_lite.protocols.openai.reply import OpenAIReply
from g4f_lite.protocols.openai.request import chat_request, refused_field
from g4f_lite.provider import Provider
from g4f_lite.routing.model_info import ModelInfo

WITHOUT_LIST = (404, 405, 501)
"""The statuses of a service that has no list of models; it may chat all the same."""
NO_LIST = (
    "{0} has no list of models (status {1}). If it answers questions, name its models under `models` of its entry in "
    "config.json; otherwise check its base_url."
)
LONGEST_NAME = 64
"""Characters of an inference provider's name."""


class OpenAICompatible(Provider):
    """A service with OpenAI's chat completions. A key is sent if there is one; local services need none."""

    kind = "OpenAICompatible"
    label = "OpenAI-compatible"
    takes_extra_body = True

    def __init__(self, name: str, settings: ProviderSettings, http: Http) -> None:
        super().__init__(name, settings, http)
        self.label = name  # the name in config.json tells people more than the kind
        self._unsupported_fields = UnsupportedFields()

    async def stream(
        self, model: str, messages: Sequence[Message], params: Params, state: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[Piece, None]:
        """Yield the reply as `Provider.stream` says.

        Source: https://platform.openai.com/docs/api-reference/chat/create
        """
        body = partial(chat_request, model, messages, params, extra_body=self.settings.extra_body)
        asked = retry_plainer(model, self._unsupported_fields, body, self._send, refused_field)
        reply = OpenAIReply(self.name, secrets_of(self.settings), offers_tools="tools" in params.extra)
        async with asked as (response, omitted), aclosing(decode_reply(response, reply)) as pieces:
            for notice in notices(self.name, omitted):
                yield notice
            via = _via(response.headers, model)
            async for piece in pieces:
                if via:
                    yield via
                    via = None
                yield piece

    async def list_models(self) -> list[ModelInfo]:
        """Return the models listed at `models`. Raises: UpstreamError."""
        url = f"{self.base_url}/models"
        try:
            listing = await get_json(self.http, url, self.settings, provider=self.name, headers=self._headers())
        except UpstreamError as error:
            if type(error) is not UpstreamError or error.status not in WITHOUT_LIST:
                raise
            raise UpstreamError(
                NO_LIST.format(self.name, error.status), detail=error.detail, status=error.status
            ) from error
        try:
            return models_in(listing)
        except ValueError as error:
            raise MalformedReplyError(f"{self.name} sent no list of models. Check its base_url.") from error

    def obstacle(self) -> G4FLiteError | None:
        """Return why this provider cannot answer: see `Provider.obstacle`, or it has no address."""
        if self.base_url or self.settings.missing_variables:
            return super().obstacle()
        return UnreachableError(f"{self.name} has no address: set its base_url in config.json, ending in /v1.")

    def supports(self, field: str, value: Any) -> bool:
        return True

    def _send(self, body: Mapping[str, Any]) -> AbstractAsyncContextManager[ClientResponse]:
        url = f"{self.base_url}/chat/completions"
        headers = {"Accept": "text/event-stream", **self._headers()}
        return self.http.request("POST", url, self.settings, provider=self.name, json=body, headers=headers)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.settings.api_key}"} if self.settings.api_key else {}


def _via(headers: Mapping[str, str], model: str) -> Via | None:
    """Return the inference provider that Hugging Face's router names in a header; None if it names none."""
    name = headers.get("x-inference-provider", "")
    return Via(name, model) if 0 < len(name) <= LONGEST_NAME and name.isascii() and name.isprintable() else None
