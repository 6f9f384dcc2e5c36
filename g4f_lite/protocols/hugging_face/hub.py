"""The client of the Hugging Face Hub: which models have providers, and which providers a model has.

Source: https://huggingface.co/docs/inference-providers/hub-api
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import aclosing, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientResponse
from yarl import URL

from g4f_lite.config.settings import ProviderSettings
from g4f_lite.decoding.error_bodies import clean_detail
from g4f_lite.decoding.error_responses import error_from_response
from g4f_lite.errors import (
    KeyRejectedError,
    MalformedReplyError,
    ModelNotSupportedError,
    UpstreamError,
    UpstreamTimeoutError,
)
from g4f_lite.http.transport import Http, read, reading, secrets_of
from g4f_lite.protocols.hugging_face.hub_cache import hub_cache
from g4f_lite.protocols.hugging_face.inference_providers import ProviderMapping, chat_models, parse_mapping

LOOKUP_LIMIT_S = 10
LISTING_LIMIT_S = 8
"""Seconds; less than the catalog allows for a list, so that pages already read are not lost."""
MAX_MOVES = 2
"""Redirects that a renamed model may take."""
MAX_PAGES = 20
MAX_PAGE_BYTES = 4 << 20
"""The most that is read of one response."""

MODEL = re.compile(r"(?:\w[\w.-]{0,95}/)?\w[\w.-]{0,95}", re.ASCII)
"""Source: `validate_repo_id` at https://huggingface.co/docs/huggingface_hub/package_reference/utilities"""
EXPANSION = "expand[]=inferenceProviderMapping"
LIST = f"/api/models?inference=warm&{EXPANSION}"

EXPLAINED = (401, 403, 404)
"""Statuses that the header `X-Error-Code` explains. A model that does not exist, or is private, is a 401 as well."""
MOVED = (301, 302, 307, 308)
WRONG_TOKEN = re.compile(r"(?i)\binvalid (?:\w+ )?(?:credentials|username|user|token)\b|\btoken\b.* expired")


class NoAccessError(KeyRejectedError):
    """The token is valid, but has no access to this model."""

    fault = "route"


def is_hugging_face(url: str) -> bool:
    """Return whether an address is Hugging Face's own, which must get no keys but its own."""
    host = urlsplit(url).hostname or ""
    return host == "huggingface.co" or host.endswith(".huggingface.co")


