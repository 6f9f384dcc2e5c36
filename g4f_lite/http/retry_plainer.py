"""Sends a request again without the fields that a service does not support."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple

from aiohttp import ClientResponse

from g4f_lite.errors import RejectedError
from g4f_lite.http.unsupported_fields import UnsupportedFields, wanted_fields

Body = Mapping[str, Any]

MAX_RETRIES = 8
"""More fields than any model was seen to refuse; each costs a request."""


class Answered(NamedTuple):
    """The response, and the fields that its request lacks of what was wanted."""

    response: ClientResponse
    omitted: frozenset[str]


@asynccontextmanager
async def retry_plainer(
    model: str,
    kept: UnsupportedFields,
    body: Callable[[frozenset[str]], Body],
    send: Callable[[Body], AbstractAsyncContextManager[ClientResponse]],
    refused: Callable[[Body, RejectedError], str],
) -> AsyncIterator[Answered]:
    """Yield the response to a body, or to a plainer one, and remember the omitted fields for the model's next request.

    body: makes a body without the given fields. send: opens the response to a body.
    refused: names the field to omit; empty if the service refuses something else.
    Raises: as `send`.
    """
    async with AsyncExitStack() as stack:
        left_out = kept.of(model)
        while True:
            asked = body(left_out)
            try:
                response = await stack.enter_async_context(send(asked))
                break
            except RejectedError as error:
                field = refused(asked, error)
                if not field or field in left_out or len(left_out) >= MAX_RETRIES + len(kept.of(model)):
                    raise
                left_out |= {field}
        kept.keep(model, left_out)
        yield Answered(response, left_out & wanted_fields(body(frozenset())) if left_out else left_out)
