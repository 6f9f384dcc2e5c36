"""A fake of AI2's playground: records for scripts, and a service with threads and the real rules."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from werkzeug.wrappers import Request as Form

from g4f_lite.providers.allenai import AllenAI
from tests.support.services.kinds import KEY, PAGE, Kind
from tests.support.services.upstream import Answer, Request, json_answer

DESCRIBED = "/v4/message/stream"
THREADS = "/v4/threads/"
JSON_LINES = {"Content-Type": "application/jsonl"}
HTML = {"Content-Type": "text/html"}
QUESTION_ID, ANSWER_ID = "msg_A1B2C3D4E5", "msg_F6G7H8I9J0"
HOSTS = {
    "tulu3-405b": "inferd",
    "OLMo-2-1124-13B-Instruct": "modal",
    "tulu-3-1-8b": "modal",
    "Llama-3-1-Tulu-3-70B": "modal",
    "olmoe-0125": "modal",
    "mm-olmo-uber-model-v4-synthetic": "modal",
}
FORBIDDEN = "forbidden words"


# records


def record(value: Any) -> bytes:
    """Return one record as the service writes it: in ASCII, so an emoji is a pair of escapes."""
    return json.dumps(value).encode() + b"\n"


def chunk(text: str, **members: Any) -> bytes:
    return record({"message": ANSWER_ID, "content": text, "logprobs": [], **members})


def typed(type_: str, **members: Any) -> bytes:
    return record({"message": ANSWER_ID, "type": type_, **members})


def said(text: str) -> bytes:
    return typed("modelResponse", content=text)


def failure(reason: str, error: str = "it did not work") -> bytes:
    return record({"message": ANSWER_ID, "error": error, "reason": reason})


def message(role: str, *children: Any, final: bool = False, **members: Any) -> dict[str, Any]:
    """Return one message of a tree, shortened."""
    id_ = ANSWER_ID if role == "assistant" else QUESTION_ID
    return {"id": id_, "role": role, "content": "", "final": final, "children": list(children) or None, **members}


def tree(final: bool = False, **answer: Any) -> bytes:
    """Return the tree of a question and its answer."""
    return record(message("user", message("assistant", final=final, **answer), final=final))


def flat(final: bool = False, **answer: Any) -> bytes:
    """Return the same as `/v4/threads/` does."""
    messages = [message("user", final=final), message("assistant", final=final, **answer)]
    return record({"id": QUESTION_ID, "messages": messages})


# the service


class _Fields(BaseModel):
    """The fields of a question, by either of their names. Whoever reads them knows no others."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    model: str
    parent: str | None = None
    role: Literal["user", "assistant", "system"] = "user"
    private: bool = False
    n: int = Field(default=1, ge=1, le=1)
    logprobs: int | None = Field(default=None, ge=0, le=10)


class Asked(_Fields):
    """A question to the described endpoint."""

    content: str = Field(min_length=1)
    host: str
    max_tokens: int = Field(default=2048, ge=1, le=2048)
    temperature: float = Field(default=0.7, ge=0, le=1, multiple_of=0.01)
    top_p: float = Field(default=1, ge=0.01, le=1, multiple_of=0.01)


class AskedWithCaptcha(Asked):
    captcha_token: str


class ThreadAsked(_Fields):
    """A question to `/v4/threads/`."""

    content: str
    host: str | None = None
    max_tokens: int | None = Field(default=None, ge=1, le=2048)
    temperature: float | None = Field(default=None, ge=0, le=1)
    top_p: float | None = Field(default=None, ge=0.01, le=1)


class ThreadAskedWithCaptcha(ThreadAsked):
    captcha_token: str


@dataclass
class Stored:
    """A message as the service keeps it."""

    id: str
    role: str
    content: str
    creator: str
    private: bool
    parent: str | None
    final: bool = False
    finish_reason: str | None = None


class _Refused(Exception):
    def __init__(self, status: int, message: str, **members: Any) -> None:
        super().__init__(message)
        self.answer = json_answer({"error": {"code": status, "message": message, **members}}, status)


