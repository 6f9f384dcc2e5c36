"""The contract of providers: how every kind handles whatever its service does.

A kind joins with a row in `KINDS`, which stands with its service. Each test runs twice, the second time with one byte a
read. Silence is the business of `g4f_lite/http/timeouts.py`, for all kinds alike.
"""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import pytest

from g4f_lite.config.settings import ProviderSettings, Timeout
from g4f_lite.decoding.call_assembler import CallAssembler
from g4f_lite.errors import UpstreamError
from g4f_lite.http.timeouts import within
from g4f_lite.http.transport import Http
from g4f_lite.messages import Params, conversation
from g4f_lite.pieces import Content, Finish, Piece, Preliminary, ToolCalls
from g4f_lite.provider import Provider
from tests.support.services import (
    anthropic_service,
    chat_ui_service,
    hub_service,
    ollama_service,
    olmo_service,
    openai_wire,
    provider_guide,
)
from tests.support.services.kinds import CALLED, INPUT, KEY, PAGE, Kind
from tests.support.services.upstream import (
    Answer,
    Gate,
    Step,
    Upstream,
    byte_by_byte,
    cut,
    not_found,
    pause,
    reset,
    silence,
    wait_until,
)

PATIENCE_S = 4
"""Less than any limit that a test does not set itself."""
AS_IT_COMES = Params()
TEXT = ["Grü", "ße 👋\n", "  <b>\u2028", "```"]
CHALLENGE = b"<!DOCTYPE html><title>Just a moment...</title>"
HTML = {"Content-Type": "text/html"}
JSON = {"Content-Type": "application/json"}
EVENTS = "text/event-stream"

pytestmark = pytest.mark.usefixtures("reads")


KINDS = [
    openai_wire.KIND,
    hub_service.KIND,
    ollama_service.KIND,
    anthropic_service.KIND,
    olmo_service.KIND,
    chat_ui_service.KIND,
    provider_guide.KIND,
]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.provider.__name__)
def kind(request):
    return request.param


@pytest.fixture
async def ask(kind, upstream):
    """Return a function that scripts an answer, asks for it, and returns the pieces and the failure, if any."""
    http = Http()
    upstream.otherwise = kind.otherwise

    async def asking(
        steps: Sequence[Step] = (),
        answer: Answer | None = None,
        address: str = upstream.url,
        params: Params = AS_IT_COMES,
        **settings: Any,
    ) -> tuple[list[Piece], UpstreamError | None]:
        script(upstream, kind, answer or Answer(steps, headers=kind.headers))
        return await collect(made(kind, http, address, **settings), params)

    yield asking
    await http.close()


def script(upstream: Upstream, kind: Kind, answer: Answer) -> None:
    """Let the service answer so wherever, and however often, the kind asks for this one reply."""
    for path in kind.paths:
        upstream.will_again(answer, to=path)


def made(kind: Kind, http: Http, address: str, **settings: Any) -> Provider:
    address_dependent = {"base_url": kind.base_url(address), "options": kind.options(address)}
    entry = ProviderSettings(kind=kind.provider.kind, **{**address_dependent, "api_key": KEY, **settings})
    return kind.provider("service", entry, http)


async def collect(provider: Provider, params: Params) -> tuple[list[Piece], UpstreamError | None]:
    pieces: list[Piece] = []
    try:
        async with aclosing(provider.stream("model", conversation("Hello"), params)) as reply:
            async for piece in reply:
                pieces.append(piece)
    except UpstreamError as error:
        assert KEY not in f"{error} {error.detail}"
        assert error.message.endswith((".", "?"))
        assert "<" not in error.detail and len(error.detail) <= 500
        return pieces, error
    return pieces, None


async def text_of(reply: AsyncGenerator[Piece, None]) -> Piece:
    """Return the first piece that is no preliminary."""
    while isinstance(piece := await anext(reply), Preliminary):
        pass
    return piece


