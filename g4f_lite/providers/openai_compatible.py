"""OpenAICompatible: any service that speaks OpenAI's chat completions, in the cloud or on this machine."""

import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any, TypeGuard

from aiohttp import ClientResponse

from g4f_lite.completion import Completion
from g4f_lite.errors import G4FLiteError, MalformedReplyError, RejectedError, UnreachableError
from g4f_lite.messages import Message, Params
from g4f_lite.offers import Offer
from g4f_lite.pieces import Piece
from g4f_lite.provider import Provider
from g4f_lite.transport import read, reading, received, secrets_of

MAX_LIST_BYTES = 4 << 20
"""The longest list of models; the largest known one has half a megabyte."""
LONGEST_ID = 200
"""Characters; twice as many as Hugging Face gives the name of a model."""

UNKNOWN_FIELD = re.compile(r"(?i)stream_options|include_usage|unknown|unrecognized|unexpected|not permitted|extra ")


class OpenAICompatible(Provider):
    """A service that speaks OpenAI's chat completions. A key is sent if there is one; local services need none."""

    kind = "OpenAICompatible"
    label = "OpenAI-compatible"

    async def stream(
        self, model: str, messages: Sequence[Message], params: Params, state: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[Piece, None]:
        """Yield the reply as `Provider.stream` says.

        Source: https://platform.openai.com/docs/api-reference/chat/create
        """
        async with AsyncExitStack() as stack:
            response = await self._ask(stack, _body(model, messages, params))
            pieces = received(response, Completion(self.name, secrets_of(self.settings)))
            async for piece in await stack.enter_async_context(aclosing(pieces)):
                yield piece

    async def list_models(self) -> list[Offer]:
        """Return the ids at `models`. Raises: UpstreamError."""
        url = f"{self.base_url}/models"
        async with self.http.request(
            "GET", url, self.settings, provider=self.name, headers=self._headers()
        ) as response:
            with reading(self.name):
                listing = await read(response, MAX_LIST_BYTES)
        try:
            return [Offer(model) for model in _ids(json.loads(listing))]
        except (ValueError, RecursionError) as error:
            raise MalformedReplyError(f"{self.name} sent no list of models. Check its base_url.") from error

    def obstacle(self) -> G4FLiteError | None:
        """Return why this provider cannot be asked: as for all, or because nobody said where it is."""
        if self.base_url or self.settings.missing_variables:
            return super().obstacle()
        return UnreachableError(f"{self.name} has no address: set its base_url in config.json, with /v1 at the end.")

    async def _ask(self, stack: AsyncExitStack, body: dict[str, Any]) -> ClientResponse:
        """Return the answer to the body, or to a plainer one if the service knows not all of its fields."""
        url = f"{self.base_url}/chat/completions"
        while True:
            headers = {"Accept": "text/event-stream", **self._headers()}
            request = self.http.request("POST", url, self.settings, provider=self.name, json=body, headers=headers)
            try:
                return await stack.enter_async_context(request)
            except RejectedError as error:
                plainer = _plainer(body, error)
                if plainer is None:
                    raise
                body = plainer

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.settings.api_key}"} if self.settings.api_key else {}


def _body(model: str, messages: Sequence[Message], params: Params) -> dict[str, Any]:
    return {
        "model": model,
        "messages": [{"role": message.role, "content": _content(message)} for message in messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        **params.given(),
    }


def _content(message: Message) -> str | list[dict[str, Any]]:
    """Return the text, or a list of parts where there are images; many services know texts alone."""
    if not message.images:
        return message.content
    text = [{"type": "text", "text": message.content}] if message.content else []
    return [*text, *({"type": "image_url", "image_url": {"url": image.url}} for image in message.images)]


def _plainer(body: Mapping[str, Any], error: RejectedError) -> dict[str, Any] | None:
    """Return the body without what the service complains about, or None if that is something else.

    OpenAI's newer models know `max_tokens` only by its newer name; others refuse every field they do not know.
    """
    if type(error) is not RejectedError:
        return None
    if "max_tokens" in body and "max_completion_tokens" in error.detail:
        return {"max_completion_tokens" if name == "max_tokens" else name: value for name, value in body.items()}
    if "stream_options" in body and (not error.detail or UNKNOWN_FIELD.search(error.detail)):
        return {name: value for name, value in body.items() if name != "stream_options"}
    return None


def _ids(listing: Any) -> list[str]:
    """Return the ids of a list in any of its forms, each once, if a page can show them.

    Raises: ValueError if there is no list.
    """
    entries = listing.get("data", listing.get("models")) if isinstance(listing, dict) else listing
    if not isinstance(entries, list):
        raise ValueError("no list of models")
    ids = [entry.get("id") or entry.get("name") if isinstance(entry, dict) else entry for entry in entries]
    return list(dict.fromkeys(filter(_is_id, ids)))


def _is_id(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isprintable()
