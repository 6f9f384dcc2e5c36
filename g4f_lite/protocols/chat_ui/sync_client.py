"""A visit to a chat-ui server by code that awaits nothing."""

import logging
from collections.abc import Generator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

import requests

from g4f_lite.config.settings import ProviderSettings, Timeout
from g4f_lite.decoding.reply_decoder import ReplyDecoder
from g4f_lite.errors import UpstreamError
from g4f_lite.http.sync_deadlines import Patience
from g4f_lite.http.sync_transport import BlockingHttp, decode_reply, read
from g4f_lite.pieces import Piece
from g4f_lite.protocols.chat_ui.request_flow import FAREWELL_S, MAX_STEP_BYTES, Call, Calls, Turn, headers

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Session:
    """What the server knows one visitor by, and the call that is owed it in the end."""

    client: BlockingHttp
    farewell: Call | None = None


@dataclass(frozen=True, slots=True)
class BlockingVisit:
    """One turn. Leaving its pieces early closes the connection; the conversation is deleted in any case."""

    turn: Turn
    settings: ProviderSettings

    def pieces(self, reply: ReplyDecoder) -> Generator[Piece, None, None]:
        """Yield the pieces of the reply as they come. Raises: UpstreamError."""
        patience = Patience(self.settings.timeout, self.turn.provider)
        with ExitStack() as stack:
            response = self._goal(self.turn.calls(), self._session(stack), patience, stack)
            yield from decode_reply(response, reply, patience)

    def _goal(self, calls: Calls[None], session: Session, patience: Patience, stack: ExitStack) -> requests.Response:
        """Make the calls; return the answer to the one they are for."""
        call = next(calls)
        while True:
            if call.anew:
                session = self._session(stack)
            try:
                if call.purpose == "goal":
                    return stack.enter_context(self._request(session, call, patience))
                body = self._step(session, call, patience)
            except UpstreamError as error:
                call = calls.throw(error)
            else:
                call = calls.send(body)

    def _step(self, session: Session, call: Call, patience: Patience) -> bytes:
        if call.purpose == "farewell":
            session.farewell = call
            return b""
        with self._request(session, call, patience) as response:
            return read(response, MAX_STEP_BYTES, self.turn.provider, patience)

    def _request(self, session: Session, call: Call, patience: Patience) -> AbstractContextManager[requests.Response]:
        return session.client.request(
            call.method,
            self.turn.base_url + call.path,
            patience,
            json=call.json,
            data=call.form,
            headers=headers(self.turn.base_url),
            accepted=call.accepted,
        )

    def _session(self, stack: ExitStack) -> Session:
        """Return a new session, which is left when the stack is."""
        session = Session(BlockingHttp(self.turn.provider, self.settings))
        stack.callback(self._leave, session)
        return session

    def _leave(self, session: Session) -> None:
        patience = Patience(Timeout(connect=FAREWELL_S, first=FAREWELL_S, total=FAREWELL_S), self.turn.provider)
        try:
            with ExitStack() as stack:
                if session.farewell:
                    self._goal(self.turn.farewell(session.farewell), session, patience, stack)
        except UpstreamError as error:
            log.info("%s: provider %s; a conversation was not deleted", error.code, self.turn.provider)
        finally:
            session.client.close()
