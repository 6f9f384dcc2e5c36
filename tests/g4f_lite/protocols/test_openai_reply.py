"""Replies in the OpenAI protocol are decoded, in all the forms in which they occur."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g4f_lite.decoding import sse_reply, text_assembler
from g4f_lite.errors import G4FLiteError, MalformedReplyError, StreamCutError, UpstreamError
from g4f_lite.pieces import Content, Finish, Piece, Reasoning, Usage
from g4f_lite.protocols.openai.reply import OpenAIReply
from tests.support.divisions import divided
from tests.support.services.openai_wire import (
    DONE,
    chunk,
    delta,
    openai_completion,
    openai_error,
    openai_stream,
    record,
    usage_chunk,
    words,
)

STOP = chunk({}, "stop")
KEY = "tiger-secret"
HALVES = b"".join(b'data: {"choices":[{"delta":{"content":"%b"}}]}\n\n' % text for text in (rb"a\ud83d", rb"\ude00"))


def decode(*blocks: bytes) -> list[Piece]:
    reply = OpenAIReply("groq", [KEY])
    return [piece for block in blocks for piece in reply.feed(block)] + list(reply.end())


def joined(pieces: list[Piece]) -> list[Piece]:
    """Return neighbouring texts of one type as one piece."""
    result: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Content | Reasoning) and result and type(result[-1]) is type(piece):
            piece = type(piece)(result.pop().text + piece.text)
        result.append(piece)
    return result


def failing(*blocks: bytes) -> tuple[str, UpstreamError]:
    """Return the text that came before the failure, and the failure."""
    reply, text = OpenAIReply("groq", [KEY]), ""
    with pytest.raises(UpstreamError) as caught:
        for block in blocks:
            for piece in reply.feed(block):
                text += piece.text
        list(reply.end())
    return text, caught.value


def test_a_stream_becomes_pieces():
    assert decode(*openai_stream("Hi there", usage=(5, 2), reasoning="Hm")) == [
        Reasoning("Hm"),
        Content("Hi "),
        Content("there"),
        Usage(5, 2),
        Finish("stop"),
    ]


def test_white_space_is_never_stripped():
    text = "\n    def f():\n\treturn 1\n\n"

    assert joined(decode(*openai_stream(["\n    def", " f():\n", "\treturn 1\n\n"]))) == [Content(text), Finish("stop")]
    assert joined(decode(json.dumps(openai_completion(text)).encode()))[0] == Content(text)


@pytest.mark.parametrize("answer", [openai_completion("Hi there"), {"choices": [{"message": {"content": "Hi there"}}]}])
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b" \n\n \n"])
def test_an_answer_that_is_not_streamed_is_read_too(answer, before):
    pieces = decode(before + json.dumps(answer, indent=1).encode())

    assert pieces[0] == Content("Hi there")
    assert pieces[-1] == Finish("stop")


def test_a_whole_answer_may_have_reasoning_and_usage():
    answer = openai_completion("Yes.", usage=(3, 4), finish="length", reasoning="Hm.")

    assert decode(json.dumps(answer).encode()) == [Reasoning("Hm."), Content("Yes."), Usage(3, 4), Finish("length")]


@pytest.mark.parametrize(
    "odd",
    [
        record({"choices": []}),
        record({}),
        record({"choices": None}),
        record({"choices": [{}]}),
        record({"choices": [{"index": 0, "delta": None}]}),
        record({"choices": [{"index": 0, "finish_reason": ""}]}),
        chunk({}),
        chunk({"role": None, "content": None, "tool_calls": None, "refusal": None}),
        chunk({"role": "assistant"}),
        chunk({}, timings={"prompt_n": 5, "predicted_n": 2}),
        chunk({"role": "assistant", "content": ""}, obfuscation="x", service_tier=None, system_fingerprint="y"),
        chunk({}, error=None),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]}),
        chunk({"content": 5, "reasoning": {"a": 1}}),
        record({"choices": [5, "x", {"delta": "x"}], "usage": "x"}),
        b": keep-alive\n\n",
        b"event: ping\n\n",
        b"data:\n\n",
    ],
    ids=str,
)
def test_chunks_without_text_are_skipped(odd):
    assert decode(odd, delta("a"), odd, delta("b"), odd, STOP, odd, DONE) == [
        Content("a"),
        Content("b"),
        Finish("stop"),
    ]


def test_only_the_first_of_several_choices_is_delivered():
    both = [{"index": 1, "delta": {"content": "no"}}, {"index": 0, "delta": {"content": "yes"}}]
    other_ends = record({"choices": [{"index": 1, "delta": {}, "finish_reason": "length"}]})

    assert decode(record({"choices": both}), other_ends, STOP) == [Content("yes"), Finish("stop")]


def test_text_beside_the_finish_reason_is_delivered():
    assert decode(chunk({"content": "bye"}, "length")) == [Content("bye"), Finish("length")]


def test_a_refusal_is_text_for_the_person():
    assert decode(chunk({"refusal": "I cannot."}), STOP) == [Content("I cannot."), Finish("stop")]


def test_text_may_come_in_parts():
    parts = [{"type": "text", "text": "a"}, {"type": "image_url"}, {"type": "text", "text": "b"}]

    assert joined(decode(chunk({"content": parts}), STOP)) == [Content("ab"), Finish("stop")]


@pytest.mark.parametrize("thought", [[{"type": "text", "text": "Hm"}, {"type": "tool_reference"}], "Hm"])
def test_a_part_may_be_reasoning(thought):
    thinking = {"type": "thinking", "thinking": thought, "closed": True}

    stream = [chunk({"content": [thinking]}), chunk({"content": [thinking, {"type": "text", "text": "a"}]}), delta("b")]
    assert joined(decode(*stream, STOP)) == [Reasoning("HmHm"), Content("ab"), Finish("stop")]
    whole = openai_completion([thinking, {"type": "text", "text": "ab"}])
    assert joined(decode(json.dumps(whole).encode()))[:2] == [Reasoning("Hm"), Content("ab")]


@pytest.mark.parametrize("odd", [None, 5, {}, [], [5, None, {"text": 5}], {"type": "text"}], ids=str)
def test_parts_that_are_none_are_skipped(odd):
    parts = [{"type": "thinking", "thinking": odd}, {"type": "text", "text": odd}, {"type": "thinking"}, odd]

    assert decode(chunk({"content": parts}), delta("a"), STOP) == [Content("a"), Finish("stop")]


@pytest.mark.parametrize("member", ["reasoning_content", "reasoning", "reasoning_text"])
def test_reasoning_has_several_names(member):
    assert decode(chunk({member: "Hm", "content": ""}), delta("a"), STOP)[:2] == [Reasoning("Hm"), Content("a")]


def test_reasoning_under_two_names_comes_once():
    assert decode(chunk({"reasoning": "Hm", "reasoning_content": "Hm"}), delta("a"), STOP) == [
        Reasoning("Hm"),
        Content("a"),
        Finish("stop"),
    ]


def test_reasoning_of_white_space_alone_is_none():
    assert decode(chunk({"reasoning": "\n"}), delta("a"), STOP) == [Content("a"), Finish("stop")]


def test_inline_reasoning_is_separated_from_the_answer():
    stream = [delta(text) for text in ("<th", "ink>Hm", ".</think", ">Yes.")]

    assert joined(decode(*stream, STOP)) == [Reasoning("Hm."), Content("Yes."), Finish("stop")]


def test_a_pair_of_halves_in_two_chunks_is_one_character():
    assert decode(HALVES, STOP) == [Content("a"), Content("😀"), Finish("stop")]


def test_a_half_that_stays_alone_is_replaced_at_the_end():
    assert decode(b'data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\n', STOP) == [
        Content("a"),
        Content("\ufffd"),
        Finish("stop"),
    ]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("max_tokens", "length"),
        ("content_filter", "content_filter"),
        ("SAFETY", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("MAX_TOKENS", "length"),
        ("STOP", "stop"),
        ("eos_token", "stop"),
        ("tool_calls", "stop"),
        ("function_call", "stop"),
        ("pause_turn", "length"),
        ("sensitive", "content_filter"),
    ],
)
def test_finish_reasons_are_three(said, reason):
    assert decode(delta("a"), chunk({}, said))[-1] == Finish(reason)


def test_the_last_usage_counts():
    running = chunk({"content": "a"}, usage={"prompt_tokens": 5, "completion_tokens": 1})
    nothing = chunk({}, usage=None) + chunk({}, usage={})

    assert decode(running, nothing, STOP, usage_chunk(5, 9), nothing, chunk({}, usage="?"), DONE)[1:] == [
        Usage(5, 9),
        Finish("stop"),
    ]


def test_usage_may_be_in_the_finish_chunk():
    assert decode(delta("a"), chunk({}, "stop", usage={"prompt_tokens": 5, "completion_tokens": 1}))[1] == Usage(5, 1)


def test_groq_counts_in_a_member_of_its_own():
    counted = {"id": "req_1", "usage": {"queue_time": 0.1, "prompt_tokens": 5, "completion_tokens": 1}}

    stream = [chunk({}, x_groq={"id": "req_1"}), delta("a"), chunk({}, "stop", x_groq=counted), DONE]
    assert decode(*stream) == [Content("a"), Usage(5, 1), Finish("stop")]
    assert decode(*stream[:-1], usage_chunk(5, 2), DONE)[1] == Usage(5, 2)
    for odd in (None, 5, [], {"usage": 5}, {"error": None}):
        assert decode(delta("a"), chunk({}, "stop", x_groq=odd)) == [Content("a"), Finish("stop")]


@pytest.mark.parametrize(
    "usage",
    [
        *({}, [], 5),
        *({"prompt_tokens": count} for count in ("5", -1, 1.5, True, 1 << 53, 10**400)),
        {"prompt_tokens": 5, "completion_tokens": False},
        {"prompt_tokens": 5, "completion_tokens": None},
    ],
    ids=lambda usage: str(usage)[:40],
)
def test_usage_that_is_none_is_ignored(usage):
    assert decode(delta("a"), STOP, record({"choices": [], "usage": usage})) == [Content("a"), Finish("stop")]


@pytest.mark.parametrize(
    "done", [DONE, b"data:[DONE]\n\n", b"data:  [DONE] \n\n", b"data: [DONE]", b"data: [DONE] x\n\n", b""]
)
def test_the_end_marker_has_several_forms_or_none(done):
    assert decode(delta("a"), STOP, done) == [Content("a"), Finish("stop")]


@pytest.mark.parametrize("behind", [b"nonsense\n\n", b"data: {\n\n", record({"error": "late"}), delta("more")])
def test_nothing_after_the_end_marker_matters(behind):
    assert decode(delta("a"), STOP, DONE + behind) == [Content("a"), Finish("stop")]


def test_the_end_marker_without_a_finish_reason_ends_a_reply_that_has_text():
    assert decode(delta("a"), DONE) == [Content("a"), Finish("stop")]


@pytest.mark.parametrize("stream", [[DONE], [chunk({"role": "assistant", "content": ""}), DONE]])
def test_the_end_marker_alone_is_an_error(stream):
    _, error = failing(*stream)

    assert error.code == "malformed_reply"


@pytest.mark.parametrize("reason", ["network_error", "malformed_function_call", "error", 7, "something_new"])
def test_an_end_for_an_unknown_reason_is_no_good_end(reason):
    text, error = failing(delta("a"), chunk({}, reason), DONE)

    assert (text, error.code) == ("a", "provider_failed")
    assert reason == "error" or str(reason) in error.detail


@pytest.mark.parametrize("reason", ["null", "none", "", None])
def test_a_reason_that_is_none_is_no_end(reason):
    assert decode(chunk({"content": "a"}, reason), delta("b"), STOP)[:2] == [Content("a"), Content("b")]


@pytest.mark.parametrize(
    ("stream", "why"),
    [
        ([chunk({}, "stop"), DONE], "nothing. "),
        ([delta(""), STOP, usage_chunk(5, 0)], "nothing. "),
        ([delta(" \n"), STOP], "nothing. "),
        ([delta("<think>Hm.</think>\n"), STOP], "nothing. "),
        ([chunk({"reasoning": "Hm"}), STOP], "nothing. "),
        ([chunk({}, "length")], "limit of tokens"),
        ([chunk({}, "content_filter"), DONE], "content filter"),
        ([json.dumps(openai_completion("")).encode()], "nothing. "),
    ],
)
def test_a_good_end_without_an_answer_says_that_there_is_none_and_why(stream, why):
    _, error = failing(*stream)

    assert error.code == "empty_reply"
    assert error.worth_another_route and why in error.message


def test_thoughts_that_reach_the_limit_can_be_continued():
    assert decode(chunk({"reasoning": "Hm"}), chunk({}, "length")) == [Reasoning("Hm"), Finish("length")]


@pytest.mark.parametrize(
    "choice",
    [
        {"delta": {"content": {"type": "text", "text": "Hi"}}},
        {"delta": {"content": {"text": {"value": "Hi"}}}},
        {"delta": {"content": ["H", "i"]}},
        {"delta": {"content": [{"type": "text", "text": "H"}, "i"]}},
        {"delta": {"content": [{"type": "output_text", "content": "Hi"}]}},
        {"text": "Hi"},
        {"delta": {}, "text": "Hi"},
        {"message": {"content": "Hi"}},
    ],
    ids=str,
)
def test_a_text_is_read_where_it_is(choice):
    pieces = decode(record({"choices": [{"index": 0, **choice}]}), STOP)

    assert "".join(piece.text for piece in pieces[:-1]) == "Hi"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"code": "InvalidParameter", "message": "model offline"}, "model offline"),
        ({"base_resp": {"status_code": 1004, "status_msg": "login fail"}, "choices": None}, "login fail"),
        ({"success": False, "errors": [{"code": 7003, "message": "No route"}], "result": None}, "No route"),
        ({"detail": "Not today"}, "Not today"),
        ({"error_msg": "Not today"}, "Not today"),
    ],
    ids=str,
)
def test_a_failure_in_any_shape_keeps_the_services_words(value, words):
    for stream in ([record(value), DONE], [json.dumps(value).encode()], [delta("a"), record(value), STOP]):
        _, error = failing(*stream)
        assert (error.detail, error.code) == (words, "provider_failed")


def test_word_that_all_is_well_is_no_failure():
    fine = {"base_resp": {"status_code": 0, "status_msg": "success"}}

    assert decode(delta("a"), record(fine), chunk({}, "stop", **fine)) == [Content("a"), Finish("stop")]


@pytest.mark.parametrize(
    "last",
    [
        chunk({"content": "Hello"}, "stop"),
        record({"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}),
        record({"choices": [{"delta": {}, "message": {"role": "assistant", "content": "Hello"}}]}) + STOP,
    ],
)
def test_a_last_chunk_that_repeats_the_answer_adds_nothing(last):
    assert decode(delta("Hel"), delta("lo"), last) == [Content("Hel"), Content("lo"), Finish("stop")]


def test_a_last_token_that_comes_twice_is_part_of_the_answer():
    assert decode(delta("5"), chunk({"content": "5"}, "length"))[:2] == [Content("5"), Content("5")]


@pytest.mark.parametrize(
    "stream", [[], [b"\n\n"], [b": waiting\n\n"], [delta("a")], [delta("a"), b"data: {"], [delta("a"), b"<html>"]]
)
def test_an_end_before_any_finish_reason_is_a_cut(stream):
    text, error = failing(*stream)

    assert type(error) is StreamCutError
    assert text == ("a" if stream and stream[0] == delta("a") else "")


def test_a_last_record_that_is_whole_counts_without_its_empty_line():
    assert decode(delta("a"), STOP.rstrip()) == [Content("a"), Finish("stop")]


def test_a_cut_after_the_finish_reason_costs_nothing():
    assert decode(delta("a"), STOP, b'data: {"choices": [], "usa') == [Content("a"), Finish("stop")]


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (record({"error": {"message": f"no {KEY}", "type": "x", "code": 500}}), "provider_failed"),
        (b"event: error\n" + record({"error": {"message": f"no {KEY}", "code": 429}}), "provider_rate_limited"),
        (b"event: error\n" + record({"message": f"no {KEY}"}), "provider_failed"),
        (b"event: error\ndata: no luck\n\n", "provider_failed"),
        (record({"object": "error", "message": f"no {KEY}", "type": "x", "code": 503}), "provider_overloaded"),
        (record({"error": f"no {KEY}", "error_type": "generation"}), "provider_failed"),
        (chunk({"content": ""}, "error", error={"code": 502, "message": f"no {KEY}"}), "provider_failed"),
        (chunk({}, "error", error={"code": 429, "message": f"no {KEY}"}), "provider_rate_limited"),
        (chunk({}, "error"), "provider_failed"),
        (chunk({}, "abort"), "provider_failed"),
        (chunk({}, "insufficient_system_resource"), "provider_overloaded"),
        (chunk({}, x_groq={"id": "req_1", "error": f"over capacity {KEY}"}), "provider_overloaded"),
        (record([{"error": {"code": 503, "message": f"no {KEY}", "status": "UNAVAILABLE"}}]), "provider_overloaded"),
        (b'[{\n  "error": {\n    "code": 429,\n    "message": "no"\n  }\n}\n]\n\n', "provider_rate_limited"),
        (record({"choices": [{"index": 0, "error": {"code": 429, "message": f"no {KEY}"}}]}), "provider_rate_limited"),
        (b'error: {"code":500,"message":"no %b","type":"server_error"}\n\n' % KEY.encode(), "provider_failed"),
        (b"<html>\n<h1>502 Bad Gateway</h1>\n\n", "malformed_reply"),
        (b'{"error": {"message": "no", "code": 401}}\n\n', "key_rejected"),
    ],
    ids=str,
)
@pytest.mark.parametrize("behind", [b"", DONE, delta("b") + STOP + DONE])
def test_an_error_in_mid_stream_ends_the_reply_after_its_text(record, code, behind):
    for blocks in ([delta("a"), record, behind], [delta("a") + record + behind]):
        text, error = failing(*blocks)
        assert text == "a"
        assert error.code == code
        assert KEY not in f"{error} {error.detail}"


ODD = [
    b"data: null\n\n",
    b"data: ping\n\n",
    b"data: : comment\n\n",
    b"data:\n\n",
    b"data: 5\n\n",
    b"data: []\n\n",
    b'data: ""\n\n',
    b"data: {'choices': []}\n\n",
    b"data: \xff\n\n",
    b"data: " + b"[" * 100_000 + b"\n\n",
    b"upstream connect error or disconnect\n\n",
    b"event: ping\ndata: keep-alive\n\n",
]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: str(odd[:30]))
def test_what_is_no_chunk_is_skipped(odd):
    assert decode(odd, delta("a"), odd, delta("b") + odd + STOP) == [Content("a"), Content("b"), Finish("stop")]
    assert type(failing(delta("a"), odd)[1]) is StreamCutError
    assert failing(odd)[1].code in ("malformed_reply", "stream_cut")


def test_a_proxys_words_between_the_lines_of_a_record_cost_no_text():
    assert decode(b"Warning: slow\n" + delta("a"), delta("b")[:-1] + b"Bye\n\n", STOP) == [
        Content("a"),
        Content("b"),
        Finish("stop"),
    ]


def test_a_bad_byte_and_a_raw_tab_are_part_of_the_text():
    assert decode(delta("aXb").replace(b"X", b"\xff\t"), STOP) == [Content("a\ufffd\tb"), Finish("stop")]


@pytest.mark.parametrize(
    "late",
    [
        *ODD,
        b"<html>\n<h1>502 Bad Gateway</h1>\n\n",
        record({"error": {"message": "late", "code": 500}}),
        b"data: " + b"x" * (2 << 20) + b"\n\n",
    ],
    ids=lambda late: str(late[:30]),
)
def test_nothing_after_the_stated_end_makes_the_reply_fail(late):
    assert decode(delta("a"), STOP, late) == [Content("a"), Finish("stop")]
    assert decode(delta("a") + STOP + late[:-1]) == [Content("a"), Finish("stop")]


def test_the_usage_after_an_odd_record_after_the_end_counts():
    pieces = decode(delta("a"), STOP + b"data: null\n\n" + usage_chunk(5, 2) + DONE)

    assert pieces == [Content("a"), Usage(5, 2), Finish("stop")]


def test_records_that_one_line_end_divides_are_a_reply():
    stream = b"".join([delta("a"), delta("b"), STOP, DONE]).replace(b"\n\n", b"\n")

    assert decode(stream) == decode(*(bytes([byte]) for byte in stream)) == [
        Content("a"), Content("b"), Finish("stop")
    ]  # fmt: skip


def test_text_beside_an_error_is_delivered():
    text, error = failing(chunk({"content": "a"}, error={"message": "no", "code": 503}))

    assert (text, error.code) == ("a", "provider_overloaded")


def test_an_error_as_a_whole_answer():
    _, error = failing(b'{"error": {"message": "Slow down", "code": 429}}')

    assert (error.code, error.detail) == ("provider_rate_limited", "Slow down")


def test_an_error_in_a_list_as_a_whole_answer():
    _, error = failing(json.dumps([openai_error("API key not valid.", code=400)], indent=2).encode())

    assert (error.code, error.detail) == ("key_rejected", "API key not valid.")


def test_the_words_beside_the_finish_reason_of_a_failure_are_reported():
    failure = {"code": "server_error", "message": "Provider disconnected"}

    text, error = failing(delta("a"), chunk({"content": ""}, "error", error=failure, provider="x"))

    assert (text, error.code, error.detail) == ("a", "provider_failed", "Provider disconnected")


CALL = {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": {"name": "add", "arguments": ""}}]}
REST = {"tool_calls": [{"index": 0, "id": None, "function": {"name": "", "arguments": '{"a":'}}]}


@pytest.mark.parametrize(
    "stream",
    [
        [chunk(CALL), chunk(REST), chunk({}, "tool_calls"), DONE],
        [chunk(CALL, "stop"), DONE],
        [chunk({"reasoning": "Hm"}), chunk(CALL), chunk({}, "tool_calls"), DONE],
        [chunk({"function_call": {"name": "add", "arguments": "{}"}}), chunk({}, "function_call")],
        [chunk({"tool_calls": {"function": {"name": "add"}}}), chunk({}, "tool_calls")],
        [json.dumps(openai_completion(None, finish="tool_calls", **CALL)).encode()],
    ],
)
def test_the_call_of_a_tool_is_no_answer(stream):
    _, error = failing(*stream)

    assert error.code == "malformed_reply"
    assert error.message == "groq sent a call of a tool that was not offered, instead of an answer."


def test_the_call_of_a_tool_beside_an_answer_does_no_harm():
    assert decode(chunk(CALL), delta("a"), chunk(REST), chunk({}, "tool_calls")) == [Content("a"), Finish("stop")]


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"choices": []}', b'{"choices": [{"message"', b"[" * 100_000])
def test_a_whole_answer_without_a_message_is_malformed(body):
    assert type(failing(body)[1]) is MalformedReplyError


def test_a_web_page_is_no_answer():
    challenge = b"\n<!DOCTYPE html><title>Just a moment...</title>"

    assert failing(b"<html>Welcome</html>")[1].code == "malformed_reply"
    assert failing(challenge[:9], challenge[9:])[1].code == "provider_needs_browser"


def test_an_endless_web_page_is_not_read():
    reply = OpenAIReply("groq")

    with pytest.raises(MalformedReplyError):
        while True:
            list(reply.feed(b"<" * 4096))


def test_an_endless_answer_is_not_collected(monkeypatch):
    monkeypatch.setattr(sse_reply, "MAX_BODY_BYTES", 10_000)

    assert type(failing(b"{", b" " * 9_999, b" ")[1]) is MalformedReplyError


@pytest.mark.parametrize("member", ["content", "reasoning"])
def test_an_endless_text_is_cut(monkeypatch, member):
    monkeypatch.setattr(text_assembler, "MAX_TEXT", 10)

    text, error = failing(*[chunk({member: "12345"})] * 3)

    assert (text, type(error)) == ("1234512345", MalformedReplyError)


def test_the_longest_reply_is_eight_mebibytes():
    assert text_assembler.MAX_TEXT == 8 * 1024 * 1024


REPLIES = [
    b"".join(openai_stream("Grüße 👋 <b>\n\n```\u2028", usage=(5, 2), reasoning="Hm 🤔")),
    b"".join(openai_stream(["<think>", "Hm", "</think>", "a\r\n"])).replace(b"\n", b"\r\n"),
    b"\xef\xbb\xbf: hello\r\r" + b"".join(openai_stream("a b")).replace(b"\n", b"\r"),
    b" \n" + json.dumps(openai_completion("Grüße 👋", reasoning="\n Hm"), ensure_ascii=False).encode(),
    delta("é") + b"event: error\n" + record({"error": {"message": "no", "code": 429}}),
    delta("é") + STOP[:-9],
    b"<!DOCTYPE html>\n<title>Just a moment...</title>",
    HALVES + STOP,
]


def outcome(*blocks: bytes) -> tuple[list[Piece], type[G4FLiteError] | None]:
    reply, pieces = OpenAIReply("groq"), []
    try:
        for block in blocks:
            pieces += reply.feed(block)
        pieces += reply.end()
    except G4FLiteError as error:
        return joined(pieces), type(error)
    return joined(pieces), None


@given(reply=st.sampled_from(REPLIES), cuts=st.lists(st.integers(0, 2000)))
def test_any_division_of_the_bytes_gives_the_same_reply(reply, cuts):
    bytewise = [reply[index : index + 1] for index in range(len(reply))]

    assert outcome(*divided(reply, cuts)) == outcome(reply) == outcome(*bytewise)


@given(text=st.text().filter(str.strip), cuts=st.lists(st.integers(0, 2000)))
def test_any_text_arrives_as_it_was_written(text, cuts):
    pieces = decode(*divided(b"".join(openai_stream(words(text))), cuts))

    expected = text.encode("utf-8", "replace")
    assert "".join(piece.text for piece in pieces if isinstance(piece, Content)).encode() == expected


@given(cut=st.integers(0, 400))
def test_a_reply_cut_anywhere_before_its_end_is_a_cut(cut):
    stream = b"".join([delta("Grüße"), delta("👋"), chunk({"content": "x"})])[:cut]

    assert outcome(stream)[1] is StreamCutError


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "delta", "message", "content", "index", "error", "usage", "finish_reason", "type"]
            ),
            inner,
            max_size=4,
        )
    ),
)


@given(value=json_values, whole=st.booleans())
def test_no_json_is_too_strange(value, whole):
    body = json.dumps(value).encode() if whole else record(value)

    pieces, error = outcome(body)

    assert error is None or issubclass(error, UpstreamError)
    assert all(piece.text for piece in pieces if isinstance(piece, Content | Reasoning))


@pytest.mark.parametrize("opening", ["think", "thinking", "thought"])
def test_reasoning_stands_between_tags_of_several_names(opening):
    for start, end in ((f"<{opening}>", f"</{opening}>"), ("[THINK]", "[/THINK]")):
        pieces = decode(*map(delta, [start[:3], start[3:] + "Hm.", end[:4], end[4:] + "Yes."]), STOP)
        assert pieces == [Reasoning("Hm."), Content("Yes."), Finish("stop")]


def test_the_details_of_reasoning_are_reasoning():
    details = [{"type": "reasoning.text", "text": "Hm."}, {"type": "reasoning.encrypted", "data": "x"}]

    assert decode(chunk({"reasoning_details": details}), delta("a"), STOP)[0] == Reasoning("Hm.")


@pytest.mark.parametrize(
    "members",
    [
        {"choices": [{"index": 0, "delta": {}, "usage": {"prompt_tokens": 5, "completion_tokens": 2}}]},
        {"choices": [], "usage": {"input_tokens": 5, "output_tokens": 2}},
    ],
)
def test_usage_is_read_where_it_is(members):
    assert decode(delta("a"), record(members), STOP)[1] == Usage(5, 2)
