"""Anthropic: Claude through Anthropic's Messages API, and other services with that API."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Annotated, Any
from urllib.parse import urlencode

from aiohttp import ClientResponse
from pydantic import AfterValidator, NonNegativeInt, PositiveInt

from g4f_lite.config.settings import ProviderSettings, Strict
from g4f_lite.errors import G4FLiteError, MalformedReplyError, MissingKeyError
from g4f_lite.http.get_json import get_json
from g4f_lite.http.reply_stream import decode_reply
from g4f_lite.http.retry_plainer import retry_plainer
from g4f_lite.http.transport import Http, secrets_of
from g4f_lite.http.unsupported_fields import UnsupportedFields, notices, without
from g4f_lite.messages import Message, Params
from g4f_lite.pieces import Piece
from g4f_lite.protocols.anthropic.model_list import models_in, next_page
from g4f_lite.protocols.anthropic.reply import AnthropicReply
from g4f_lite.protocols.anthropic.request import TokenLimits, message_request, refused_field
from g4f_lite.protocols.anthropic.tools import supports
from g4f_lite.protocols.extra_body import merged
from g4f_lite.provider import Provider
from g4f_lite.routing.model_info import ModelInfo

VERSION = "2023-06-01"
KEY_HEADERS = {"x-api-key", "authorization"}
LEAST_THINKING = 1024
"""Tokens; the API refuses a smaller budget."""
PAGE_SIZE = 1000
"""Models on a page of the list; the API's own limit."""
MAX_PAGES = 10


def _budget(tokens: int) -> int:
    if 0 < tokens < LEAST_THINKING:
        raise ValueError(f"must be 0 (off) or at least {LEAST_THINKING}")
    return tokens


class AnthropicOptions(Strict):
    """The `options` of an entry of this kind."""

    max_tokens: PositiveInt = 4096
    """For requests that name no limit, because the API requires one."""
    thinking_budget: Annotated[NonNegativeInt, AfterValidator(_budget)] = 0
    """Tokens that a model may spend on thinking before it answers; 0 turns thinking off."""


class Anthropic(Provider):
    """Anthropic's own service, or one with its protocol."""

    kind = "Anthropic"
    label = "Anthropic"
    takes_extra_body = True
    default_base_url = "https://api.anthropic.com"
    Options = AnthropicOptions
    options: AnthropicOptions

    def __init__(self, name: str, settings: ProviderSettings, http: Http) -> None:
        super().__init__(name, settings, http)
        self._unsupported_fields = UnsupportedFields()
        self._limits = TokenLimits(self.options.max_tokens, self.options.thinking_budget)

    async def stream(
        self, model: str, messages: Sequence[Message], params: Params, state: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[Piece, None]:
        """Yield the reply as `Provider.stream` says.

        Source: https://platform.claude.com/docs/en/api/messages
        """

        def body(left_out: frozenset[str]) -> dict[str, Any]:
            asked = message_request(self.name, model, messages, params, self._limits, left_out)
            return without(merged(asked, self.settings.extra_body, params.extra_body), left_out - {"max_tokens"})

        reply = AnthropicReply(self.name, secrets_of(self.settings), offers_tools="tools" in params.extra)
        asked = retry_plainer(model, self._unsupported_fields, body, self._send, refused_field)
        async with asked as (response, omitted), aclosing(decode_reply(response, reply)) as pieces:
            for notice in notices(self.name, omitted):
                yield notice
            async for piece in pieces:
                yield piece

    def supports(self, field: str, value: Any) -> bool:
        return supports(field, value)

    async def list_models(self) -> list[ModelInfo]:
        """Return the models of all pages. Raises: UpstreamError."""
        found: dict[str, ModelInfo] = {}
        after = ""
        for _ in range(MAX_PAGES):
            page = await self._page(after)
            try:
                found |= {info.id: info for info in models_in(page)}
            except ValueError as error:
                raise MalformedReplyError(f"{self.name} sent no list of models. Check its base_url.") from error
            after = next_page(page)
            if not after:
                break
        return list(found.values())

    def obstacle(self) -> G4FLiteError | None:
        """Return why this provider cannot answer: see `Provider.obstacle`, or it has no key."""
        if obstacle := super().obstacle():
            return obstacle
        if self.settings.api_key or KEY_HEADERS & set(map(str.lower, self.settings.headers)):
            return None
        return MissingKeyError(
            f'{self.name} needs a key: set its api_key to "${{ANTHROPIC_API_KEY}}" in config.json, and that in .env.'
        )

    def _send(self, body: Mapping[str, Any]) -> AbstractAsyncContextManager[ClientResponse]:
        url = f"{self.base_url}/v1/messages"
        headers = {"Accept": "text/event-stream", **self._headers()}
        return self.http.request("POST", url, self.settings, provider=self.name, json=body, headers=headers)

    async def _page(self, after: str) -> Any:
        query = {"limit": PAGE_SIZE, **({"after_id": after} if after else {})}
        url = f"{self.base_url}/v1/models?{urlencode(query)}"
        return await get_json(self.http, url, self.settings, provider=self.name, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        key = {"x-api-key": self.settings.api_key} if self.settings.api_key else {}
        return {"anthropic-version": VERSION, **key}
