"""The asynchronous client of chat-ui servers: each session has its own cookies and deletes its conversation."""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass

from aiohttp import ClientResponse

from g4f_lite.config.settings import ProviderSettings
from g4f_lite.errors import UpstreamError, UpstreamTimeoutError
from g4f_lite.http.transport import Http, read, reading
from g4f_lite.protocols.chat_ui.request_flow import (
    CLEANUP_S,
    MAX_STEP_BYTES,
    FlowRequest,
    FlowRequests,
    RequestFlow,
    headers,
)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Session:
    """A client with its own cookies, and the request that cleans up after it."""

    client: Http
    cleanup: FlowRequest | None = None


class ChatUiClient:
    """The sessions of one provider. Conversations are deleted in the background, so that no answer waits for it."""

    def __init__(self, provider: str, settings: ProviderSettings, http: Http) -> None:
        """provider: the name in config.json, for error messages."""
        self._provider = provider
        self._settings = settings
        self._http = http
        self._cleanups: set[asyncio.Task[None]] = set()

    async def answer(self, turn: RequestFlow, stack: AsyncExitStack) -> ClientResponse:
        """Return the response with the answer, its body not yet read. Leaving the stack ends the session.

        Raises: UpstreamError.
        """
        return await self._drive(turn, turn.calls(), self._session(turn, stack), stack)

    async def close(self) -> None:
        """Wait until all conversations are deleted, for at most CLEANUP_S seconds."""
        if self._cleanups:
            await asyncio.wait(self._cleanups)

    async def _drive(
        self, turn: RequestFlow, calls: FlowRequests[None], session: _Session, stack: AsyncExitStack
    ) -> ClientResponse:
        """Make the calls; return the response to the last one."""
        call = next(calls)
        while True:
            if call.new_session:
                session = self._session(turn, stack)
            try:
                if call.purpose == "answer":
                    return await stack.enter_async_context(self._request(turn, session, call))
                body = await self._step(turn, session, call)
            except UpstreamError as error:
                call = calls.throw(error)
            else:
                call = calls.send(body)

    async def _step(self, turn: RequestFlow, session: _Session, call: FlowRequest) -> bytes:
        if call.purpose == "cleanup":
            session.cleanup = call
            return b""
        async with self._request(turn, session, call) as response:
            with reading(self._provider):
                return await read(response, MAX_STEP_BYTES)

    def _request(
        self, turn: RequestFlow, session: _Session, call: FlowRequest
    ) -> AbstractAsyncContextManager[ClientResponse]:
        return session.client.request(
            call.method,
            turn.base_url + call.path,
            self._settings,
            provider=self._provider,
            json=call.json,
            data=call.form,
            headers=headers(turn.base_url),
            accepted=call.accepted,
        )

    def _session(self, turn: RequestFlow, stack: AsyncExitStack) -> _Session:
        """Return a new session, which ends with the stack."""
        session = _Session(self._http.with_cookies(turn.base_url))
        stack.callback(self._start_cleanup, turn, session)
        return session

    def _start_cleanup(self, turn: RequestFlow, session: _Session) -> None:
        task = asyncio.get_running_loop().create_task(self._clean_up(turn, session))
        self._cleanups.add(task)
        task.add_done_callback(self._cleanups.discard)

    async def _clean_up(self, turn: RequestFlow, session: _Session) -> None:
        try:
            async with asyncio.timeout(CLEANUP_S), AsyncExitStack() as stack:
                if session.cleanup:
                    await self._drive(turn, turn.cleanup(session.cleanup), session, stack)
        except (UpstreamError, TimeoutError) as error:
            code = error.code if isinstance(error, UpstreamError) else UpstreamTimeoutError.code
            log.info("%s: provider %s did not delete a conversation", code, self._provider)
        finally:
            await session.client.close()
