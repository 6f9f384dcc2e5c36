import asyncio
import itertools
import json
import threading

import pytest

from g4f_lite.errors import OverloadedError
from g4f_lite.messages import Params, conversation
from g4f_lite.pieces import Attempt, Content, Finish, Notice, Reasoning, UpstreamState, Via
from server.ops.turn_stats import TurnStats
from server.problems import Problem
from server.store import NewTurn, Store
from server.turns import replay
from server.turns.crash_recovery import interrupt_running
from server.turns.ended_answer import EndedAnswer
from server.turns.engine import Engine
from server.turns.question import Question
from server.turns.turn import Turn
from tests.support.replayed import lines_of
from tests.support.services.scripted import SILENCE, a_model, scripted

FULL = Problem("storage_unavailable", "The disk is full.")
_numbers = itertools.count()


@pytest.fixture
def store(tmp_path):
    store = Store(f"sqlite:///{tmp_path}/chat.db")
    store.open()
    yield store
    store.close()


@pytest.fixture
async def engine(store):
    engine = Engine(store, asyncio.get_running_loop(), TurnStats(), lambda user_id, message: None)
    yield engine
    await engine.drain(0)
    engine.close()


def begin(store, *steps, action="send", up=None, **where):
    """Return a turn that is stored and will be answered by these steps, of the provider `up` or of a new one."""
    up = up or scripted()
    up.instance.will(*steps)
    number = next(_numbers)
    new = NewTurn(action=action, model="m", answer_id=f"answer-{number}", message_id=f"question-{number}",
                  content="Hello", title="Hello", **where)  # fmt: skip
    begun = store.begin_turn("local", new)
    question = Question(a_model(up), conversation("Hello"), Params(), begun.state)
    return Turn("local", begun, question, question.answer())


async def read(turn, after=0, html=False):
    lines = "".join([line async for line in replay.live(turn, after, html)])
    return [json.loads(line) for line in lines.splitlines()]


async def heard(turn, text):
    """Return once the turn has received this text."""
    while turn.content != text:
        await turn.journal.wait(timeout_s=10)


async def test_what_has_arrived_is_in_the_store_after_a_checkpoint(engine, store):
    turn = begin(store, Content("Hel"), Content("lo"), SILENCE)
    engine.start(turn)
    await heard(turn, "Hello")

    await engine.checkpoint()

    lines = "".join(batch.lines for batch in store.batches("local", turn.message_id, 0))
    assert "".join(json.loads(line).get("content", "") for line in lines.splitlines()) == "Hello"


async def test_an_answer_that_ends_after_it_was_read_is_read_again(engine, store):
    turn = begin(store, Content("Hello"))
    before = store.message("local", turn.message_id)
    engine.start(turn)
    await turn.ended.wait()

    latest = engine.latest("local", before)

    assert (before.status, before.content) == ("running", "")
    assert (latest.status, latest.content) == ("complete", "Hello")


async def test_a_checkpoint_that_fails_is_made_up_for_by_the_next(engine, store, monkeypatch):
    turn = begin(store, Content("Hello"), SILENCE)
    engine.start(turn)
    await heard(turn, "Hello")
    with monkeypatch.context() as broken:
        broken.setattr(store, "append", failing)
        await engine.checkpoint()
    assert store.batches("local", turn.message_id, 0) == []

    await engine.checkpoint()

    assert store.batches("local", turn.message_id, 0)[0].first_seq == 1


def failing(*args):
    raise FULL


async def test_an_answer_that_cannot_be_saved_is_an_error_and_is_kept_until_it_can(engine, store, monkeypatch):
    turn = begin(store, Content("Hello"), Finish("stop"))
    with monkeypatch.context() as broken:
        broken.setattr(store, "finish", failing)
        engine.start(turn)
        said = await read(turn)
    assert said[-1]["error"]["code"] == "storage_unavailable"
    assert engine.find("local", turn.message_id) is turn

    await engine.checkpoint()

    assert engine.find("local", turn.message_id) is None
    saved = store.message("local", turn.message_id)
    assert (saved.content, saved.status) == ("Hello", "complete")
    assert json.loads(store.batches("local", turn.message_id, 0)[-1].lines.splitlines()[-1])["type"] == "finish"


async def test_draining_lets_turns_finish(engine, store):
    turn = begin(store, Content("Hello"), Finish("stop"))
    engine.start(turn)

    assert await engine.drain(10) == 0

    assert store.message("local", turn.message_id).status == "complete"


