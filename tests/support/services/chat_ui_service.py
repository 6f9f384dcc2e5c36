"""A fake chat-ui server of the summer of 2023 with the real rules, and its text-generation server.

`ChatUi` is an `otherwise` of `Upstream`. What it checks, and with which statuses it refuses, is what the real one
does; a client that gets an answer from it follows the protocol.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from g4f_lite.providers.h2o import H2o
from tests.support.services.kinds import KEY, PAGE, Kind
from tests.support.services.upstream import EVENT_STREAM, Answer, Request, Step, json_answer, not_found

MODELS = tuple(H2o.models.values())
ID = "64b0c0ffee0123456789abcd"
COOKIE = "hf-chat"
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded", "text/plain")
OPEN_TO_ALL = ("/settings", "/login", "/admin")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
PATH = re.compile(r"/conversation/([^/]*)")
SUCCESS = {"type": "redirect", "status": 303, "location": "/"}
END = "<|endoftext|>"


def record(value: Any) -> bytes:
    """Return an event as axum writes it: no space behind the colon, compact, raw UTF-8."""
    return b"data:" + _compact(value) + b"\n\n"


def token(text: str, *, special: bool = False, whole: str | None = None, details: Any = None) -> bytes:
    """Return the record of one token. whole: `generated_text`, which the last one has."""
    one = {"id": 23, "text": text, "logprob": -0.21, "special": special}
    return record({"token": one, "generated_text": whole, "details": details})


def last(whole: str, end: str = END) -> bytes:
    """Return the last record of a reply that the model ended itself."""
    return token(end, special=True, whole=whole)


def generated(texts: Iterable[str]) -> list[bytes]:
    """Return a whole reply, one record a text."""
    texts = list(texts)
    return [*map(token, texts), last("".join(texts).lstrip())]


def later(texts: Iterable[str]) -> list[bytes]:
    """Return a whole reply as servers send it since 2023-09-20."""
    texts = list(texts)
    updates = [
        {"type": "status", "status": "started"},
        {"type": "webSearch", "messageType": "update", "message": "Searching"},
        *({"type": "stream", "token": text} for text in texts),
        {"type": "finalAnswer", "text": "".join(texts)},
    ]
    return [_compact(update) + b"\n" for update in updates]


def failure(error: str, error_type: str) -> bytes:
    """Return the record that the text-generation server ends with where it fails, or finds fault with the request."""
    return record({"error": error, "error_type": error_type})


@dataclass
class Conversation:
    session: str
    model: str
    messages: list[dict[str, str]] = field(default_factory=list)


class ChatUi:
    """The server.

    conversations: those that were not deleted. deleted: the ids of the others, in order.
    accepted: the sessions that accepted the disclaimer. settings: what the forms said. sessions: those of the requests.
    """

    def __init__(self, *, has_disclaimer: bool = True, cookie: str = "; Path=/; HttpOnly") -> None:
        """cookie: the attributes of the session's cookie."""
        self.conversations: dict[str, Conversation] = {}
        self.deleted: list[str] = []
        self.accepted: set[str] = set()
        self.settings: list[dict[str, str]] = []
        self.sessions: list[str] = []
        self._has_disclaimer = has_disclaimer
        self._cookie = cookie

    def __call__(self, request: Request) -> Answer:
        session = _session(request)
        self.sessions.append(session)
        if refusal := self._refusal(request, session):
            return refusal  # it has no cookie
        answer = self._route(request, session)
        answer.headers = {**answer.headers, "Set-Cookie": f"{COOKIE}={session}{self._cookie}"}
        return answer

    def forget_acceptance(self) -> None:
        """Ask everybody to accept the disclaimer again."""
        self.accepted.clear()

    def _refusal(self, request: Request, session: str) -> Answer | None:
        """Judge what is asked before any route. Source: src/hooks.server.ts"""
        if request.method == "POST" and request.headers.get("content-type", "").startswith(FORMS):
            referer = urlsplit(request.headers.get("referer", ""))
            if referer.netloc != request.headers["host"]:
                return _hook_error(request, 403, "Non-JSON form requests need to have a referer")
        is_open = request.method == "GET" or request.path.startswith(OPEN_TO_ALL)
        if self._has_disclaimer and not is_open and session not in self.accepted:
            return _hook_error(request, 405, "You need to accept the welcome modal first")
        return None

    def _route(self, request: Request, session: str) -> Answer:
        match request.method, request.path:
            case "GET", "/":
                return Answer([b"<!DOCTYPE html><title>HuggingChat</title>"], headers={"Content-Type": "text/html"})
            case "POST", "/settings":
                return self._settle(request, session)
            case "POST", "/conversation":
                return self._begin(request, session)
        if not (found := PATH.fullmatch(request.path)):
            return not_found(request)
        if not re.fullmatch("[0-9a-f]{24}", found[1]):
            return _route_error(request, 500, "Internal Error")
        conversation = self.conversations.get(found[1])
        if conversation is None or conversation.session != session:
            return _route_error(request, 404, "Conversation not found")
        return self._delete(found[1]) if request.method == "DELETE" else self._answer(request, conversation)

    def _settle(self, request: Request, session: str) -> Answer:
        form = {name: values[0] for name, values in parse_qs(request.body.decode(), keep_blank_values=True).items()}
        if form.get("activeModel", MODELS[0]) not in MODELS:
            return json_answer({"type": "error", "error": {"message": "Internal Error"}}, 500)
        self.settings.append(form)
        if form.get("ethicsModalAccepted"):
            self.accepted.add(session)
        if _prefers_html(request):
            return Answer([], 303, {"Location": "/", "Content-Length": "0"})
        return json_answer(SUCCESS)

    def _begin(self, request: Request, session: str) -> Answer:
        asked = _value(request)
        if not isinstance(asked, dict) or asked.get("model") not in MODELS:
            return _route_error(request, 500, "Internal Error")
        id_ = uuid4().hex[:24]
        self.conversations[id_] = Conversation(session, asked["model"])
        return json_answer({"conversationId": id_})

    def _delete(self, id_: str) -> Answer:
        del self.conversations[id_]
        self.deleted.append(id_)
        return Answer([], headers={"Content-Length": "0"})

    def _answer(self, request: Request, conversation: Conversation) -> Answer:
        asked = _value(request)
        if not _is_valid(asked):
            return _route_error(request, 500, "Internal Error")
        text = f"You said: {asked['inputs'].strip()}"
        conversation.messages += [{"from": "user", "content": asked["inputs"].strip()}]
        conversation.messages += [{"from": "assistant", "content": text}]
        if fault := _fault(asked.get("parameters") or {}):
            return Answer([failure(f"Input validation error: {fault}", "validation")])
        if not asked.get("stream"):
            return json_answer([{"generated_text": text}])
        return Answer(list(_spoken(text)))


