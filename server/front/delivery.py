"""Sends the app's response to the client."""

from collections.abc import AsyncIterator

from aiohttp import HttpVersion11
from multidict import CIMultiDict

from server.close_source import closing
from server.front import web
from server.front.front_errors import SERVER
from server.front.gateway import AppResponse
from server.problems import Problem, log_problem
from server.web.streaming import error_response, provider_errors_as_problems

SLICE_BYTES = 64 * 1024
"""About how much of one block may wait in memory for a slow reader."""


async def deliver(request: web.BaseRequest, answer: AppResponse) -> web.StreamResponse:
    """Write a source as it yields, and return the response for aiohttp to finish.

    Raises: what the source raises after the headers were sent; the connection must then end without a final chunk.
    """
    if isinstance(answer.body, bytes):
        return _response(answer.status, answer.reason, answer.headers, answer.body)
    async with closing(answer.body) as source:
        first = None
        if answer.waits:
            try:
                with provider_errors_as_problems():
                    first = await anext(source, None)
            except Problem as problem:
                log_problem(problem, f"{request.method} {request.path}")
                return _failure(problem, answer)
        return await _stream(request, answer, first, source)


async def _stream(
    request: web.BaseRequest, answer: AppResponse, first: bytes | None, source: AsyncIterator[bytes]
) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=_headers(answer.headers))
    if request.version < HttpVersion11:
        response.force_close()  # without chunks only the end of the connection marks the end of the body
    await response.prepare(request)
    await _write(response, first or b"")
    async for block in source:
        await _write(response, block)
    await response.write_eof()
    return response


async def _write(response: web.StreamResponse, block: bytes) -> None:
    """Write a block and wait while the client is behind."""
    if len(block) <= SLICE_BYTES:
        await response.write(block)
        return
    view = memoryview(block)
    for start in range(0, len(view), SLICE_BYTES):
        await response.write(view[start : start + SLICE_BYTES])


def _failure(problem: Problem, answer: AppResponse) -> web.Response:
    made = error_response(problem, answer.headers)
    return _response(made.status_code, None, made.headers.to_wsgi_list(), made.get_data())


def _response(status: int, reason: str | None, headers: list[tuple[str, str]], body: bytes) -> web.Response:
    return web.Response(status=status, reason=reason, headers=_headers(headers), body=body)


def _headers(headers: list[tuple[str, str]]) -> CIMultiDict[str]:
    made = CIMultiDict(headers)
    made["Server"] = SERVER
    return made