async def test_draining_interrupts_what_does_not_finish(engine, store):
    turn = begin(store, Content("Hello"), SILENCE)
    engine.start(turn)
    await heard(turn, "Hello")

    assert await engine.drain(0) == 1

    saved = store.message("local", turn.message_id)
    assert (saved.status, saved.content) == ("interrupted", "Hello")
    assert saved.error["code"] == "stream_cut"


async def test_hundreds_of_stops_at_any_moment_end_every_turn(engine, store):
    turns = [begin(store, *[Content("x")] * 3, SILENCE) for _ in range(200)]
    for turn in turns:
        engine.start(turn)
    for number, turn in enumerate(turns):
        for _ in range(number % 7):
            await asyncio.sleep(0)
        turn.end("stopped")

    async with asyncio.timeout(10):
        await engine.idle()

    assert {store.message("local", turn.message_id).status for turn in turns} <= {"stopped", "complete"}
    assert {turn.status for turn in turns} == {"stopped"}


async def test_a_bug_in_a_provider_ends_the_turn_with_an_id_that_is_in_the_log(engine, store, caplog):
    turn = begin(store, Content("Hel"), ZeroDivisionError("secret"))
    engine.start(turn)

    said = await read(turn)

    assert said[-1]["error"]["code"] == "internal_error"
    assert "secret" not in json.dumps(said)
    assert said[-1]["error"]["id"] in caplog.text
    assert store.message("local", turn.message_id).content == "Hel"


async def test_the_log_of_a_failure_has_neither_question_nor_answer(engine, store, caplog):
    turn = begin(store, Content("private words"), OverloadedError("busy"))
    engine.start(turn)

    await read(turn)

    assert "private" not in caplog.text
    assert "Hello" not in caplog.text
    assert "provider_overloaded" in caplog.text


async def test_zero_characters_are_replaced_because_no_store_can_keep_them(engine, store):
    turn = begin(store, Content("a\0b"), Finish("stop"))
    engine.start(turn)
    await read(turn)

    assert store.message("local", turn.message_id).content == "a\ufffdb"


def blocks_of(said, shown=None):
    """Return the blocks a page shows after these events, by number."""
    shown = dict(shown or {})
    for event in said:
        if event["type"] == "html":
            number = event["block"]
            shown[number] = event["html"] if "html" in event else shown[number].replace(
                "</code>", f"{event['text']}</code>"
            )  # fmt: skip
    return shown


async def test_a_reader_of_html_that_joins_late_ends_with_the_same_page(engine, store):
    texts = [Content(text) for text in ["# A\n\n", "one *two", "* three\n\n", "last ", "words"]]
    turn = begin(store, *texts, Finish("stop"))
    from_start = asyncio.create_task(read(turn, html=True))
    engine.start(turn)
    await heard(turn, "# A\n\none *two* three\n\nlast words")
    snapshot = await asyncio.to_thread(engine.snapshot, "local", turn.message_id)

    whole = blocks_of(await from_start)

    if snapshot:  # still running when the page was made
        later = blocks_of(await read(turn, snapshot.seq, html=True), dict(enumerate(snapshot.blocks)))
        assert later == whole
    saved = store.message("local", turn.message_id)
    replayed = lines_of(EndedAnswer(saved, store.batches("local", turn.message_id, 0)), 0, html=True)
    assert blocks_of(replayed) == whole


async def test_a_continued_answer_shows_its_earlier_blocks_to_who_joins(engine, store):
    first = begin(store, Content("one\n\n"), SILENCE)
    engine.start(first)
    await heard(first, "one\n\n")
    first.end("stopped")
    await engine.idle()
    second = begin(store, Content("two"), Finish("stop"), action="continue",
                   conversation_id=first.begun.conversation_id, parent_id=first.message_id)  # fmt: skip
    engine.start(second)

    said = await read(second, 0, html=True)

    assert blocks_of(said) == {0: "<p>one</p>\n", 1: "<p>two</p>\n"}
    assert store.message("local", first.message_id).content == "one\n\ntwo"


async def test_views_in_other_threads_take_nothing_from_the_text(engine, store):
    pieces = [Content(f"{number} ") for number in range(20_000)]
    turn = begin(store, *pieces, Finish("stop"))
    watching = asyncio.get_running_loop().run_in_executor(None, watch, turn)
    engine.start(turn)

    await engine.idle()
    await watching

    assert store.message("local", turn.message_id).content == "".join(piece.text for piece in pieces)