class Playground:
    """Answers as the real service does, from memory. A test may turn its switches at any time.

    described, threads: whether there is such an endpoint. typed: whether chunks are as since August 2025.
    captcha: whether it wants a token, as since April 2025. systems: the system prompt of a model.
    listing: what it says of its models, and where.
    """

    def __init__(self) -> None:
        self.described = True
        self.threads = True
        self.typed = False
        self.captcha = False
        self.systems: dict[str, str] = {}
        self.listing: dict[str, Any] = {}
        self.messages: dict[str, Stored] = {}

    def __call__(self, request: Request) -> Answer:
        try:
            match request.method, request.path:
                case "POST", "/v4/message/stream" if self.described:
                    return self._answer(request, AskedWithCaptcha if self.captcha else Asked)
                case "POST", "/v4/threads/" if self.threads:
                    return self._answer(request, ThreadAskedWithCaptcha if self.captcha else ThreadAsked)
                case "POST", "/v4/threads" if self.threads:
                    return Answer([], 308, {"Location": THREADS})
                case "GET", path if path in self.listing:
                    return json_answer(self.listing[path])
        except _Refused as refused:
            return refused.answer
        return Answer([b"<!doctype html><title>404 Not Found</title>"], 404, HTML)

    def _answer(self, request: Request, kind: type[Asked | ThreadAsked]) -> Answer:
        asked, files = _read(request, kind)
        user = request.headers.get("x-anonymous-user-id")
        if not user:
            raise _Refused(401, "Unauthorized")
        before = self._thread(asked, user)
        self._check(asked)
        return Answer(self._stream(asked, user, before, len(files)), headers=JSON_LINES)

    def _thread(self, asked: Asked | ThreadAsked, user: str) -> list[Stored]:
        """Return what came before, oldest first."""
        if asked.parent is None:
            return []
        if asked.parent not in self.messages:
            raise _invalid(f"Parent message {asked.parent} not found")
        thread = self._path(asked.parent)
        if not thread[0].private:  # the anonymous' threads always are, whatever they ask for
            raise _invalid("Visibility must be identical for all messages in a thread")
        if thread[0].creator != user:
            raise _Refused(403, "You don't have the permission to access the requested resource.")
        if thread[-1].role == asked.role:
            raise _invalid("Parent and child must have different roles")
        return thread

    def _path(self, id_: str | None) -> list[Stored]:
        path: list[Stored] = []
        while id_:
            path.append(self.messages[id_])
            id_ = path[-1].parent
        return path[::-1]

    def _check(self, asked: Asked | ThreadAsked) -> None:
        if asked.model not in HOSTS:
            raise _Refused(400, f"Invalid model {asked.model}")
        if isinstance(asked, Asked) and HOSTS[asked.model] != asked.host:
            raise _Refused(400, f"model {asked.model} is not available on {asked.host}")
        if FORBIDDEN in asked.content:
            raise _Refused(400, "inappropriate_prompt")

    def _stream(self, asked: Asked | ThreadAsked, user: str, before: list[Stored], files: int) -> list[bytes]:
        made: list[Stored] = []
        if not before and asked.model in self.systems:
            made.append(self._store("system", self.systems[asked.model], user, None))
        for role, content in (("user", asked.content), ("assistant", "")):
            above = [*before, *made]
            made.append(self._store(role, content, user, above[-1].id if above else None))
        first = self._snapshot(made, asked)
        text = _echo([*before, *made], files)
        self._finish(made, text)
        chunks = [self._chunk(word, made[-1].id) for word in re.findall(r"\S+|\s+", text)]
        root = [*before, *made][0].id
        start, end = ([record({"message": root, "type": word})] if self.typed else [] for word in ("start", "end"))
        return [*start, first, *chunks, self._snapshot(made, asked), *end]

    def _store(self, role: str, content: str, creator: str, parent: str | None) -> Stored:
        id_ = "msg_" + "".join(map("".join, zip("ABCDE", f"{len(self.messages):05}", strict=True)))
        self.messages[id_] = Stored(id_, role, content, creator, True, parent)
        return self.messages[id_]

    def _finish(self, made: Sequence[Stored], text: str) -> None:
        made[-1].content, made[-1].finish_reason = text, "stop"
        for one in made:
            one.final = True

    def _chunk(self, text: str, answer: str) -> bytes:
        kind = {"type": "modelResponse"} if self.typed else {"logprobs": []}
        return record({"message": answer, "content": text, **kind})

    def _snapshot(self, made: Sequence[Stored], asked: Asked | ThreadAsked) -> bytes:
        if isinstance(asked, ThreadAsked):
            return record({"id": made[0].id, "messages": list(_flat(made))})
        node: dict[str, Any] = {}
        for one in reversed(made):
            node = {**asdict(one), "children": [node] if node else None}
        return record(node)


