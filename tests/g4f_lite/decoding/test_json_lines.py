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


def test_a_line_that_is_not_json_is_told_after_those_before_it():
    decoder = JsonLinesDecoder("olmo")
    values = decoder.feed(b'{"a": 1}\nInternal Server Error\n')

    assert next(values) == {"a": 1}
    with pytest.raises(MalformedReplyError, match="olmo sent invalid JSON"):
        next(values)


@pytest.mark.parametrize("line", [b'"\xff"', b"[" * 100_000])
def test_bytes_that_are_no_text_and_endless_nesting_are_malformed(line):
    with pytest.raises(MalformedReplyError):
        decode(line + b"\n")


@pytest.mark.parametrize(
    ("page", "error"),
    [
        (b"\n <html>\n<h1>Bad gateway</h1></html>", MalformedReplyError),
        (b"<!DOCTYPE html>\n<title>Just a moment...</title>", NeedsBrowserError),
        (b"<p>" * 100_000, MalformedReplyError),
    ],
)
def test_a_web_page_is_told_as_one(page, error):
    with pytest.raises(error):
        decode(*divided(page, range(0, len(page), 7)))


def test_a_line_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(json_lines, "MAX_LINE_BYTES", 1000)
    decoder = JsonLinesDecoder("olmo")

    with pytest.raises(MalformedReplyError, match="16 MiB"):
        for _ in range(2000):
            list(decoder.feed(b"a"))
