"""Anthropic: Claude by Anthropic's Messages API, and other services that speak it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from functools import partial
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
from g4f_lite.http.unsupported_fields import UnsupportedFields
from g4f_lite.messages import Message, Params
from g4f_lite.pieces import Piece
from g4f_lite.protocols.anthropic.model_list import models_in, next_page
from g4f_lite.protocols.anthropic.reply import AnthropicReply
from g4f_lite.protocols.anthropic.request import TokenLimits, message_request, refused_field
from g4f_lite.protocols.anthropic.tools import supports
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
    """What an entry of this kind may set under `options`."""

    max_tokens: PositiveInt = 4096
    """Of an answer whose request names no limit; the API wants one."""
    thinking_budget: Annotated[NonNegativeInt, AfterValidator(_budget)] = 0
    """Tokens that a model may think for before it answers; 0: it does not."""


class Anthropic(Provider):
    """Anthropic's own service, or one that speaks its protocol."""

    kind = "Anthropic"
    label = "Anthropic"
    default_base_url = "https://api.anthropic.com"
    Options = AnthropicOptions
    options: AnthropicOptions

    def __init__(self, name: str, settings: ProviderSettings, http: Http) -> None:
        super().__init__(name, settings, http)
        self._concessions = UnsupportedFields()
        self._limits = TokenLimits(self.options.max_tokens, self.options.thinking_budget)

    async def stream(
        self, model: str, messages: Sequence[Message], params: Params, state: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[Piece, None]:
        """Yield the reply as `Provider.stream` says.

        Source: https://platform.claude.com/docs/en/api/messages
        """
        body = partial(message_request, self.name, model, messages, params, self._limits)
        reply = AnthropicReply(self.name, secrets_of(self.settings), offers_tools="tools" in params.extra)
        asked = retry_plainer(model, self._concessions, body, self._send, refused_field)
        async with asked as response, aclosing(decode_reply(response, reply)) as pieces:
            async for piece in pieces:
                yield piece

    def supports(self, field: str, value: Any) -> bool:
        return supports(field, value)

    async def list_models(self) -> list[ModelInfo]:
        """Return the models of all pages. Raises: UpstreamError."""
        found: dict[str, ModelInfo] = {}
        behind = ""
        for _ in range(MAX_PAGES):
            page = await self._page(behind)
            try:
                found |= {offer.id: offer for offer in models_in(page)}
            except ValueError as error:
                raise MalformedReplyError(f"{self.name} sent no list of models. Check its base_url.") from error
            behind = next_page(page)
            if not behind:
                break
        return list(found.values())

    def obstacle(self) -> G4FLiteError | None:
        """Return why this provider cannot be asked: as for all, or because it has no key."""
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

    async def _page(self, behind: str) -> Any:
        query = {"limit": PAGE_SIZE, **({"after_id": behind} if behind else {})}
        url = f"{self.base_url}/v1/models?{urlencode(query)}"
        return await get_json(self.http, url, self.settings, provider=self.name, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        key = {"x-api-key": self.settings.api_key} if self.settings.api_key else {}
        return {"anthropic-version": VERSION, **key}
