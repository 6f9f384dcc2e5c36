"""Server-sent events are decoded as the standard says, however the bytes are divided."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g4f_lite.decoding.sse import MAX_RECORD_BYTES, Record, SseDecoder
from g4f_lite.errors import MalformedReplyError
from tests.support.divisions import divided


def decode(*blocks: bytes) -> list[Record]:
    decoder = SseDecoder()
    return [record for block in blocks for record in decoder.feed(block)] + list(decoder.end())


def bytewise(stream: bytes) -> list[Record]:
    return decode(*(stream[index : index + 1] for index in range(len(stream))))


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"], ids=["LF", "CR", "CRLF"])
def test_every_line_end_is_one(end):
    stream = b"event: x" + end + b"data: a" + end + end + b"data: b" + end + end

    assert decode(stream) == [Record("a", "x"), Record("b")]


def test_a_crlf_divided_between_reads_is_one_line_end():
    assert decode(b"event: x\r", b"\ndata: a\r", b"\n\r", b"\n") == [Record("a", "x")]


def test_a_crlf_may_be_divided_by_an_empty_read():
    assert decode(b"event: x\r", b"", b"\ndata: a\n\n") == [Record("a", "x")]


@pytest.mark.parametrize("line", [b"data:{}", b"data: {}"])
def test_one_space_after_the_colon_is_optional(line):
    assert decode(line + b"\n\n") == [Record("{}")]


def test_only_one_space_is_dropped():
    assert decode(b"data:  a \n\n") == [Record(" a ")]


def test_comments_are_skipped_also_within_a_record():
    assert decode(b":\n: keep-alive\n\ndata: a\n: more\ndata: b\n\n") == [Record("a\nb")]


def test_several_data_lines_are_joined():
    assert decode(b'data: {"a":\ndata: 1}\n\n') == [Record('{"a":\n1}')]


def test_a_byte_order_mark_is_skipped_also_divided():
    assert bytewise(b"\xef\xbb\xbfdata: a\n\n") == [Record("a")]


def test_unicode_line_separators_do_not_end_lines():
    text = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg"

    assert decode(f"data: {text}\n\n".encode()) == [Record(text)]


def test_records_without_data_are_not_records():
    assert decode(b"event: ping\n\ndata:\n\nid: 1\nretry: 5\n\ndata\n\n") == []


def test_an_event_name_does_not_outlive_its_record():
    assert decode(b"event: x\n\ndata: a\n\n") == [Record("a")]


def test_the_error_field_of_older_llama_cpp_is_kept():
    assert decode(b'error: {"code":500}\n\n') == [Record("", "", '{"code":500}')]


def test_the_last_record_needs_no_empty_line():
    assert decode(b"data: a\n\ndata: b") == [Record("a"), Record("b")]


def test_words_that_are_no_field_are_not_lost():
    assert decode(b"<html>502</html>\n\n") == [Record("<html>502</html>")]
    assert decode(b"upstream connect error\n") == [Record("upstream connect error")]
    assert decode(b'{"error": "raw"}\n\n') == [Record('{"error": "raw"}')]


def test_unknown_fields_are_ignored():
    assert decode(b"x-trace: 1\ndata: a\nfoo\n\n") == [Record("a")]


def test_a_byte_that_is_not_utf8_is_a_replacement_character():
    assert decode(b"data: a\xffb\n\n") == [Record("a\ufffdb")]


def test_records_before_a_broken_one_are_delivered():
    records = SseDecoder().feed(b"data: a\n\ndata: " + b"x" * (MAX_RECORD_BYTES + 1) + b"\n\n")

    assert next(records) == Record("a")
    with pytest.raises(MalformedReplyError):
        next(records)


def test_records_that_one_line_end_divides_come_one_by_one_without_waiting():
    decoder = SseDecoder()

    def of(block):
        return [record.data for record in decoder.feed(block)]

    assert of(b'data: {"a": 1}\n') == []
    assert of(b'data: {"a": 2}\n') == ['{"a": 1}', '{"a": 2}']
    assert of(b'data: {"a": 3}\ndata: [DONE]\n') == ['{"a": 3}', "[DONE]"]
    assert list(decoder.end()) == []


def test_one_value_on_several_lines_of_data_is_one_record():
    assert decode(b'data: {"a":\ndata: {"b": 1}\ndata: }\n\n') == [Record('{"a":\n{"b": 1}\n}')]


@pytest.mark.parametrize(
    "blocks",
    [
        [b"data: " + b"x" * MAX_RECORD_BYTES],
        [b"x" * 65536] * 17,
        [b"data: " + b"x" * MAX_RECORD_BYTES + b"\n\n"],
        [b"data: " + b"x" * 65536 + b"\n"] * 17,
    ],
    ids=["one line", "one line in parts", "one record", "many lines"],
)
def test_what_is_too_long_is_malformed(blocks):
    with pytest.raises(MalformedReplyError, match="megabyte"):
        decode(*blocks)


def test_the_longest_record_passes():
    longest = "x" * (MAX_RECORD_BYTES - 10)

    assert decode(f"data: {longest}\n\n".encode()) == [Record(longest)]


def test_a_long_line_takes_linear_time():
    """Joining on every read would move 128 GB here."""
    decoder = SseDecoder()
    started = perf_counter()
    for _ in range(MAX_RECORD_BYTES // 4 - 10):
        assert not list(decoder.feed(b"xxxx"))

    assert perf_counter() - started < 10


lines = st.sampled_from(
    ["data: é👋", "data:a", "data", "event: x", ":c", "error: y", "id: 1", "<p>", "", "", 'data: {"a":"\u2028"}']
)
ends = st.sampled_from(["\n", "\r", "\r\n"])


@given(
    stream=st.lists(st.tuples(lines, ends)).map(lambda parts: "".join(map("".join, parts)).encode()),
    cuts=st.lists(st.integers(0, 200)),
    mark=st.booleans(),
)
def test_any_division_of_the_bytes_gives_the_same_records(stream, cuts, mark):
    stream = b"\xef\xbb\xbf" * mark + stream

    assert decode(*divided(stream, cuts)) == decode(stream) == bytewise(stream)
