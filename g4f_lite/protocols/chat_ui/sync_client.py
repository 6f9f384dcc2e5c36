"""The synchronous client of chat-ui servers."""

import logging
from collections.abc import Generator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

import requests

from g4f_lite.config.settings import ProviderSettings, Timeout
from g4f_lite.decoding.reply_decoder import ReplyDecoder
from g4f_lite.errors import UpstreamError
from g4f_lite.http.sync_transport import SyncHttp, decode_reply, read
from g4f_lite.http.timeouts import SyncTimeouts
from g4f_lite.pieces import Piece
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

    client: SyncHttp
    cleanup: FlowRequest | None = None


@dataclass(frozen=True, slots=True)
class SyncChatUiClient:
    """One turn. Leaving its pieces early closes the connection; the conversation is deleted in any case."""

    turn: RequestFlow
    settings: ProviderSettings

    def pieces(self, reply: ReplyDecoder) -> Generator[Piece, None, None]:
        """Yield the pieces of the reply as they come. Raises: UpstreamError."""
        timeouts = SyncTimeouts(self.settings.timeout, self.turn.provider)
        with ExitStack() as stack:
            response = self._drive(self.turn.calls(), self._session(stack), timeouts, stack)
            yield from decode_reply(response, reply, timeouts)

    def _drive(
        self, calls: FlowRequests[None], session: _Session, timeouts: SyncTimeouts, stack: ExitStack
    ) -> requests.Response:
        """Make the calls; return the response to the last one."""
        call = next(calls)
        while True:
            if call.new_session:
                session = self._session(stack)
            try:
                if call.purpose == "answer":
                    return stack.enter_context(self._request(session, call, timeouts))
                body = self._step(session, call, timeouts)
            except UpstreamError as error:
                call = calls.throw(error)
            else:
                call = calls.send(body)

    def _step(self, session: _Session, call: FlowRequest, timeouts: SyncTimeouts) -> bytes:
        if call.purpose == "cleanup":
            session.cleanup = call
            return b""
        with self._request(session, call, timeouts) as response:
            return read(response, MAX_STEP_BYTES, self.turn.provider, timeouts)

    def _request(
        self, session: _Session, call: FlowRequest, timeouts: SyncTimeouts
    ) -> AbstractContextManager[requests.Response]:
        return session.client.request(
            call.method,
            self.turn.base_url + call.path,
            timeouts,
            json=call.json,
            data=call.form,
            headers=headers(self.turn.base_url),
            accepted=call.accepted,
        )

    def _session(self, stack: ExitStack) -> _Session:
        """Return a new session, which ends with the stack."""
        session = _Session(SyncHttp(self.turn.provider, self.settings))
        stack.callback(self._clean_up, session)
        return session

    def _clean_up(self, session: _Session) -> None:
        timeouts = SyncTimeouts(Timeout(connect=CLEANUP_S, first=CLEANUP_S, total=CLEANUP_S), self.turn.provider)
        try:
            with ExitStack() as stack:
                if session.cleanup:
                    self._drive(self.turn.cleanup(session.cleanup), session, timeouts, stack)
        except UpstreamError as error:
            log.info("%s: provider %s did not delete a conversation", error.code, self.turn.provider)
        finally:
            session.client.close()