def watch(turn):
    while not turn.ended.is_set():
        words = turn.content.split()
        assert words == [str(number) for number in range(len(words))]


async def test_a_turn_that_ends_while_it_is_being_saved_keeps_every_event(engine, store, monkeypatch):
    turn = begin(store, Content("Hel"), Content("lo"), SILENCE)
    engine.start(turn)
    await heard(turn, "Hello")
    saving, go_on, append = threading.Event(), threading.Event(), store.append

    def slow_append(batches):
        saving.set()
        go_on.wait(10)
        return append(batches)

    monkeypatch.setattr(store, "append", slow_append)
    checkpoint = asyncio.create_task(engine.checkpoint())
    await asyncio.to_thread(saving.wait)
    turn.end("stopped")
    while turn.status == "running":
        await asyncio.sleep(0)
    go_on.set()
    await checkpoint
    await engine.idle()

    batches = store.batches("local", turn.message_id, 0)
    assert [json.loads(line)["seq"] for batch in batches for line in batch.lines.splitlines()] == list(
        range(1, turn.journal.last_seq + 1)
    )


async def test_continuing_at_once_does_not_lose_the_new_turn(engine, store, monkeypatch):
    first = begin(store, Content("one "), Finish("length"))
    finish, second = store.finish, []

    def finish_and_continue(*arguments):
        finish(*arguments)
        if not second:
            where = {"conversation_id": first.begun.conversation_id, "parent_id": first.message_id}
            second.append(begin(store, Content("two"), Finish("stop"), action="continue", **where))
            engine.start(second[0])

    monkeypatch.setattr(store, "finish", finish_and_continue)
    engine.start(first)
    await first.ended.wait()

    assert second[0].ended.is_set() or engine.find("local", first.message_id) is second[0]
    await second[0].ended.wait()
    assert store.message("local", first.message_id).content == "one two"


async def test_a_page_made_of_an_answer_that_could_not_be_saved_reads_its_end(engine, store, monkeypatch):
    turn = begin(store, Content("Hello"), Finish("stop"))
    monkeypatch.setattr(store, "finish", failing)
    engine.start(turn)
    await turn.ended.wait()

    snapshot = await asyncio.to_thread(engine.snapshot, "local", turn.message_id)

    assert (await read(turn, snapshot.seq))[-1]["type"] == "error"
    assert [event["type"] for event in await read(turn, turn.journal.last_seq)] == ["error"]
    monkeypatch.undo()
    await engine.checkpoint()


async def test_a_reader_hears_that_another_process_ended_the_answer_before_more_could_be_saved(engine, store):
    turn = begin(store, Content("Hel"), SILENCE)
    engine.start(turn)
    await heard(turn, "Hel")
    interrupt_running(store, {"code": "stream_cut", "message": "Another server has started.", "id": "e"})

    await engine.checkpoint()
    said = await asyncio.wait_for(read(turn), 5)

    assert (said[-1]["type"], said[-1]["error"]["code"]) == ("error", "stream_cut")
    assert turn.status == "interrupted"
    assert engine.find("local", turn.message_id) is None
    assert store.message("local", turn.message_id).error["message"] == "Another server has started."


async def test_an_end_that_another_process_was_first_with_is_no_success(engine, store, monkeypatch, caplog):
    turn = begin(store, Content("Hello"), Finish("stop"))
    interrupt_running(store, {"code": "stream_cut", "message": "Another server has started.", "id": "e"})
    engine.start(turn)

    said = await read(turn)

    assert [event["type"] for event in said if event["type"] in ("finish", "error")] == ["error"]
    assert said[-1]["error"]["code"] == "stream_cut"
    assert f"another process ended answer {turn.message_id}" in caplog.text


async def test_an_end_that_was_saved_by_an_attempt_that_seemed_to_fail_is_a_success(engine, store, monkeypatch, caplog):
    turn = begin(store, Content("Hello"), Finish("stop"))
    finish = store.finish
    monkeypatch.setattr(store, "finish", lambda *arguments: finish(*arguments) and failing())
    engine.start(turn)
    await turn.ended.wait()
    monkeypatch.undo()

    await engine.checkpoint()

    assert "another process" not in caplog.text
    assert engine.find("local", turn.message_id) is None


