"""Fetches one JSON value from a service, such as its list of models."""

import json
from collections.abc import Mapping
from typing import Any

from g4f_lite.config.settings import ProviderSettings
from g4f_lite.errors import MalformedReplyError
from g4f_lite.http.transport import Http, read, reading

MAX_BYTES = 4 << 20
"""The longest value. The largest known list of models has half a megabyte."""


async def get_json(
    http: Http, url: str, settings: ProviderSettings, *, provider: str, headers: Mapping[str, str]
) -> Any:
    """Return the value at the address.

    provider: the name in config.json, for the sentence of an error.
    Raises: UpstreamError; MalformedReplyError if it is not JSON or too long.
    """
    async with http.request("GET", url, settings, provider=provider, headers=headers) as response:
        with reading(provider):
            body = await read(response, MAX_BYTES)
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedReplyError(f"{provider} sent invalid JSON. Check its base_url in config.json.") from error