class HubClient:
    """The Hub for one entry of config.json. The entry's headers are for the router, and are not sent to the Hub."""

    def __init__(self, provider: str, url: str, settings: ProviderSettings, http: Http) -> None:
        """provider: the name in config.json, for error messages. url: the Hub's root."""
        is_foreign_key = is_hugging_face(url) and not settings.api_key.startswith("hf_")
        token = "" if is_foreign_key else settings.api_key
        self._provider = provider
        self._url = url
        self._settings = settings.model_copy(update={"api_key": token, "headers": {}})
        self._http = http
        self._cache = hub_cache(url, token)

    async def mapping(self, model: str) -> ProviderMapping:
        """Return the providers of a model, in the token's order of preference; empty if there are none.

        Raises: ModelNotSupportedError if the Hub does not know the model; UpstreamError.
        """
        if not MODEL.fullmatch(model):
            return {}
        path = f"/api/models/{model}?{EXPANSION}"
        if not (entries := self._cache.recall(path)):
            async with _in_time(LOOKUP_LIMIT_S, self._provider):
                entries = await self._look_up(model, self._url + path)
            self._cache.keep(path, entries)
        return {provider: dict(entry) for provider, entry in entries.items()}

    async def models(self) -> list[str]:
        """Return the ids of the models that a live provider offers for chats, in the Hub's order.

        Raises: UpstreamError; MalformedReplyError also if there are none.
        """
        found: dict[str, None] = {}
        try:
            async with _in_time(LISTING_LIMIT_S, self._provider), aclosing(self._pages()) as pages:
                async for page in pages:
                    found.update(dict.fromkeys(chat_models(page)))
        except UpstreamError:  # the pages read so far are still useful
            if not found:
                raise
        if not found:
            raise MalformedReplyError(f"{self._provider} lists no chat models. Check its options.hub_url.")
        self._cache.keep(LIST, tuple(found))
        return list(found)

    def known_models(self) -> list[str]:
        """Return the models that `models` found recently; empty if it was not called, or failed."""
        return list(self._cache.recall(LIST) or ())

    async def _look_up(self, model: str, url: str, moves: int = MAX_MOVES) -> ProviderMapping:
        async with self._get(url, (*EXPLAINED, *MOVED)) as response:
            if response.status in EXPLAINED:
                raise await self._rejection(model, response)
            if response.status not in MOVED:
                found = await self._value(response)
                return parse_mapping(found.get("inferenceProviderMapping")) if isinstance(found, dict) else {}
            new = self._new_location(response)
        if not new or not moves:
            raise self._malformed()
        return await self._look_up(model, new, moves - 1)

    async def _rejection(self, model: str, response: ClientResponse) -> UpstreamError:
        secrets = secrets_of(self._settings)
        body = await read(response, MAX_PAGE_BYTES)
        error = error_from_response(self._provider, response.status, response.headers, body, secrets)
        detail = error.detail or clean_detail(response.headers.get("X-Error-Message", ""), secrets)
        code = response.headers.get("X-Error-Code")
        if code == "GatedRepo":
            sentence = f"{model} is gated. Request access on its Hugging Face page, or choose another model."
            return NoAccessError(sentence, detail=detail, status=response.status)
        if code == "RepoNotFound" or response.status == 404 or _is_unknown(response.status, detail):
            sentence = f"{self._provider} has no model {model}, or its token has no access to it. Choose another one."
            return ModelNotSupportedError(sentence, detail=detail, status=response.status)
        return error

    async def _pages(self) -> AsyncGenerator[list[Any], None]:
        url = self._url + LIST
        for _ in range(MAX_PAGES):
            async with self._get(url) as response:
                page = await self._value(response)
                url = self._next(response)
            if not isinstance(page, list):
                raise self._malformed()
            yield page
            if not url:
                return

    @asynccontextmanager
    async def _get(self, url: str, accepted: Collection[int] = ()) -> AsyncIterator[ClientResponse]:
        token = self._settings.api_key
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self._http.request(
            "GET", url, self._settings, provider=self._provider, headers=headers, accepted=accepted
        ) as response:
            with reading(self._provider):
                yield response

    async def _value(self, response: ClientResponse) -> Any:
        try:
            return json.loads(await read(response, MAX_PAGE_BYTES))
        except (ValueError, RecursionError) as error:
            raise self._malformed() from error

    def _next(self, response: ClientResponse) -> str:
        """Return the URL of the next page; empty if there is none."""
        try:
            return self._own_url(response.links["next"]["url"])
        except (KeyError, ValueError):
            return ""

    def _new_location(self, response: ClientResponse) -> str:
        """Return the URL of a renamed model; empty if there is none."""
        try:
            return self._own_url(response.headers["Location"], response.url)
        except (KeyError, ValueError):
            return ""

    def _own_url(self, address: str | URL, base: URL | None = None) -> str:
        """Return a URL of this Hub; empty for one elsewhere, which must not get the token. Raises: ValueError."""
        url = (base or URL()).join(URL(address))
        return str(url) if url.origin() == URL(self._url).origin() else ""

    def _malformed(self) -> MalformedReplyError:
        return MalformedReplyError(f"{self._provider} got no valid answer from the Hub. Check its options.hub_url.")


def _is_unknown(status: int, detail: str) -> bool:
    """Return whether a rejection without a code is about the model: a 401 does not prove a wrong token."""
    return status == 401 and not WRONG_TOKEN.search(detail)


@asynccontextmanager
async def _in_time(limit_s: float, provider: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError as error:
        sentence = f"{provider} did not list the services for its models within {limit_s:g} seconds. Try again."
        raise UpstreamTimeoutError(sentence) from error
