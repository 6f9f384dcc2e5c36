import json

from hypothesis import given
from hypothesis import strategies as st

from server.turns import events

text = st.text(st.characters(exclude_categories=["Cs"]))


@given(text)
def test_content_written_by_hand_is_json(said):
    line = events.content(7, said)

    assert json.loads(line) == {"seq": 7, "type": "content", "content": said}
    assert line.count("\n") == 1


@given(text)
def test_reasoning_written_by_hand_is_json(said):
    assert json.loads(events.reasoning(7, said)) == {"seq": 7, "type": "reasoning", "token": said}


@given(st.lists(text, max_size=5))
def test_lines_split_where_they_were_joined(said):
    lines = [events.content(seq, one) for seq, one in enumerate(said)]

    assert events.split("".join(lines)) == lines


def test_a_piece_of_the_answer_is_known_by_its_line():
    assert events.is_content(events.content(10**9, "x"))
    assert not events.is_content(events.reasoning(1, '"type":"content"'))
    assert not events.is_content(events.event(1, "title", {"title": '"type":"content"'}))


def test_an_end_is_known_by_its_line():
    assert events.is_end(events.event(10**9, "finish", {"reason": "stop"}))
    assert events.is_end(events.event(1, "error", {"error": {}}))
    assert not events.is_end(events.content(1, '"type":"finish"'))


def test_server_sent_events_carry_the_same_json():
    lines = events.content(1, "a\u2028b") + events.PING

    assert events.encode(lines, "sse").decode() == f"data: {lines.split(chr(10))[0]}\n\ndata: {events.PING}\n"
    assert events.encode(lines, "ndjson").decode() == lines
