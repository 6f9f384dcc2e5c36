"""Ollama's replies are decoded."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g4f_lite.decoding.call_assembler import CallAssembler
from g4f_lite.errors import UpstreamError
from g4f_lite.pieces import Content, Finish, Piece, Reasoning, ToolCalls, Usage
from g4f_lite.protocols.ollama.reply import OllamaReply
from tests.support.divisions import divided
from tests.support.services.ollama_service import done, line, text_record

KEY = "tiger-secret"


def decode(*blocks: bytes) -> list[Piece]:
    reply = OllamaReply("ollama", [KEY])
    return [piece for block in blocks for piece in reply.feed(block)] + list(reply.end())


def failing(*blocks: bytes) -> tuple[str, UpstreamError]:
    """Return the text that came before the failure, and the failure."""
    reply, text = OllamaReply("ollama", [KEY]), ""
    with pytest.raises(UpstreamError) as caught:
        for block in blocks:
            for piece in reply.feed(block):
                text += piece.text
        for piece in reply.end():
            text += piece.text
    return text, caught.value


def test_a_stream_becomes_pieces():
    stream = [
        text_record(thinking="Let me"),
        text_record("Hel"),
        text_record("lo"),
        done(prompt_eval_count=5, eval_count=2),
    ]

    assert decode(*stream) == [Reasoning("Let me"), Content("Hel"), Content("lo"), Usage(5, 2), Finish("stop")]


def test_the_last_record_may_hold_text():
    counts = {"prompt_eval_count": 2, "eval_count": 1}
    last = done(content="bye", **counts)

    assert decode(last) == decode(text_record("bye"), done(**counts)) == [Content("bye"), Usage(2, 1), Finish("stop")]


def test_the_last_record_may_hold_thoughts_and_no_line_end():
    last = line({"message": {"content": "", "thinking": "Hm."}, "done": True, "done_reason": "stop"})

    assert decode(text_record("a"), last.rstrip()) == [Content("a"), Reasoning("Hm."), Finish("stop")]


def test_the_last_record_may_lack_a_message():
    assert decode(text_record("a"), line({"done": True, "done_reason": "length"})) == [Content("a"), Finish("length")]


def test_an_answer_that_is_not_streamed_is_read_too():
    whole = line({"model": "m", "message": {"role": "assistant", "content": "Hi", "thinking": "Hm."}, "done": True})

    assert decode(whole) == decode(whole.rstrip()) == [Reasoning("Hm."), Content("Hi"), Finish("stop")]


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        ({"prompt_eval_count": 5, "eval_count": 2}, [Usage(5, 2)]),
        ({"eval_count": 2}, []),  # the prompt was still in memory
        ({"prompt_eval_count": 5}, []),
        ({}, []),
        ({"prompt_eval_count": 0, "eval_count": 0}, []),
        ({"prompt_eval_count": "5", "eval_count": 2}, []),
        ({"prompt_eval_count": -1, "eval_count": 2}, []),
        ({"prompt_eval_count": 5, "eval_count": True}, []),
    ],
    ids=str,
)
def test_either_count_may_be_missing(counts, usage):
    assert decode(text_record("a"), done(**counts)) == [Content("a"), *usage, Finish("stop")]


@pytest.mark.parametrize("reason", ["stop", "", None, "load", "unload"])
def test_most_ends_are_a_plain_stop(reason):
    assert decode(text_record("a"), done(reason))[-1] == Finish("stop")


@pytest.mark.parametrize("reason", ["load", "unload"])
def test_word_that_a_model_was_loaded_is_no_answer(reason):
    assert failing(done(reason))[1].code == "malformed_reply"


def test_the_call_of_a_tool_is_no_answer():
    call = text_record(tool_calls=[{"function": {"name": "now", "arguments": {}}}])

    assert failing(call, done())[1].code == "malformed_reply"
    assert decode(call, done(content="a"))[0] == Content("a")


TWO = [
    text_record("Let me look.\n"),
    text_record(tool_calls=[{"function": {"name": "now", "arguments": {}}}]),
    text_record(tool_calls=[{"id": "b", "function": {"index": 1, "name": "add", "arguments": {"a": [1, "é"]}}}]),
]


@pytest.mark.parametrize("end", [[done()], [done("")], [done(eval_count=3)]])
def test_calls_of_offered_tools_are_yielded(end):
    reply = OllamaReply("ollama", offers_tools=True)
    pieces = [piece for block in [*TWO, *end] for piece in reply.feed(block)] + list(reply.end())
    calls = [part for piece in pieces if isinstance(piece, ToolCalls) for part in piece.parts]

    assert pieces[0] == Content("Let me look.")
    whole = CallAssembler()
    whole.add(calls)
    now, add = whole.assembled()
    assert (now["function"]["name"], now["function"]["arguments"]) == ("now", "{}")
    assert (add["function"]["name"], json.loads(add["function"]["arguments"])) == ("add", {"a": [1, "é"]})
    assert now["id"] and add["id"] == "b"
    assert pieces[-1] == Finish("tool_calls")


def test_calls_may_stand_in_the_last_record_and_be_all_of_the_answer():
    last = line(
        {"message": {"content": "", "tool_calls": [{"function": {"name": "now", "arguments": {}}}]}, "done": True}
    )
    reply = OllamaReply("ollama", offers_tools=True)

    assert [type(piece) for piece in (*reply.feed(last), *reply.end())] == [ToolCalls, ToolCalls, Finish]


def test_an_answer_that_was_cut_after_a_call_says_so():
    reply = OllamaReply("ollama", offers_tools=True)

    assert [*reply.feed(TWO[1] + done("length")), *reply.end()][-1] == Finish("length")


@pytest.mark.parametrize("reason", ["new", 5])
def test_an_end_for_an_unknown_reason_is_no_good_end(reason):
    text, error = failing(text_record("a"), done(reason))

    assert (text, error.detail) == ("a", f"done_reason: {reason}")


def test_a_good_end_without_an_answer_says_that_there_is_none():
    assert failing(done())[1].code == "empty_reply"


def test_a_failure_in_any_shape_keeps_the_services_words():
    assert failing(text_record("a"), line({"detail": "Not today"}))[1].detail == "Not today"
    assert failing(line({"code": "X", "message": "Not today"}))[1].detail == "Not today"


def test_a_last_record_that_repeats_the_answer_adds_nothing():
    last = line({"message": {"role": "assistant", "content": "Hello"}, "done": True})

    assert decode(text_record("Hel"), text_record("lo"), last) == [Content("Hel"), Content("lo"), Finish("stop")]


def test_inline_reasoning_is_separated_from_the_answer():
    assert decode(text_record("<think>\nHm.</th"), text_record("ink>"), text_record("Yes."), done()) == [
        Reasoning("\nHm."),
        Content("Yes."),
        Finish("stop"),
    ]


def test_go_s_escapes_and_separators_are_characters():
    text = "<b>&\u2028\u2029"

    assert b"\\u003c" in text_record(text)
    assert decode(text_record(text), done())[0] == Content(text)


def test_a_pair_of_halves_in_two_records_is_one_character():
    halves = [b'{"message":{"content":"%b"}}\n' % half for half in (rb"a\ud83d", rb"\ude00")]

    assert decode(*halves, done()) == [Content("a"), Content("😀"), Finish("stop")]


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"message": None},
        {"message": {"content": 5, "thinking": {}}},
        {"error": None},
        {"done": 0},
    ],
    ids=str,
)
def test_records_without_text_are_skipped(odd):
    assert decode(line(odd), b"\n\r\n", text_record("a"), line(odd), done()) == [Content("a"), Finish("stop")]


@pytest.mark.parametrize(
    "behind", [b"nonsense\n", line({"error": "late"}), text_record("more"), b"{", b'{"error": "late"}']
)
def test_nothing_after_the_end_matters(behind):
    assert decode(text_record("a") + done() + behind) == [Content("a"), Finish("stop")]


@pytest.mark.parametrize("stream", [[], [text_record("a")], [text_record("a"), done()[:-20]]])
def test_an_end_before_the_last_record_is_a_cut(stream):
    text, error = failing(*stream)

    assert (text, error.code) == ("a" if stream else "", "stream_cut")


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"error": f"llama runner process has terminated: {KEY}"}, "provider_failed"),
        ({"error": "an error", "status": 503}, "provider_overloaded"),
        ({"error": 'model "x" not found, try pulling it first'}, "model_not_supported"),
        ({"error": "exceed_context_size_error"}, "prompt_too_long"),
        ({"message": {"content": "b"}, "error": "late"}, "provider_failed"),
    ],
    ids=str,
)
def test_an_error_under_a_good_status_ends_the_reply_after_its_text(record, code):
    text, error = failing(text_record("a"), line(record), text_record("late"), done())

    assert (text, error.code) == ("ab" if "message" in record else "a", code)
    assert KEY not in error.detail


@pytest.mark.parametrize("record", [b"5\n", b"[]\n", b'"x"\n', b"null\n", b"nonsense\n", b"{'a': 1}\n", b"\xff\n"])
def test_what_is_no_record_is_skipped_and_no_answer(record):
    assert decode(text_record("a"), record, text_record("b"), done()) == [Content("a"), Content("b"), Finish("stop")]
    assert failing(record)[1].code == "malformed_reply"


def test_a_bad_byte_and_a_raw_tab_are_part_of_the_text():
    assert decode(text_record("aXb").replace(b"X", b"\xff\t"), done())[0] == Content("a\ufffd\tb")


REPLY = (
    text_record(thinking="Hm. ") + text_record("Grü") + text_record("ße 👋\u2028\n") + done("length", "!", eval_count=3)
)


@given(cuts=st.lists(st.integers(0, len(REPLY))))
def test_any_division_of_the_bytes_gives_the_same_reply(cuts):
    assert decode(*divided(REPLY, cuts)) == decode(REPLY)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["message", "content", "thinking", "done", "error", "done_reason", "eval_count"]),
            inner,
            max_size=4,
        )
    ),
)


@given(json_values)
def test_no_json_is_too_strange(value):
    try:
        decode(json.dumps(value).encode() + b"\n", done())
    except UpstreamError as error:
        assert error.message.endswith(".")
