"""Visits to a chat-ui server on an event loop: each with cookies of its own, and each cleans up behind itself."""

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
    """What the server knows one visitor by, and the call that is owed it in the end."""

    client: Http
    cleanup: FlowRequest | None = None


class ChatUiClient:
    """The visits of one provider. Conversations are deleted behind its back, so that nobody waits for that."""

    def __init__(self, provider: str, settings: ProviderSettings, http: Http) -> None:
        """provider: the name in config.json, for the sentence of an error."""
        self._provider = provider
        self._settings = settings
        self._http = http
        self._leaving: set[asyncio.Task[None]] = set()

    async def answer(self, turn: RequestFlow, stack: AsyncExitStack) -> ClientResponse:
        """Return the answer to the question of a turn, its body not yet read; leaving the stack ends the visit.

        Raises: UpstreamError.
        """
        return await self._goal(turn, turn.calls(), self._session(turn, stack), stack)

    async def close(self) -> None:
        """Wait until all conversations are deleted; that is never long."""
        if self._leaving:
            await asyncio.wait(self._leaving)

    async def _goal(
        self, turn: RequestFlow, calls: FlowRequests[None], session: _Session, stack: AsyncExitStack
    ) -> ClientResponse:
        """Make the calls; return the answer to the one they are for."""
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
        """Return a new session, which is left when the stack is."""
        session = _Session(self._http.with_cookies(turn.base_url))
        stack.callback(self._leave, turn, session)
        return session

    def _leave(self, turn: RequestFlow, session: _Session) -> None:
        task = asyncio.get_running_loop().create_task(self._left(turn, session))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _left(self, turn: RequestFlow, session: _Session) -> None:
        try:
            async with asyncio.timeout(CLEANUP_S), AsyncExitStack() as stack:
                if session.cleanup:
                    await self._goal(turn, turn.cleanup(session.cleanup), session, stack)
        except (UpstreamError, TimeoutError) as error:
            code = error.code if isinstance(error, UpstreamError) else UpstreamTimeoutError.code
            log.info("%s: provider %s; a conversation was not deleted", code, self._provider)
        finally:
            await session.client.close()