async def test_a_turn_that_a_bug_ends_keeps_nobody_waiting(engine, store, monkeypatch, caplog):
    turn = begin(store, Content("Hello"), Finish("stop"))
    monkeypatch.setattr(store, "finish", lambda *arguments: 1 / 0)
    engine.start(turn)

    said = await read(turn)

    assert said[-1]["error"]["code"] == "internal_error"
    assert "ZeroDivisionError" in caplog.text
    assert engine.find("local", turn.message_id) is None


async def test_only_what_a_continued_answer_adds_is_counted(engine, store):
    first = begin(store, Content("long " * 1000), SILENCE)
    engine.start(first)
    await heard(first, "long " * 1000)
    first.end("stopped")
    await engine.idle()
    where = {"conversation_id": first.begun.conversation_id, "parent_id": first.message_id}
    second = begin(store, Content("four"), Finish("stop"), action="continue", **where)
    engine.start(second)
    await engine.idle()

    assert store.message("local", first.message_id).usage["output_tokens"] == 1


async def test_a_stop_that_comes_after_the_end_changes_nothing(engine, store, monkeypatch):
    turn = begin(store, Content("Hello"), Finish("stop"))
    finish = store.finish

    def stopped_meanwhile(*arguments):
        turn.end("stopped")
        finish(*arguments)

    monkeypatch.setattr(store, "finish", stopped_meanwhile)
    engine.start(turn)
    await engine.idle()

    assert store.message("local", turn.message_id).status == "complete"


LEFT_OUT = "The oldest message was left out, because the conversation is too long for this model."
BUSY = OverloadedError("together is busy.", detail="Come back later.")


def way_of(said):
    """Return what was told of how an answer came to be."""
    return [event for event in said if event["type"] in ("attempt", "provider")]


async def test_what_is_told_of_the_way_to_an_answer_is_kept_with_it(engine, store):
    turn = begin(store, Attempt("together", BUSY), Via("novita", "x"), Notice(LEFT_OUT), Content("Hi"), Finish("stop"))
    engine.start(turn)

    said = await read(turn)

    attempt, provider = way_of(said)
    assert attempt["provider"] == "up/together"
    assert attempt["error"]["detail"] == "Come back later."
    assert provider["label"] == "Scripted · novita"
    assert provider["notices"] == [LEFT_OUT]
    saved = store.message("local", turn.message_id)
    assert saved.notices == [LEFT_OUT]
    assert saved.attempts == [{"provider": "up/together", "error": attempt["error"]}]


async def test_the_first_word_is_waited_for_from_the_question_on_and_thoughts_from_the_last_attempt(
    engine, store, monkeypatch
):
    monkeypatch.setattr(
        "server.turns.turn.monotonic", itertools.count().__next__
    )  # a second for each look at the clock
    turn = begin(store, Attempt("together", BUSY), Reasoning("Hm."), Content("Hi"), Finish("stop"))
    engine.start(turn)

    usage = next(event for event in await read(turn) if event["type"] == "usage")

    assert (turn.first_token_s, usage["reasoning_s"]) == (2, 2)


async def test_an_answer_without_a_notice_has_no_such_member(engine, store):
    turn = begin(store, Content("Hi"))
    engine.start(turn)

    assert "notices" not in way_of(await read(turn))[0]
    assert store.message("local", turn.message_id).notices == []


@pytest.mark.parametrize("html", [False, True])
async def test_who_comes_late_is_told_of_the_way_as_well(engine, store, html):
    turn = begin(store, Attempt("together", BUSY), Notice(LEFT_OUT), Content("Hi"), Finish("stop"))
    engine.start(turn)
    said = await read(turn)

    again = lines_of(EndedAnswer(store.message("local", turn.message_id), []), 0, html)

    assert [event["type"] for event in again] == [
        "start", "attempt", "provider", "html" if html else "content", "usage", "finish"
    ]  # fmt: skip
    assert [event | {"seq": 0} for event in way_of(again)] == [event | {"seq": 0} for event in way_of(said)]
    assert again[0]["seq"] > 0


async def test_a_page_made_in_mid_answer_shows_the_way_to_it(engine, store):
    turn = begin(store, Attempt("together", BUSY), Notice(LEFT_OUT), Content("Hi"), SILENCE)
    engine.start(turn)
    await heard(turn, "Hi")

    snapshot = await asyncio.to_thread(engine.snapshot, "local", turn.message_id)

    assert snapshot.answer.notices == [LEFT_OUT]
    assert [attempt["provider"] for attempt in snapshot.answer.attempts] == ["up/together"]
    assert snapshot.seq == 4, "which is told, so that it does not come again"