def said(pieces: Sequence[Piece]) -> str:
    return "".join(piece.text for piece in pieces if isinstance(piece, Content))


def is_whole(outcome: tuple[list[Piece], UpstreamError | None], text: str = "".join(TEXT)) -> bool:
    pieces, error = outcome
    return error is None and said(pieces) == text and pieces[-1] == Finish("stop")


# good replies


async def test_a_whole_reply(kind, ask):
    assert is_whole(await ask(kind.reply(TEXT)))


async def test_a_reply_in_one_block(kind, ask):
    assert is_whole(await ask([b"".join(kind.reply(TEXT))]))


async def test_a_reply_byte_by_byte(kind, ask):
    assert is_whole(await ask(byte_by_byte(kind.reply(["é👋", "ü"]))), "é👋ü")


async def test_a_reply_divided_in_the_middle_of_a_character(kind, ask):
    stream = b"".join(kind.reply(TEXT))
    middle = stream.index("👋".encode()) + 2

    assert is_whole(await ask([stream[:middle], stream[middle:]]))


async def test_a_reply_with_other_line_ends(kind, ask):
    for line_end in kind.line_ends:
        stream = b"".join(kind.reply(TEXT)).replace(b"\n", line_end)
        assert is_whole(await ask([stream]))
        assert is_whole(await ask(byte_by_byte([stream])))


async def test_a_reply_with_comments(kind, ask):
    steps = [part for record in kind.reply(TEXT) for part in (kind.comment, record)]

    assert is_whole(await ask(steps))


async def test_a_reply_under_the_wrong_content_type(kind, ask):
    for wrong in ("text/plain", "application/octet-stream", "text/html; charset=iso-8859-1"):
        assert is_whole(await ask(answer=Answer(kind.reply(TEXT), headers={"Content-Type": wrong})))


async def test_headers_that_take_their_time(kind, ask, upstream):
    gate = Gate()
    answer = Answer(kind.reply(TEXT), headers=kind.headers, before_headers=wait_until(gate))
    asking = asyncio.create_task(ask(answer=answer))

    await asyncio.to_thread(upstream.wait_request_to, kind.paths[0])
    gate.open()

    assert is_whole(await asking)


async def test_text_arrives_before_the_reply_is_whole(kind, upstream):
    http = Http()
    upstream.otherwise = kind.otherwise
    script(upstream, kind, Answer([*kind.start, kind.text("a"), silence()], headers=kind.headers))
    reply = made(kind, http, upstream.url).stream("model", conversation("Hello"), Params())

    assert await text_of(reply) == Content("a")
    await reply.aclose()

    await asyncio.to_thread(upstream.wait_request_to(kind.paths[0]).wait_closed)
    await http.close()


async def test_a_service_that_sends_anything_is_alive(kind, upstream):
    """Its comments come sooner than the limits of silence, and its text later."""
    if not kind.comment:
        return
    http = Http()
    upstream.otherwise = kind.otherwise
    alive = [pause(0.1), kind.comment] * 4
    steps = [*kind.start, *alive, kind.text("a"), *alive, *kind.end]
    script(upstream, kind, Answer(steps, headers=kind.headers))
    limits = Timeout(first=0.3, idle=0.3)
    provider = made(kind, http, upstream.url, timeout=limits)
    reply = provider.stream("model", conversation("Hello"), Params())

    pieces = [piece async for piece in within(limits, "service", reply)]
    await http.close()

    assert is_whole((pieces, None), "a")


async def test_odd_records_cost_a_reply_nothing(kind, ask):
    prefix = b"data: " if EVENTS in kind.headers["Content-Type"] else b""
    odd = b"".join(prefix + words + b"\n\n" for words in (b"null", b"ping", b"5", b"[]", b"{'not': 'JSON'}", b"\xff"))

    assert is_whole(await ask([*kind.start, odd, kind.text("a"), odd, kind.text("b"), odd, *kind.end]), "ab")