def form_of(request: Request) -> Form:
    """Return a request whose `form` and `files` can be read: from multipart alone."""
    is_multipart = request.headers.get("content-type", "").startswith("multipart/form-data")
    body, type_ = (request.body, request.headers["content-type"]) if is_multipart else (b"", None)
    return _Unlimited.from_values(method="POST", data=body, content_type=type_)


def fields_of(request: Request) -> dict[str, Any]:
    """Return the fields of a question; those that came repeatedly as a list."""
    return {name: values if name == "stop" else values[0] for name, values in form_of(request).form.lists()}


class _Unlimited(Form):
    """The real service's limit is 50 MB, and stands in front of it."""

    max_form_memory_size = None

    def _get_file_stream(self, *_: Any, **limits: Any) -> BytesIO:  # instead of a file that wants closing
        return BytesIO()


def _read(request: Request, kind: type[Asked | ThreadAsked]) -> tuple[Asked | ThreadAsked, list[Any]]:
    form = form_of(request)
    if issubclass(kind, ThreadAsked) and not form.mimetype:
        raise _Refused(415, "multipart/form-data expected")
    try:
        return kind.model_validate(form.form.to_dict()), form.files.getlist("files")
    except ValidationError as error:
        errors = error.errors(include_context=False, include_url=False)
        raise _Refused(400, str(error), validation_errors=errors) from error


def _invalid(words: str) -> _Refused:
    """Return the refusal of a question that is well formed and does not fit its thread."""
    where = "1 validation error for CreateMessageRequestWithFullMessages"
    echo = "[type=value_error, input_value={'parent_id': 'msg_X', 'role': 'user'}, input_type=dict]"
    return _Refused(400, f"{where}\n  Value error, {words} {echo}", validation_errors=[{"msg": words}])


def _echo(thread: Sequence[Stored], files: int) -> str:
    """Return an answer that tells which question of its thread it answers, and with how many files."""
    questions = [one.content for one in thread if one.role == "user"]
    return f"Answer {len(questions)}:\n\n\t{questions[-1]} 👋" + f" ({files} files)" * bool(files)


def _flat(made: Sequence[Stored]) -> Iterator[Mapping[str, Any]]:
    children = [[one.id] for one in made[1:]]
    for one, below in zip(made, [*children, []], strict=True):
        value = {to_camel(name): value for name, value in asdict(one).items()}
        yield {**value, "children": below, "isLimitReached": False, "toolCalls": None, "errorCode": None}


KIND = Kind(
    AllenAI,
    base_url=str,
    paths=[DESCRIBED, THREADS],
    start=[tree()],
    text=lambda text: json.dumps({"message": ANSWER_ID, "content": text}, ensure_ascii=False).encode() + b"\n",
    end=[tree(final=True, finish_reason="stop")],
    errors=[
        failure("model overloaded", f"overloaded {KEY}"),
        failure("grpc inference failed", f"inference failed: {KEY}"),
        failure("aborted", KEY),
        typed("error", errorCode="toolCallError", errorDescription=f"No {KEY}", errorSeverity="error"),
        record({"error": {"code": 500, "message": f"No {KEY}"}}),
        PAGE + b"\n",
    ],
    headers=JSON_LINES,
    line_ends=[b"\n", b"\r\n"],
    comment=b"\n",
)
"""The row of AllenAI in the contract."""