def _is_valid(asked: Any) -> bool:
    """Judge the body of a question. Source: src/routes/conversation/[id]/+server.ts"""
    if not isinstance(asked, dict) or not isinstance(asked.get("options"), dict):
        return False
    options, inputs = asked["options"], asked.get("inputs")
    ids = [options[name] for name in ("id", "response_id") if name in options]
    return isinstance(inputs, str) and bool(inputs.strip()) and all(UUID.fullmatch(str(id_)) for id_ in ids)


def _fault(parameters: Mapping[str, Any]) -> str:
    """Judge as the text-generation server does. Source: its router/src/validation.rs"""
    for name in ("temperature", "repetition_penalty", "truncate", "max_new_tokens", "top_k"):
        if name in parameters and parameters[name] <= 0:
            return f"`{name}` must be strictly positive"
    if not 0 < parameters.get("top_p", 0.5) < 1:
        return "`top_p` must be > 0.0 and < 1.0"
    return ""


def _spoken(text: str) -> Iterator[Step]:
    """Yield the reply, a word with the space before it a token."""
    yield from map(token, re.findall(r"\s*\S+", f" {text}"))
    yield b":\n\n"
    yield last(text)


def _session(request: Request) -> str:
    cookies = SimpleCookie(request.headers.get("cookie", ""))
    return cookies[COOKIE].value if COOKIE in cookies else str(uuid4())


def _hook_error(request: Request, status: int, text: str) -> Answer:
    accepts = request.headers.get("accept", "") + request.headers.get("content-type", "")
    if "application/json" in accepts:
        return json_answer({"error": text}, status)
    return Answer([text.encode()], status, {"Content-Type": "text/plain"})


def _route_error(request: Request, status: int, text: str) -> Answer:
    if _prefers_html(request):
        return Answer([f"<!DOCTYPE html><h1>{status}</h1>{text}".encode()], status, {"Content-Type": "text/html"})
    return json_answer({"message": text}, status)


def _prefers_html(request: Request) -> bool:
    return request.headers.get("accept", "").startswith("text/html")


def _value(request: Request) -> Any:
    try:
        return request.json
    except ValueError:
        return None


def _compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def prelude(request: Request) -> Answer:
    """Answer what comes before the question, and behind the reply, to anybody and always with the same id."""
    match request.method, request.path:
        case "POST", "/settings":
            return json_answer(SUCCESS)
        case "POST", "/conversation":
            return json_answer({"conversationId": ID})
        case "DELETE", _:
            return Answer([], headers={"Content-Length": "0"})
    return not_found(request)


KIND = Kind(
    H2o,
    base_url=lambda address: address,
    paths=[f"/conversation/{ID}"],
    text=token,
    end=[last("what was said")],
    errors=[
        failure(f"No {KEY}", "generation"),
        failure(f"No {KEY}", "incomplete_generation"),
        failure(f"No {KEY}", "overloaded"),
        failure(f"No {KEY}", "validation"),
        b"event:error\n" + failure(f"No {KEY}", "generation"),
        record({"error": {"message": f"No {KEY}", "http_status_code": 500}}),
        record({"message": f"No {KEY}"}),
        PAGE + b"\n\n",
    ],
    headers=EVENT_STREAM,
    line_ends=[b"\n", b"\r", b"\r\n"],
    comment=b":\n\n",
    otherwise=prelude,
)
"""The row of H2o in the contract."""