async def test_nothing_after_the_end_of_a_reply_makes_it_fail(kind, ask):
    for late in (b"data: {\n\n", *kind.errors):
        assert is_whole(await ask([*kind.reply(TEXT), late]))


# tools


TOOL = {"type": "function", "function": {"name": CALLED, "parameters": {"type": "object"}}}
OFFERED = Params(extra={"tools": [TOOL]})


of_those_who_carry_tools = pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.call], indirect=True, ids=lambda kind: kind.provider.__name__
)


async def test_a_kind_with_tools_has_a_call_in_its_row(kind, upstream):
    http = Http()
    provider = made(kind, http, upstream.url)

    assert provider.supports("tools", [TOOL]) is bool(kind.call)
    await http.close()


@of_those_who_carry_tools
async def test_a_tool_on_offer_is_sent_and_its_call_comes_after_the_text(kind, ask, upstream):
    for text in ("a\n", ""):
        steps = [*kind.start, *([kind.text(text)] if text else []), *kind.call]
        for divided in (steps, byte_by_byte(steps)):
            pieces, error = await ask(divided, params=OFFERED)
            calls, texts = CallAssembler(), [piece for piece in pieces if isinstance(piece, Content)]
            for piece in pieces:
                if isinstance(piece, ToolCalls):
                    calls.add(piece.parts)

            [call] = calls.assembled()
            assert (call["function"]["name"], json.loads(call["function"]["arguments"])) == (CALLED, INPUT)
            assert call["id"] and call["type"] == "function"
            assert (error, said(pieces), pieces[-1]) == (None, text, Finish("tool_calls"))
            first = next(at for at, piece in enumerate(pieces) if isinstance(piece, ToolCalls))
            assert not any(piece in pieces[first:] for piece in texts)
    assert CALLED in str(upstream.wait_request_to(kind.paths[0]).json)


@of_those_who_carry_tools
async def test_a_call_without_tools_on_offer_is_no_answer(kind, ask):
    pieces, error = await ask([*kind.start, *kind.call])

    assert (said(pieces), error.code) == ("", "malformed_reply")


# replies that break


@pytest.mark.parametrize("step", [cut(), None], ids=["cut", "ended"])
async def test_a_reply_that_stops_in_the_middle_keeps_its_text(kind, ask, step):
    for end in ("b", "\n", "<", "\n</thin"):  # what may be held back at the moment of the cut is not lost
        pieces, error = await ask([*kind.start, kind.text("a"), kind.text(end), *([step] if step else [])])
        assert (said(pieces), error.code) == (f"a{end}", "stream_cut")


async def test_a_reply_that_stops_within_a_record_keeps_its_text(kind, ask):
    pieces, error = await ask([*kind.start, kind.text("a"), kind.text("👋")[:-9], cut()])

    assert (said(pieces), error.code) == ("a", "stream_cut")


async def test_a_reset_in_the_middle_is_a_cut(kind, upstream):
    gate, http = Gate(), Http()
    upstream.otherwise = kind.otherwise
    script(upstream, kind, Answer([*kind.start, kind.text("a"), wait_until(gate), reset()], headers=kind.headers))
    reply = made(kind, http, upstream.url).stream("model", conversation("Hello"), Params())

    assert await text_of(reply) == Content("a")
    gate.open()
    with pytest.raises(UpstreamError) as caught:
        await anext(reply)

    assert caught.value.code == "stream_cut"
    await http.close()


@pytest.mark.parametrize("step", [cut(), reset()], ids=["cut", "reset"])
async def test_a_connection_closed_before_the_headers(ask, step):
    _, error = await ask(answer=Answer([step], raw=True))

    assert error.code == "stream_cut"


async def test_a_reply_without_a_byte(kind, ask):
    pieces, error = await ask([])

    assert (pieces, error.code) == ([], "stream_cut")


