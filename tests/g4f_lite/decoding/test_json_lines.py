import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g4f_lite.decoding import json_lines
from g4f_lite.decoding.json_lines import JsonLinesDecoder
from g4f_lite.errors import MalformedReplyError, NeedsBrowserError
from tests.support.divisions import divided

VALUES = [{"a": "\u2028é👋"}, {"b": "\u0085\r"}, [], "x", None, {"c": {"d": 1}}]
STREAM = b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in VALUES)


def decode(*blocks):
    decoder = JsonLinesDecoder("olmo")
    return [value for block in blocks for value in decoder.feed(block)] + list(decoder.end())


def test_each_line_is_a_value():
    assert decode(STREAM) == VALUES


@given(st.lists(st.integers(0, len(STREAM))))
def test_bytes_may_be_divided_anywhere(cuts):
    assert decode(*divided(STREAM, cuts)) == VALUES


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n\n", b" \n"])
def test_other_line_ends_and_empty_lines_change_nothing(line_end):
    assert decode(STREAM.replace(b"\n", line_end)) == VALUES


def test_a_byte_order_mark_is_left_out():
    stream = b"\xef\xbb\xbf" + STREAM

    assert decode(stream) == decode(*(bytes([byte]) for byte in stream)) == VALUES


def test_the_last_line_needs_no_end():
    assert decode(STREAM[:-1]) == VALUES


def test_half_a_value_at_the_end_is_no_value():
    assert decode(STREAM + b'{"half": "tru') == VALUES


@pytest.mark.parametrize("line", [b"Internal Server Error", b"null", b"[" * 100_000])
def test_a_line_that_is_not_json_has_no_value_and_costs_no_other_line(line):
    assert decode(b'{"a": 1}\n' + line + b'\n{"b": 2}\n') == [{"a": 1}, None, {"b": 2}]


def test_a_bad_byte_and_a_raw_tab_are_part_of_a_text():
    assert decode(b'"a\xff\tb"\n') == ["a\ufffd\tb"]


def test_a_web_page_in_mid_stream_is_reported_as_one():
    with pytest.raises(MalformedReplyError, match="web page"):
        decode(b'{"a": 1}\n<html>\n<h1>Bad gateway</h1>\n')


@pytest.mark.parametrize(
    ("page", "error"),
    [
        (b"\n <html>\n<h1>Bad gateway</h1></html>", MalformedReplyError),
        (b"<!DOCTYPE html>\n<title>Just a moment...</title>", NeedsBrowserError),
        (b"<p>" * 100_000, MalformedReplyError),
    ],
)
def test_a_web_page_is_reported_as_one(page, error):
    with pytest.raises(error):
        decode(*divided(page, range(0, len(page), 7)))


def test_a_line_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(json_lines, "MAX_LINE_BYTES", 1000)
    decoder = JsonLinesDecoder("olmo")

    with pytest.raises(MalformedReplyError, match="16 MiB"):
        for _ in range(2000):
            list(decoder.feed(b"a"))
