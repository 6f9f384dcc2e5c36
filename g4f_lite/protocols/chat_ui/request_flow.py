"""The requests that lead to a reply of a chat-ui server (May to September 2023). Pure.

A turn is a generator like httpx's `auth_flow`: it yields calls, and receives the body of each response by `send`, or
the error instead by `throw`. Its driver only makes the calls, with aiohttp or requests.
Source: https://github.com/huggingface/chat-ui, src/hooks.server.ts and src/routes
"""

import json
import re
from collections.abc import Collection, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

from g4f_lite.decoding.error_responses import MAX_PAGE_BYTES, error_from_response, error_from_web_page
from g4f_lite.errors import MalformedReplyError, ModelNotSupportedError, UpstreamError

T = TypeVar("T")

MAX_STEP_BYTES = 1 << 20
"""The most that is read of a response other than the reply."""
CLEANUP_S = 3
"""Seconds that the deletion of a conversation may take. Only the end of the program waits for it."""
CONVERSATION_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
"""Usually 24 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class FlowRequest:
    """One request, with at most one of `json` and `form`.

    purpose: a `step` on the way, the `answer` itself, or a `cleanup` to be made when the session ends. new_session:
    without the cookies of the session before. accepted: statuses that count as success besides 2xx.
    """

    method: str
    path: str
    json: Any = None
    form: Mapping[str, str] | None = None
    purpose: Literal["step", "answer", "cleanup"] = "step"
    new_session: bool = False
    accepted: Collection[int] = ()


FlowRequests = Generator[FlowRequest, bytes, T]


@dataclass(frozen=True, slots=True)
class RequestFlow:
    """One question, in a conversation of its own.

    provider: the name in config.json, for error messages. base_url: without a slash at its end. model: the server's own
    name. body: as `request.message` returns it. opens_page: whether to request the server's page first.
    """

    provider: str
    base_url: str
    model: str
    body: Mapping[str, Any] = field(repr=False)
    opens_page: bool = False
    secrets: Collection[str] = field(default=(), repr=False)

    def calls(self) -> FlowRequests[None]:
        """Yield the calls that lead to the reply. If the server lost the conversation, start another one."""
        path = yield from self._opening(new_session=False)
        try:
            yield from self._question(path)
        except UpstreamError as error:
            if error.status != 404:
                raise
            path = yield from self._opening(new_session=True)
            yield from self._last_question(path)

    def cleanup(self, call: FlowRequest) -> FlowRequests[None]:
        """Yield the calls that clean up. call: the one that `calls` yielded for the end of the session."""
        yield from self._admitted(replace(call, purpose="answer"))

    def _opening(self, new_session: bool) -> FlowRequests[str]:
        """Yield the calls that create a conversation; return its path."""
        try:
            if self.opens_page:
                yield from self._page(new_session)
            yield from self._acceptance(new_session and not self.opens_page)
            created = yield from self._admitted(FlowRequest("POST", "/conversation", {"model": self.model}))
        except UpstreamError as error:
            if type(error) is UpstreamError and error.status == 500:  # its only sign of an unknown model
                raise self._unknown_model(error) from error
            raise
        path = self._path(created)
        yield FlowRequest("DELETE", path, purpose="cleanup")
        return path

    def _question(self, path: str) -> FlowRequests[None]:
        yield from self._admitted(FlowRequest("POST", path, self.body, purpose="answer"))

    def _last_question(self, path: str) -> FlowRequests[None]:
        """Yield the question in a new session, the last attempt."""
        try:
            yield from self._question(path)
        except UpstreamError as error:
            if error.status != 404 or isinstance(error, ModelNotSupportedError):
                raise
            sentence = (
                f"{self.provider} loses each conversation as soon as it starts. Try again, or choose another model."
            )
            raise UpstreamError(sentence, detail=error.detail, status=404) from error

    def _page(self, new_session: bool) -> FlowRequests[None]:
        """Yield the call that begins a session; if the server has no page, the next call begins it."""
        try:
            yield FlowRequest("GET", "/", new_session=new_session)
        except UpstreamError as error:
            if error.status is None:
                raise

    def _acceptance(self, new_session: bool = False) -> FlowRequests[None]:
        """Yield the call that accepts the server's disclaimer. Source: src/routes/settings/+page.server.ts"""
        form = {
            "ethicsModalAccepted": "true",
            "shareConversationsWithModelAuthors": "true",
            "ethicsModalAcceptedAt": "",
            "activeModel": self.model,
            "searchEnabled": "true",
        }
        answer = _json((yield FlowRequest("POST", "/settings", form=form, new_session=new_session, accepted={303})))
        if isinstance(answer, dict) and answer.get("type", "success") not in ("success", "redirect"):
            raise self._failure(answer)

    def _admitted(self, call: FlowRequest) -> FlowRequests[bytes]:
        """Yield a call. If the server first wants its disclaimer accepted, accept it and yield the call again."""
        try:
            return (yield call)
        except UpstreamError as error:
            if error.status != 405:
                raise
        yield from self._acceptance()
        try:
            return (yield call)
        except UpstreamError as error:
            if error.status != 405:
                raise
            sentence = f"{self.provider} keeps asking to accept its disclaimer. Choose another model."
            raise UpstreamError(sentence, detail=error.detail, status=405) from error

    def _path(self, created: bytes) -> str:
        """Return the path of the new conversation."""
        answer = _json(created)
        id_ = answer.get("conversationId") if isinstance(answer, dict) else None
        if isinstance(id_, str) and CONVERSATION_ID.fullmatch(id_):
            return f"/conversation/{id_}"
        if created.lstrip().startswith(b"<"):
            raise error_from_web_page(self.provider, created[:MAX_PAGE_BYTES])
        raise MalformedReplyError(f"{self.provider} did not start a conversation. Check its base_url in config.json.")

    def _failure(self, answer: dict[str, Any]) -> UpstreamError:
        """Return the error for a rejected form, which may come with the status 200."""
        status = answer.get("status")
        status = status if isinstance(status, int) and 400 <= status < 600 else 500
        return error_from_response(self.provider, status, {}, json.dumps(answer).encode(), self.secrets)

    def _unknown_model(self, error: UpstreamError) -> ModelNotSupportedError:
        sentence = f"{self.provider} does not know the model {self.model[:100]}. Choose another one."
        return ModelNotSupportedError(sentence, detail=error.detail, status=error.status)


def headers(base_url: str) -> dict[str, str]:
    """Return the headers of each request. Forms need the Referer; a browser's Accept would get pages for errors."""
    return {"Accept": "*/*", "Referer": f"{base_url}/"}


def _json(body: bytes) -> Any:
    """Return the value of a body, or None if it is not JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
