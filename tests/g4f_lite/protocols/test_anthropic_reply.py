"""Replies of Anthropic's Messages API are decoded, in all the forms in which they occur."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g4f_lite.decoding import sse_reply
from g4f_lite.decoding.call_assembler import CallAssembler
from g4f_lite.errors import UpstreamError
from g4f_lite.pieces import Content, Finish, Piece, Reasoning, ToolCalls, Usage
from g4f_lite.protocols.anthropic.reply import AnthropicReply
from tests.support.divisions import divided
from tests.support.services.anthropic_service import (
    PING,
    STOP,
    block,
    delta,
    end_of_block,
    error,
    event,
    failure,
    start,
    stop,
    text,
)
from tests.support.services.anthropic_service import thought as thinking

KEY = "tiger-secret"
BEGIN = [start(), block(), PING]
END = [end_of_block(), stop(output_tokens=7), STOP]
WHOLE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "content": [{"type": "thinking", "thinking": "Hm.", "signature": "x"}, {"type": "text", "text": "Hi"}],
    "stop_reason": "max_tokens",
    "usage": {"input_tokens": 9, "output_tokens": 7},
}


def decode(*blocks: bytes) -> list[Piece]:
    reply = AnthropicReply("claude", [KEY])
    return [piece for block in blocks for piece in reply.feed(block)] + list(reply.end())


def failing(*blocks: bytes) -> tuple[str, UpstreamError]:
    """Return the text that came before the failure, and the failure."""
    reply, said = AnthropicReply("claude", [KEY]), ""
    with pytest.raises(UpstreamError) as caught:
        for block_ in blocks:
            for piece in reply.feed(block_):
                said += piece.text
        for piece in reply.end():
            said += piece.text
    return said, caught.value


def test_a_stream_becomes_pieces():
    assert decode(*BEGIN, text("Hel"), text("lo"), *END) == [
        Content("Hel"),
        Content("lo"),
        Usage(9, 7),
        Finish("stop"),
    ]


def test_thoughts_are_separated_from_the_answer():
    thoughts = [block(type="thinking", thinking="", signature=""), thinking("Let me "), thinking("see.")]
    signed = [delta("signature_delta", signature="EqQB"), end_of_block(), block(1, type="text", text="")]

    assert decode(start(), *thoughts, *signed, delta("text_delta", 1, text="Yes."), *END)[:3] == [
        Reasoning("Let me "),
        Reasoning("see."),
        Content("Yes."),
    ]


def test_a_block_may_begin_with_text():
    stream = [block(type="thinking", thinking="Hm."), end_of_block(), block(1, type="text", text="Yes"), text(".")]

    assert decode(start(), *stream, *END)[:3] == [Reasoning("Hm."), Content("Yes"), Content(".")]


@pytest.mark.parametrize(
    "odd",
    [
        PING,
        event("vendor_event", text="no"),
        event("content_block_delta", index=0, delta=None),
        event("content_block_start", index=0),
        event("message_delta"),
        event("message_start"),
        delta("citations_delta", citation={"cited_text": "no"}),
        delta("input_json_delta", partial_json='{"text": "no"'),
        delta("signature_delta", signature="no"),
        delta("vendor_delta", text="no"),
        delta("text_delta", text=None),
        delta("text_delta", text=""),
        delta("thinking_delta", thinking=5),
        block(type="redacted_thinking", data="no"),
        block(type="server_tool_use", name="web_search", input={}),
        block(type="web_search_tool_result", content=[{"type": "text", "text": "no"}]),
        b": comment\n\n",
        b"data: {}\n\n",
    ],
    ids=str,
)
def test_what_is_neither_text_nor_thought_is_skipped(odd):
    assert decode(odd, start(), odd, text("a"), odd, text("b"), odd, *END, odd) == [
        Content("a"),
        Content("b"),
        Usage(9, 7),
        Finish("stop"),
    ]


def test_the_data_s_type_counts_and_a_proxy_may_drop_the_event_s_name():
    stream = [record.partition(b"\n")[2] for record in (*BEGIN, text("a"), *END)]

    assert decode(*stream) == decode(*BEGIN, text("a"), *END)


def test_the_event_s_name_does_where_a_proxy_drops_the_type():
    record = b'event: content_block_delta\ndata: {"delta": {"type": "text_delta", "text": "a"}}\n\n'

    assert decode(start(), record, *END)[0] == Content("a")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("tool_use", "stop"),
        ("pause_turn", "length"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
    ],
)
def test_stop_reasons_are_three(said, reason):
    assert decode(*BEGIN, text("a"), stop(said), STOP)[-1] == Finish(reason)
    assert decode(json.dumps({**WHOLE, "stop_reason": said}).encode())[-1] == Finish(reason)


def test_there_may_be_several_running_totals():
    deltas = [stop(None, output_tokens=3), stop("max_tokens", output_tokens=7), stop(None, output_tokens=7)]

    assert decode(*BEGIN, text("a"), *deltas, STOP) == [Content("a"), Usage(9, 7), Finish("length")]


def test_tokens_of_the_cache_are_tokens_of_the_question():
    usage = {"input_tokens": 9, "cache_creation_input_tokens": 100, "cache_read_input_tokens": 1000, "output_tokens": 1}

    assert decode(start(usage), text("a"), stop(output_tokens=7), STOP)[1] == Usage(1109, 7)


@pytest.mark.parametrize(
    ("first", "last", "usage"),
    [
        ({"input_tokens": 9, "output_tokens": 1}, {}, [Usage(9, 1)]),
        ({"input_tokens": 0, "output_tokens": 0}, {"input_tokens": 9, "output_tokens": 7}, [Usage(9, 7)]),
        ({"input_tokens": 9, "output_tokens": 1}, {"input_tokens": 0, "output_tokens": 7}, [Usage(9, 7)]),
        ({"input_tokens": 9, "cache_read_input_tokens": None}, {"input_tokens": None}, [Usage(9, 0)]),
        ({"input_tokens": "9", "output_tokens": -1}, {"output_tokens": True}, []),
        ({"cache_creation": {"ephemeral_5m_input_tokens": 5}}, {}, []),
    ],
    ids=str,
)
def test_counts_come_at_the_beginning_and_at_the_end(first, last, usage):
    assert decode(start(first), text("a"), stop(**last), STOP) == [Content("a"), *usage, Finish("stop")]


def test_nothing_after_the_end_matters():
    behind = text("late") + failure("api_error", "late") + b"data: nonsense\n\n"

    assert decode(*BEGIN, text("a"), b"".join(END) + behind) == [Content("a"), Usage(9, 7), Finish("stop")]


def test_an_end_marker_of_another_protocol_is_an_end():
    assert decode(*BEGIN, text("a"), stop("end_turn"), b"data: [DONE]\n\n")[-1] == Finish("stop")
    assert decode(*BEGIN, text("a"), b"data: [DONE]\n\n")[-1] == Finish("stop")


@pytest.mark.parametrize("odd", [b"data: null\n\n", b"data: ping\n\n", b"data: 5\n\n", b"data: []\n\n", b"Sorry\n\n"])
def test_what_is_no_event_is_skipped(odd):
    assert decode(*BEGIN, odd, text("a"), odd, *END) == [Content("a"), Usage(9, 7), Finish("stop")]


def test_nothing_after_the_reason_of_the_end_makes_the_reply_fail():
    late = failure("api_error", "late") + b"data: {\n\n<html>\n\n"

    assert decode(*BEGIN, text("a"), stop("end_turn") + late)[-1] == Finish("stop")


def test_an_end_without_a_reason_ends_a_reply_that_has_text():
    assert decode(*BEGIN, text("a"), STOP)[-1] == Finish("stop")
    assert failing(*BEGIN, STOP)[1].code == "malformed_reply"


def test_an_end_for_an_unknown_reason_is_no_good_end():
    said, error = failing(*BEGIN, text("a"), stop("something_new"), STOP)

    assert (said, error.code, error.detail) == ("a", "provider_failed", "stop_reason: something_new")


def test_a_good_end_without_an_answer_says_that_there_is_none():
    assert failing(*BEGIN, *END)[1].code == "empty_reply"


@pytest.mark.parametrize("value", [{"detail": "Not today"}, {"code": "X", "message": "Not today"}], ids=str)
def test_a_failure_in_any_shape_keeps_the_services_words(value):
    body = json.dumps(value).encode()

    assert failing(*BEGIN, b"data: " + body + b"\n\n")[1].detail == failing(body)[1].detail == "Not today"


def calls_of(*blocks: bytes) -> tuple[list[Piece], list[dict]]:
    """Return the pieces of a reply to which tools were offered, and its calls."""
    reply, calls = AnthropicReply("claude", offers_tools=True), CallAssembler()
    pieces = [piece for block in blocks for piece in reply.feed(block)] + list(reply.end())
    for piece in pieces:
        if isinstance(piece, ToolCalls):
            calls.add(piece.parts)
    return pieces, [{**call["function"], "id": call["id"]} for call in calls.assembled()]


def use(index, id_="toolu_1", name="add", **input_):
    return block(index, type="tool_use", id=id_, name=name, input=input_)


def part(index, text_):
    return delta("input_json_delta", index, partial_json=text_)


ADD = {"name": "add", "arguments": '{"a": "\\u00e9"}', "id": "toolu_1"}
NOW = {"name": "now", "arguments": "{}", "id": "toolu_2"}
ARGUMENTS = ["", '{"a": "\\u0', '0e9"', "}"]


@pytest.mark.parametrize(
    "blocks",
    [
        [use(1), *(part(1, text_) for text_ in ARGUMENTS), end_of_block(1), use(2, "toolu_2", "now"), part(2, ""),
         end_of_block(2)],
        [use(1), use(2, "toolu_2", "now"), *(part(1, text_) for text_ in ARGUMENTS), end_of_block(2), end_of_block(1)],
        [use(1, a="é"), end_of_block(1), use(2, "toolu_2", "now"), part(2, "{}")],
    ],
    ids=["in parts", "in turns", "at once"],
)  # fmt: skip
@pytest.mark.parametrize("reason", ["tool_use", "end_turn"])
def test_calls_of_offered_tools_are_yielded(blocks, reason):
    pieces, calls = calls_of(start(), block(), text("Well.\n"), end_of_block(), *blocks, stop(reason), STOP)

    assert [piece.text for piece in pieces if isinstance(piece, Content)] == ["Well.", "\n"]
    assert not any(isinstance(piece, Content) for piece in pieces[2:])
    assert calls == [ADD, NOW]
    assert pieces[-1] == Finish("tool_calls")


def test_calls_come_whole_in_an_answer_that_is_not_streamed():
    content = [{"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": "é"}},
               {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}}]  # fmt: skip
    pieces, calls = calls_of(json.dumps({"type": "message", "content": content, "stop_reason": "tool_use"}).encode())

    assert (calls, pieces[-1]) == ([ADD, NOW], Finish("tool_calls"))


def test_a_call_that_was_cut_off_is_left_as_it_is():
    pieces, calls = calls_of(start(), use(0), stop("max_tokens"), STOP)

    assert (calls, pieces[-1]) == ([{"name": "add", "arguments": "", "id": "toolu_1"}], Finish("length"))


def test_the_call_of_a_tool_is_no_answer():
    call = [block(type="tool_use", id="1", name="now", input={}), delta("input_json_delta", partial_json="{}")]

    assert failing(start(), *call, stop("tool_use"), STOP)[1].code == "malformed_reply"


@pytest.mark.parametrize(
    "stream", [[], BEGIN, [*BEGIN, text("a")], [*BEGIN, text("a"), text("b")[:-9]], [*BEGIN, text("a"), stop(None)]]
)
def test_an_end_before_the_stop_reason_is_a_cut(stream):
    said, error_ = failing(*stream)

    assert (said, error_.code) == ("a" if text("a") in stream else "", "stream_cut")


@pytest.mark.parametrize("rest", [b"", b"event: message_stop\n", STOP[:-1], STOP[:-9]])
def test_a_cut_after_the_stop_reason_costs_nothing(rest):
    assert decode(*BEGIN, text("a"), stop(output_tokens=7), rest) == [Content("a"), Usage(9, 7), Finish("stop")]


@pytest.mark.parametrize(
    ("type_", "message", "code"),
    [
        ("overloaded_error", "Overloaded", "provider_overloaded"),
        ("rate_limit_error", "Too many", "provider_rate_limited"),
        ("authentication_error", "invalid x-api-key", "key_rejected"),
        ("permission_error", "Not for you", "key_rejected"),
        ("billing_error", "Pay", "payment_required"),
        ("invalid_request_error", "Your credit balance is too low to access the API.", "payment_required"),
        ("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum", "prompt_too_long"),
        ("request_too_large", "Request exceeds the maximum size", "prompt_too_long"),
        ("not_found_error", "model: claude-9", "model_not_supported"),
        ("timeout_error", "Request timed out", "provider_timeout"),
        ("api_error", "Internal server error", "provider_failed"),
        ("new_error", "?", "provider_failed"),
    ],
)
def test_an_error_is_named_by_its_type_wherever_it_comes(type_, message, code):
    record = failure(type_, f"{message} {KEY}")
    whole = json.dumps(error(type_, f"{message} {KEY}")).encode()

    for said, stream in [("a", [*BEGIN, text("a"), record, *END]), ("", [record]), ("", [whole])]:
        text_, caught = failing(*stream)
        assert (text_, caught.code) == (said, code)
        assert KEY not in caught.detail


def test_an_invalid_request_is_nothing_to_ask_others():
    caught = failing(failure("invalid_request_error", "temperature: range: 0..1"))[1]

    assert not caught.worth_another_route


@pytest.mark.parametrize(
    "record",
    [
        b'event: error\ndata: {"message": "Oops"}\n\n',
        b'data: {"type": "error"}\n\n',
        b'data: {"type": "error", "error": "Oops"}\n\n',
        b'data: {"error": {"type": ["odd"]}}\n\n',
        b"event: error\ndata: Oops\n\n",
    ],
)
def test_an_odd_error_is_one(record):
    assert failing(*BEGIN, text("a"), record, *END)[0] == "a"


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b" \n\n \n"])
def test_an_answer_that_is_not_streamed_is_read_too(before):
    pieces = decode(before + json.dumps(WHOLE, indent=1).encode())

    assert pieces == [Reasoning("Hm."), Content("Hi"), Usage(9, 7), Finish("length")]


def test_an_answer_that_came_whole_has_finished():
    assert decode(b'{"content": [{"type": "text", "text": "Hi"}]}') == [Content("Hi"), Finish("stop")]


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b'{"content": 5}', b'{"content": [5]}', b'{"content": [{', b"[" * 10**5]
)
def test_a_whole_answer_without_a_message_is_malformed(body):
    assert failing(body)[1].code == "malformed_reply"


def test_a_web_page_is_no_answer():
    assert failing(b"<html><h1>Hello</h1></html>")[1].code == "malformed_reply"
    assert failing(b"<!DOCTYPE html><title>Just a moment...</title>")[1].code == "provider_needs_browser"


@pytest.mark.parametrize(("first", "limit"), [(b"<", "MAX_PAGE_BYTES"), (b"{", "MAX_BODY_BYTES")])
def test_what_never_ends_is_not_collected(monkeypatch, first, limit):
    monkeypatch.setattr(sse_reply, limit, 10_000)
    reply = AnthropicReply("claude")

    with pytest.raises(UpstreamError):
        for block_ in [first] + [b" " * 1000] * 11:
            list(reply.feed(block_))


REPLY = b"".join([*BEGIN, thinking("Hm. "), text("Grü"), text("ße 👋\u2028\n"), *END])


@given(cuts=st.lists(st.integers(0, len(REPLY))), line_end=st.sampled_from([b"\n", b"\r", b"\r\n"]))
def test_any_division_of_the_bytes_gives_the_same_reply(cuts, line_end):
    assert decode(*divided(REPLY.replace(b"\n", line_end), cuts)) == decode(REPLY)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["text", "text_delta", "thinking", "error", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "delta", "content_block", "message", "content", "usage", "error", "text"]),
            inner,
            max_size=4,
        )
    ),
)


@given(json_values, st.sampled_from(["message_start", "content_block_start", "message_delta", "content_block_delta"]))
def test_no_json_is_too_strange(value, name):
    data = json.dumps(value).encode()
    for stream in ([data], [f"event: {name}\ndata: ".encode() + data + b"\n\n", *END]):
        try:
            decode(*stream)
        except UpstreamError as error_:
            assert error_.message.endswith(".")
