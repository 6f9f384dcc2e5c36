"""Content blocks are written one after another, even when parts arrive interleaved, and nothing is lost."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.compat.anthropic.response_blocks import ContentBlocks


def part(index, arguments, begins=False):
    head = {"id": f"call_{index}", "type": "function"} if begins else {}
    name = {"name": f"tool_{index}"} if begins else {}
    return {"index": index, **head, "function": {**name, "arguments": arguments}}


def written(*steps):
    """Return the bytes of each step and of the end. A step is a kind and a text, or a list of parts of tool calls."""
    blocks = ContentBlocks()
    told = [blocks.add_tool_calls(step) if isinstance(step, list) else blocks.add_text(*step) for step in steps]
    return [*told, blocks.end()]


def events_of(told):
    return [json.loads(line.removeprefix("data: ")) for line in told.decode().split("\n") if line.startswith("data: ")]


def shown(told):
    """Return the blocks as a client assembles them, and check that each begins after the previous one has ended."""
    blocks, open_ = [], None
    for event in events_of(b"".join(told)):
        match event:
            case {"type": "content_block_start", "index": index, "content_block": block}:
                assert (open_, index) == (None, len(blocks))
                open_ = index
                blocks.append([block.get("name") or block["type"], ""])
            case {"type": "content_block_delta", "index": index, "delta": {"type": _, **members}}:
                assert index == open_
                blocks[-1][1] += next(iter(members.values()))
            case {"type": "content_block_stop", "index": index}:
                assert index == open_
                open_ = None
    assert open_ is None
    return [tuple(block) for block in blocks]


def test_a_tool_call_is_sent_as_it_arrives():
    told = written([part(0, "", begins=True)], [part(0, '{"a":')], [part(0, " 1}")])

    assert [[event["type"] for event in events_of(step)] for step in told] == [
        ["content_block_start"],
        ["content_block_delta"],
        ["content_block_delta"],
        ["content_block_stop"],
    ]
    start, delta = events_of(told[0] + told[1])
    assert start["content_block"] == {"type": "tool_use", "id": "call_0", "name": "tool_0", "input": {}}
    assert delta["delta"] == {"type": "input_json_delta", "partial_json": '{"a":'}


def test_calls_that_arrive_one_after_another_do_not_wait():
    told = written(
        ("thinking", "Hm."), ("text", "Well."), [part(0, '{"a": 1}', True)], [part(1, "{", True)], [part(1, "}")]
    )

    assert all(told)
    assert shown(told) == [("thinking", "Hm."), ("text", "Well."), ("tool_0", '{"a": 1}'), ("tool_1", "{}")]


def test_interleaved_calls_wait_for_each_other():
    told = written(
        [part(0, '{"a": ', True), part(1, '{"b"', True)],
        [part(1, ": 2}")],
        [part(2, "{}", True)],
        [part(0, '"}"')],
        [part(0, "}")],
        [part(1, " ")],
    )

    assert told[1] == told[2] == b""
    assert shown(told) == [("tool_0", '{"a": "}"}'), ("tool_1", '{"b": 2}'), ("tool_2", "{}")]


def test_an_incomplete_call_does_not_hold_back_the_others():
    told = written([part(0, '{"a": ', True)], [part(1, "{}", True)], ("text", "So."), [part(0, "[")])

    assert shown(told) == [("tool_0", '{"a": ['), ("tool_1", "{}"), ("text", "So.")]


def test_text_after_a_call_waits_for_its_end():
    told = written([part(0, "{", True)], ("text", "So"), ("text", "."), [part(0, "}")], ("text", " Done."))

    assert told[1] == told[2] == b""
    assert shown(told) == [("tool_0", "{}"), ("text", "So. Done.")]


def test_text_after_the_end_of_the_arguments_is_dropped():
    assert shown(written([part(0, "{}", True)], ("text", "a"), [part(0, "}")])) == [("tool_0", "{}"), ("text", "a")]


def test_white_space_alone_is_no_block_next_to_others():
    call = [part(0, "{}", True)]

    assert shown(written(("text", "\n"), call, ("text", " "))) == [("tool_0", "{}")]
    assert shown(written(("text", "\n"), ("text", "\nWell."), call)) == [("text", "\n\nWell."), ("tool_0", "{}")]
    assert shown(written(("text", "Well."), ("text", "\n"), call)) == [("text", "Well.\n"), ("tool_0", "{}")]
    assert shown(written(("text", "\n"))) == [("text", "\n")]
    assert shown(written()) == []


@pytest.mark.parametrize("id_", ["functions.add:0", "ü", ""])
def test_clients_can_send_the_ids_back(id_):
    [start] = events_of(ContentBlocks().add_tool_calls([{**part(0, "", True), "id": id_}]))

    assert start["content_block"]["id"] == f"toolu_hex_{id_.encode().hex()}"


calls = st.lists(st.dictionaries(st.sampled_from("ab"), st.sampled_from(["}", '"', "\\", "é"])), max_size=4)


@given(calls, st.lists(st.integers(0, 3), max_size=40), st.integers(1, 5))
def test_any_order_of_the_parts_gives_the_same_calls(inputs, order, size):
    texts = [json.dumps(input_) for input_ in inputs]
    left = [[text[at : at + size] for at in range(0, len(text), size)] for text in texts]
    steps = [[part(number, "", True)] for number in range(len(texts))]
    for number in [*order, *(number for number, parts in enumerate(left) for _ in parts)]:
        if number < len(left) and left[number]:
            steps.append([part(number, left[number].pop(0))])

    assert shown(written(*steps)) == [(f"tool_{number}", text) for number, text in enumerate(texts)]
