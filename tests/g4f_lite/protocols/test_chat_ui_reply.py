"""Replies of chat-ui servers are decoded, the events of 2023's first half and the lines of later servers."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g4f_lite.decoding import sse
from g4f_lite.decoding.text_assembler import MAX_TEXT
from g4f_lite.errors import MalformedReplyError, StreamCutError, UpstreamError
from g4f_lite.pieces import Content, Finish
from g4f_lite.protocols.chat_ui.reply import ChatUiReply
from tests.support.divisions import divided
from tests.support.services.chat_ui_service import failure, generated, last, later, record, token

KEY = "tiger-secret"
DOCUMENTED = (
    'data:{"token":{"id":23,"text":" Привет","logprob":-0.21,"special":false},"generated_text":null,"details":null}\n\n'
    ":\n\n"
    'data:{"token":{"id":24,"text":"!","logprob":-0.02,"special":false},"generated_text":null,"details":null}\n\n'
    'data:{"token":{"id":11,"text":"<|endoftext|>","logprob":-0.01,"special":true},"generated_text":"Привет!",'
    '"details":null}\n\n'
).encode()


def decode(*blocks, stop=()):
    reply = ChatUiReply("h2o", [KEY], stop)
    return [piece for block in blocks for piece in reply.feed(block)] + list(reply.end())


def failing(*blocks):
    """Return the text that came before the failure, and the failure."""
    reply, text = ChatUiReply("h2o", [KEY]), ""
    with pytest.raises(UpstreamError) as caught:
        for block in blocks:
            for piece in reply.feed(block):
                text += piece.text
        for piece in reply.end():
            text += piece.text
    return text, caught.value


def said(pieces):
    return "".join(piece.text for piece in pieces if isinstance(piece, Content))


def test_the_documented_transcript():
    assert decode(DOCUMENTED) == [Content("Привет"), Content("!"), Finish("stop")]


@pytest.mark.parametrize("form", [generated, later])
@given(cuts=st.lists(st.integers(0, 1500), max_size=12))
def test_it_does_not_matter_how_the_bytes_are_divided(form, cuts):
    stream = b"".join(form([" Grü", "ße ", "👋\n", "\u2028data: x"]))

    assert said(decode(*divided(stream, cuts))) == "Grüße 👋\n\u2028data: x"


# tokens


def test_only_the_white_space_before_the_first_token_is_left_out():
    assert said(decode(*generated([" Hello", " ", " world", "\n", "\n    x"]))) == "Hello  world\n\n    x"
    assert said(decode(*generated([" ", "Hello", " "]))) == "Hello "
    assert said(decode(*generated(["", " Hello"]))) == "Hello"


def test_a_token_that_holds_the_name_of_the_field_is_kept():
    assert said(decode(*generated(["data:", " ", "data: {}"]))) == "data: data: {}"


@pytest.mark.parametrize("end", ["<|endoftext|>", "</s>", "<|im_end|>", "<unk>", ""])
def test_what_is_special_is_no_text(end):
    assert decode(token("Hi"), last("Hi", end)) == [Content("Hi"), Finish("stop")]


@pytest.mark.parametrize("mark", ["</s>", "<|endoftext|>"])
def test_marks_are_no_text_though_nobody_called_them_special(mark):
    reply = [token("<|startoftext|>"), token("Hi"), token(mark, whole=f"Hi{mark}")]

    assert decode(*reply) == [Content("Hi"), Finish("stop")]


def test_marks_within_a_token_are_text():
    assert said(decode(*generated(["<s>struck</s>", " out"]))) == "<s>struck</s> out"


def test_a_model_whose_end_came_without_the_whole_text_has_ended():
    assert decode(token("Hi"), token("</s>", special=True)) == [Content("Hi"), Finish("stop")]


def test_a_mark_that_text_follows_was_not_the_end():
    text, error = failing(token("a"), token("</s>", special=True), token("b"))

    assert (text, type(error)) == ("ab", StreamCutError)


def test_the_last_token_of_a_reply_cut_by_its_length_is_delivered():
    assert decode(token("Once"), token(" upon", whole="Once upon")) == [
        Content("Once"),
        Content(" upon"),
        Finish("length"),
    ]


@pytest.mark.parametrize(
    ("said_reason", "reason"), [("length", "length"), ("eos_token", "stop"), ("stop_sequence", "stop")]
)
def test_a_service_that_says_why_it_ended_is_believed(said_reason, reason):
    details = {"finish_reason": said_reason, "generated_tokens": 2, "seed": None}

    assert decode(token("Hi", whole="Hi", details=details))[-1] == Finish(reason)


def test_a_text_to_stop_at_is_an_end():
    assert decode(token("a"), token("STOP", whole="aSTOP"), stop=("x", "STOP"))[-1] == Finish("stop")
    assert decode(token("a"), token("b", whole="ab"), stop=("x", "STOP"))[-1] == Finish("length")


def test_the_whole_text_counts_only_where_no_token_did():
    assert said(decode(token("Hi"), last("something else"))) == "Hi"
    assert said(decode(last(" <|startoftext|>Hi <s>there</s><|endoftext|></s>"))) == "Hi <s>there"


def test_a_good_end_without_an_answer_says_that_there_is_none():
    assert failing(last(""))[1].code == "empty_reply"


def test_nothing_after_the_end_matters():
    assert decode(token("Hi"), last("Hi") + token("late") + b"data:nonsense\n\n") == [Content("Hi"), Finish("stop")]


def test_halves_of_a_character_are_joined():
    halves = [b'data:{"token":{"text":"%b","special":false}}\n\n' % text for text in (rb"\ud83d", rb"\ude00")]
    assert said(decode(*halves, last(""))) == "\U0001f600"


def test_a_record_without_its_empty_line_counts_if_it_is_whole():
    assert decode(token("Hi"), last("Hi").rstrip())[-1] == Finish("stop")
    text, error = failing(token("Hi"), last("Hi")[:-9])
    assert (text, type(error)) == ("Hi", StreamCutError)


def test_fields_that_newer_services_add_do_no_harm():
    one = {"id": 1, "text": "Hi", "logprob": None, "special": False}
    newer = record({"index": 1, "token": one, "top_tokens": [], "generated_text": None, "details": None})

    assert said(decode(newer, b"id: 7\nretry: 1\n" + last("Hi"))) == "Hi"


# failures


@pytest.mark.parametrize(
    ("error", "error_type", "code"),
    [
        ("Request failed during generation: tiger-secret", "generation", "provider_failed"),
        ("Incomplete generation", "incomplete_generation", "provider_failed"),
        ("Model is overloaded", "overloaded", "provider_overloaded"),
        ("Input validation error: `temperature` must be strictly positive", "validation", "provider_failed"),
        (
            "Input validation error: `inputs` must have less than 1024 tokens. Given: 2000",
            "validation",
            "prompt_too_long",
        ),
        (
            "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 2048. Given: 1500 `inputs` tokens "
            "and 1024 `max_new_tokens`",
            "validation",
            "prompt_too_long",
        ),
    ],
)
def test_an_error_in_the_stream_is_named_after_the_text(error, error_type, code):
    text, caught = failing(token("Hi"), failure(error, error_type), token("late"))

    assert (text, caught.code) == ("Hi", code)
    assert caught.detail == error.replace(KEY, "[redacted]")


def test_a_request_that_is_not_valid_would_be_refused_by_others_too():
    _, error = failing(failure("Input validation error: `temperature` must be strictly positive", "validation"))

    assert not error.worth_another_route


@pytest.mark.parametrize("stream", [b"", b"\n", b":\n\n", token("Hi"), token("Hi") + b":\n\n"])
def test_a_stream_without_an_end_is_cut(stream):
    assert type(failing(stream)[1]) is StreamCutError


@pytest.mark.parametrize(
    "stream",
    [b"data:nonsense\n\n", b"data:[]\n\n", b'data:"text"\n\n', b"Bad Gateway\n\n", b"data:\xff\n\n", b"[1]", b"[]"],
)
def test_what_is_no_part_of_the_protocol_is_malformed(stream):
    assert type(failing(stream)[1]) is MalformedReplyError


def test_a_web_page_is_no_reply():
    _, error = failing(b"<html><title>data: Bad gateway</title></html>")

    assert error.code == "malformed_reply"
    assert "base_url" in error.message


def test_sizes_are_bounded():
    assert type(failing(b"data:" + b"x" * sse.MAX_RECORD_BYTES + b"x")[1]) is MalformedReplyError
    long = token("x" * 500_000)
    assert type(failing(*[long] * (MAX_TEXT // 500_000 + 1))[1]) is MalformedReplyError


def test_marks_without_end_take_no_time():
    assert failing(last("</s>" * 200_000))[1].code == "empty_reply"


# answers that were not streamed


def test_a_whole_answer_is_read_too():
    assert decode(b'[{"generated_text":" Hi there</s>"}]') == [Content("Hi there"), Finish("stop")]
    details = {"finish_reason": "length"}
    assert decode(json.dumps([{"generated_text": "Hi", "details": details}], indent=1).encode())[-1] == Finish("length")


def test_a_whole_answer_may_hold_an_error():
    for body in (b'[{"error":"Model is overloaded"}]', b'{"error":"Model is overloaded","error_type":"overloaded"}'):
        assert failing(body)[1].code == "provider_overloaded"


# the lines of later servers


def test_lines_become_pieces():
    assert decode(*later([" Hel", "lo", " "])) == [Content("Hel"), Content("lo"), Content(" "), Finish("stop")]


def test_the_final_answer_counts_only_where_no_token_did():
    assert decode(b'{"type":"status","status":"started"}\n{"type":"finalAnswer","text":" Hi</s>"}') == [
        Content("Hi"),
        Finish("stop"),
    ]


def test_lines_that_are_not_about_the_text_are_left_out():
    others = [
        {"type": "agent", "content": "x"},
        {"type": "status", "status": "pending", "message": "Wait"},
        {"type": "webSearch", "messageType": "error", "message": "No network"},
        {"type": "title", "title": "Greetings"},
        {"type": "stream"},
    ]
    lines = b"".join(json.dumps(other).encode() + b"\n" for other in others)

    assert said(decode(lines + b"".join(later(["Hi"])))) == "Hi"


def test_the_padding_of_tokens_is_no_text():
    assert said(decode(*later(["Hi\0\0\0\0", " there\0"]))) == "Hi there"


@pytest.mark.parametrize(
    "line",
    [
        {"type": "error", "message": "No tiger-secret"},
        {"type": "status", "status": "error", "message": "No tiger-secret"},
        {"error": "No tiger-secret"},
        {"message": "No tiger-secret"},
    ],
)
def test_a_line_may_hold_an_error(line):
    text, error = failing(later(["Hi"])[2], json.dumps(line).encode() + b"\n")

    assert (text, error.code, error.detail) == ("Hi", "provider_failed", "No [redacted]")


def test_lines_without_an_end_are_cut():
    lines = later(["Hi"])

    for end in (b"", lines[-1][:-9]):
        text, error = failing(*lines[:-1], end)
        assert (text, type(error)) == ("Hi", StreamCutError)


def test_a_line_that_is_not_json_is_skipped():
    lines = later(["Hi"])

    assert said(decode(*lines[:3], b"{oops}\nnull\n", *lines[3:])) == "Hi"