async def test_the_way_to_an_answer_survives_a_kill(engine, store):
    turn = begin(store, Attempt("together", BUSY), Notice(LEFT_OUT), Content("Hi"), SILENCE)
    engine.start(turn)
    await heard(turn, "Hi")
    await engine.checkpoint()

    assert interrupt_running(store, {"code": "stream_cut", "message": "Died."}) == 1

    saved = store.message("local", turn.message_id)
    assert saved.notices == [LEFT_OUT]
    assert [attempt["provider"] for attempt in saved.attempts] == ["up/together"]


async def run(engine, store, up, *steps, stop_at=None, **where):
    """Run a turn to its end, or stop it when it has come to a text; return it."""
    turn = begin(store, *steps, up=up, **where)
    engine.start(turn)
    if stop_at:
        await heard(turn, stop_at)
        turn.end("stopped")
    await engine.idle()
    return turn


def behind(turn):
    """Return where the next turn of this branch is."""
    return {"conversation_id": turn.begun.conversation_id, "parent_id": turn.message_id}


def state_of(up):
    """Return the state that a provider was given last."""
    return up.instance.asked[3]


THREAD = {"parent": "message-1"}


async def test_a_provider_hears_on_the_next_turn_what_it_left(engine, store):
    up = scripted()
    first = await run(engine, store, up, Content("One."), UpstreamState(THREAD), Finish("stop"))
    assert state_of(up) is None

    await run(engine, store, up, Content("Two."), **behind(first))

    assert state_of(up) == THREAD


async def test_a_provider_does_not_hear_of_a_thread_that_missed_what_another_answered(engine, store):
    up, other = scripted(), scripted("other")
    first = await run(engine, store, up, Content("One."), UpstreamState(THREAD))
    second = await run(engine, store, other, Content("Two."), **behind(first))

    await run(engine, store, up, Content("Three."), **behind(second))

    assert state_of(up) is None


async def test_a_thread_that_missed_a_failed_answer_is_left(engine, store):
    up = scripted()
    first = await run(engine, store, up, Content("One."), UpstreamState(THREAD))
    second = await run(engine, store, up, Content("Tw"), OverloadedError("busy"), **behind(first))

    await run(engine, store, up, Content("Three."), **behind(second))

    assert state_of(up) is None


async def test_a_thread_is_left_when_its_answer_did_not_come_to_its_end(engine, store):
    up = scripted()
    first = await run(engine, store, up, UpstreamState(THREAD), Content("On"), SILENCE, stop_at="On")

    await run(engine, store, up, Content("Two."), **behind(first))

    assert state_of(up) is None
    assert store.message("local", first.message_id).state is None


async def test_an_answer_that_went_on_elsewhere_leaves_no_thread(engine, store):
    up, other = scripted(), scripted("other")
    first = await run(engine, store, up, Content("One "), UpstreamState(THREAD), Finish("length"))
    await run(engine, store, other, Content("and two."), action="continue", **behind(first))

    await run(engine, store, up, Content("Three."), **behind(first))

    assert state_of(up) is None


async def test_a_continued_answer_that_is_stopped_leaves_no_thread(engine, store):
    up = scripted()
    first = await run(engine, store, up, Content("One "), UpstreamState(THREAD), Finish("length"))
    more = {"action": "continue", **behind(first)}
    await run(engine, store, up, Content("and"), SILENCE, stop_at="One and", **more)
    assert state_of(up) == THREAD

    await run(engine, store, up, Content(" two."), **more)

    assert state_of(up) is None


async def test_another_answer_to_a_question_begins_where_the_first_one_did(engine, store):
    up, other_thread = scripted(), {"parent": "message-3"}
    first = await run(engine, store, up, Content("One."), UpstreamState(THREAD))
    second = await run(engine, store, up, Content("Two."), UpstreamState(other_thread), **behind(first))
    assert state_of(up) == THREAD
    question = {"conversation_id": first.begun.conversation_id, "parent_id": second.begun.user_message_id}

    await run(engine, store, up, Content("Zwei."), action="regenerate", **question)

    assert state_of(up) == THREAD