async def test_an_error_in_the_place_of_a_reply(kind, ask):
    for record_ in kind.errors:
        pieces, error = await ask([record_, *kind.reply(["late"])])
        assert (pieces, error is None) == ([], False)


async def test_an_error_in_the_middle_keeps_the_text(kind, ask):
    for record_ in kind.errors:
        for steps in ([kind.text("a\n"), record_, kind.text("late"), *kind.end], [kind.text("a\n") + record_]):
            pieces, error = await ask([*kind.start, *steps])
            assert (said(pieces), error is None) == ("a\n", False)


async def test_an_answer_that_is_not_http(ask):
    _, error = await ask(answer=Answer([b"SSH-2.0-OpenSSH\r\n"], raw=True))

    assert error.code == "malformed_reply"


@pytest.mark.parametrize(("page", "code"), [(PAGE, "malformed_reply"), (CHALLENGE, "provider_needs_browser")])
async def test_a_web_page_in_the_place_of_a_reply(ask, page, code):
    pieces, error = await ask(answer=Answer([page], headers=HTML))

    assert (pieces, error.code, error.detail) == ([], code, "")


# refusals


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (
            400,
            b'{"error": {"message": "maximum context length", "code": "context_length_exceeded"}}',
            "prompt_too_long",
        ),
        (400, b'{"error": {"message": "Flagged", "code": "content_filter"}}', "content_refused"),
        (401, b'{"error": "No tiger-secret"}', "key_rejected"),
        (401, b"", "key_rejected"),
        (402, b'{"error": {"message": "Pay"}}', "payment_required"),
        (403, CHALLENGE, "provider_needs_browser"),
        (404, b'{"error": {"message": "The model does not exist", "code": "model_not_found"}}', "model_not_supported"),
        (404, PAGE, "provider_failed"),
        (429, b'{"detail": "Slow down"}', "provider_rate_limited"),
        (500, b'{"message": "Oops"}', "provider_failed"),
        (502, PAGE, "provider_failed"),
        (503, b"Busy", "provider_overloaded"),
    ],
)
async def test_a_refusal_is_named(kind, ask, status, body, code):
    pieces, error = await ask(answer=Answer([body], status, JSON))

    assert (pieces, error.code) == ([], kind.refused.get(status, code))


async def test_a_limit_says_how_long_to_wait(ask):
    _, error = await ask(answer=Answer([b""], 429, {"Retry-After": "7"}))

    assert error.retry_after == 7


async def test_a_redirect_is_not_followed(ask):
    other = Upstream()
    pieces, error = await ask(answer=Answer([], 308, {"Location": f"{other.url}/elsewhere"}))

    assert (pieces, error.code, other.requests) == ([], "provider_failed", [])
    other.close()


# services out of reach


async def test_a_refused_connection(ask):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    _, error = await ask(address=f"http://127.0.0.1:{port}")

    assert error.code == "provider_unreachable"
    assert "refused" in error.message


async def test_a_service_that_speaks_no_tls(ask, upstream):
    _, error = await ask(address=upstream.url.replace("http:", "https:"))

    assert error.code == "provider_unreachable"
    assert "TLS" in error.message


async def test_a_certificate_without_a_trusted_signature(kind, ask, upstream):
    stranger = Upstream(tls=True)
    try:
        _, error = await ask(address=stranger.url)
    finally:
        stranger.close()

    assert error.code == "provider_unreachable"
    assert "certificate is not trusted" in error.message
    assert stranger.requests == []


async def test_headers_that_never_come(kind, ask, upstream):
    asks_more = kind.otherwise is not not_found  # before the question, which takes its part of the time
    timeout = Timeout(first=0.5 if asks_more else 0.05)
    async with asyncio.timeout(PATIENCE_S):
        _, error = await ask(answer=Answer([], before_headers=silence()), timeout=timeout)

    assert error.code == "provider_timeout"
    await asyncio.to_thread(upstream.wait_request_to(kind.paths[0]).wait_closed)
