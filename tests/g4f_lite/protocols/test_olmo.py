"""The playground's protocol without a socket: the limits of a question, and the meaning of records."""

import json
from itertools import chain

import pytest

from g4f_lite.decoding.error_responses import error_from_response
from g4f_lite.errors import (
    ContentRefusedError,
    KeyRejectedError,
    ModelNotSupportedError,
    NeedsBrowserError,
    OverloadedError,
    PromptTooLongError,
    RejectedError,
    StreamCutError,
    UpstreamError,
)
from g4f_lite.messages import Image, Message, Params, conversation
from g4f_lite.pieces import Content, Finish, Reasoning, UpstreamState
from g4f_lite.protocols.olmo.model_list import OlmoModel, known, models_in
from g4f_lite.protocols.olmo.question_form import question_form
from g4f_lite.protocols.olmo.rejections import explained, is_about_the_thread
from g4f_lite.protocols.olmo.reply import OlmoReply
from g4f_lite.protocols.olmo.thread import Thread, thread_of
from tests.support.divisions import divided
from tests.support.services.olmo_service import ANSWER_ID, chunk, failure, flat, message, record, said, tree, typed

STATE = UpstreamState({"parent": ANSWER_ID, "user": "somebody"})
END = typed("end")
PIXEL = Image("data:image/png;base64,iVBORw0KGgo=")
EYES = known("mm-olmo-uber-model-v4-synthetic")


def decoded(*records):
    """Return the pieces of a reply with neighbouring texts joined, and what it failed with."""
    reply, pieces, error = OlmoReply("allenai", "somebody"), [], None
    try:
        for piece in chain(*map(reply.feed, records), reply.end()):
            pieces.append(piece)
    except UpstreamError as caught:
        error = caught
    return joined(pieces), error


def joined(pieces):
    whole = []
    for piece in pieces:
        if whole and isinstance(piece, Content | Reasoning) and type(piece) is type(whole[-1]):
            piece = type(piece)(whole.pop().text + piece.text)
        whole.append(piece)
    return whole


def asked(messages, params=Params(), model=EYES, parent=""):  # noqa: B008 - it is frozen
    return question_form("allenai", model, messages, params, True, parent)


def fields(params):
    return dict(asked(conversation("Hi"), params).fields())


# replies


def test_a_tree_and_its_chunks():
    pieces = [Content("Hello\n\n"), STATE, Finish("stop")]

    assert decoded(tree(), chunk("Hel"), chunk("lo"), chunk("\n\n"), tree(final=True)) == (pieces, None)


def test_white_space_is_text():
    assert decoded(tree(), chunk("  "), chunk("\n"), chunk("a"), chunk(" "), tree(final=True))[0][0] == Content(
        "  \na "
    )


def test_a_system_message_at_the_root_hides_no_answer():
    def rooted(final):
        return record(message("system", message("user", message("assistant", final=final), final=final), final=True))

    assert decoded(rooted(False), chunk("Hi"), rooted(True)) == ([Content("Hi"), STATE, Finish("stop")], None)
    assert isinstance(decoded(rooted(True), chunk("Hi"))[1], StreamCutError)


def test_the_first_snapshot_is_no_end_whatever_it_says():
    assert decoded(tree(final=True), chunk("Hi"), tree(final=True))[0][0] == Content("Hi")


def test_the_last_answer_of_a_tree_is_the_one_to_follow():
    answers = message("assistant", message("assistant", final=True), final=True) | {"id": "msg_EARLIER"}
    last = record(message("user", answers, final=True))

    assert decoded(tree(), chunk("Hi"), last)[0] == [Content("Hi"), STATE, Finish("stop")]


def test_the_first_message_of_a_tree_says_whether_it_is_final():
    last = record(message("user", message("assistant", final=False), final=True))

    assert decoded(tree(), chunk("Hi"), last) == ([Content("Hi"), STATE, Finish("stop")], None)


def test_nothing_follows_the_end():
    for stream in (
        [tree(), chunk("Hi"), tree(final=True), chunk("late")],
        [typed("start"), said("Hi"), END, said("late")],
    ):
        assert decoded(b"".join(stream))[0][0] == Content("Hi")


def test_typed_chunks():
    records = [
        typed("start"),
        tree(),
        typed("thinking", content="Let me ", id=None),
        typed("thinking", content="see.", id="x"),
        typed("toolCall", toolCallId="1", toolName="search", args={"q": "x"}, toolSource="internal"),
        typed("somethingNew", content={"of": "ours"}),
        said("Hello"),
        chunk(", you"),
        tree(final=True),
        END,
    ]

    pieces, error = decoded(*records)

    assert pieces == [Reasoning("Let me see."), Content("Hello, you"), STATE, Finish("stop")]
    assert error is None


TOOL_RESULT = {"id": "msg_T", "role": "tool_call_result", "final": True}
AFTER_A_TOOL = record(message("user", message("assistant", TOOL_RESULT, final=True), final=True))


@pytest.mark.parametrize("between", [AFTER_A_TOOL, tree(final=True)])
def test_between_the_rounds_of_a_typed_reply_a_final_tree_is_no_end(between):
    records = [typed("start"), tree(), said("I look. "), between, tree(), said("Found."), tree(final=True), END]

    assert decoded(*records) == ([Content("I look. Found."), STATE, Finish("stop")], None)
    assert isinstance(decoded(*records[:6])[1], StreamCutError)


def test_a_reply_that_ends_with_what_a_tool_returned_was_cut():
    assert isinstance(decoded(typed("start"), tree(), said("I look. "), AFTER_A_TOOL)[1], StreamCutError)


def test_a_typed_reply_may_end_with_its_last_tree():
    assert decoded(typed("start"), tree(), said("Hi"), tree(final=True)) == (
        [Content("Hi"), STATE, Finish("stop")],
        None,
    )


def test_the_flat_lists_of_threads():
    assert decoded(typed("start"), flat(), said("Hi"), flat(final=True, finishReason=None), END) == (
        [Content("Hi"), STATE, Finish("stop")],
        None,
    )
    assert decoded(flat(), chunk("Hi"), flat(final=True))[0] == [Content("Hi"), STATE, Finish("stop")]


@pytest.mark.parametrize(
    "records",
    [
        [],
        [tree()],
        [tree(), chunk("a")],
        [tree(), chunk("a"), tree(final=True)[:-20]],
        [flat(), chunk("a")],
        [flat(), chunk("a"), flat()],
        [typed("start"), flat(), said("a")],
        [typed("start"), tree(), said("a"), END[:-5]],
        [record({"id": "msg_S", "messages": []}), chunk("a"), record({"id": "msg_S", "messages": []})],
    ],
)
def test_what_ends_without_an_end_was_cut(records):
    pieces, error = decoded(*records)

    assert pieces == ([Content("a")] if len(records) > 1 else [])
    assert isinstance(error, StreamCutError)


def test_the_last_record_needs_no_line_end():
    for last in (tree(final=True), END):
        assert decoded(typed("start"), tree(), said("a"), last.rstrip())[1] is None


def test_a_reply_is_the_same_however_its_bytes_are_divided():
    stream = b"".join([tree(), chunk("é👋\u2028"), chunk("\ud83d"), chunk("\udc4b"), tree(final=True)])
    whole = ([Content("é👋\u2028👋"), STATE, Finish("stop")], None)

    assert decoded(*divided(stream, range(len(stream)))) == whole
    assert all(decoded(*divided(stream, [place])) == whole for place in range(0, len(stream), 7))


def test_the_last_record_may_repeat_a_long_answer():
    text = "word 👋 " * 100_000

    pieces, error = decoded(tree(), *[chunk("word 👋 " * 1000)] * 100, tree(final=True, content=text))

    assert (pieces[0], pieces[-1], error) == (Content(text), Finish("stop"), None)


@pytest.mark.parametrize(
    "end",
    [
        [tree(final=True, finish_reason="length")],
        [failure("length"), tree(final=True, finish_reason="length")],
        [failure("length"), tree(final=True)],
        [typed("x"), flat(final=True, finishReason="length"), END],
    ],
)
def test_an_answer_that_reached_its_limit_says_so(end):
    assert decoded(tree(), chunk("Hi"), *end) == ([Content("Hi"), STATE, Finish("length")], None)


def test_a_limit_is_an_end_also_when_the_messages_are_not_sent_again():
    assert decoded(tree(), chunk("Hi"), failure("length")) == ([Content("Hi"), Finish("length")], None)


@pytest.mark.parametrize("reason", ["length", "unclosed stream"])
def test_a_limit_before_any_text_means_a_long_prompt(reason):
    pieces, error = decoded(tree(), failure(reason, "too large"), tree(final=True, finish_reason=reason))

    assert (pieces, type(error), error.detail) == ([], PromptTooLongError, "too large")


def test_an_unclosed_stream_after_text_was_cut():
    pieces, error = decoded(tree(), chunk("Hi"), failure("unclosed stream", "the prompt is too long"), tree(final=True))

    assert (pieces, type(error)) == ([Content("Hi")], StreamCutError)


@pytest.mark.parametrize(
    ("record_", "kind"),
    [
        (failure("model overloaded", "model overloaded"), OverloadedError),
        (failure("model overloaded", "try later"), OverloadedError),
        (failure("aborted"), UpstreamError),
        (failure("grpc inference failed"), UpstreamError),
        (failure("finalization failure"), UpstreamError),
        (failure("value error from inference result"), UpstreamError),
        (failure("general exception"), UpstreamError),
        (failure("Model http error", "This model's maximum context length is 4096 tokens"), PromptTooLongError),
        (record({"message": ANSWER_ID, "error": {"odd": 1}, "reason": ["odd"]}), UpstreamError),
        (typed("error", errorCode="toolCallError", errorDescription="no such tool"), UpstreamError),
        (record({"error": {"code": 503, "message": "busy"}}), OverloadedError),
    ],
)
def test_errors_in_the_stream_are_raised_after_the_text_before_them(record_, kind):
    for start in ([tree()], [typed("start"), flat()]):
        pieces, error = decoded(*start, chunk("Hi\n"), record_, chunk("late"), tree(final=True))
        assert (pieces, type(error)) == ([Content("Hi\n")], kind)


@pytest.mark.parametrize("odd", [1, None, "a", []])
def test_what_is_no_record_is_skipped(odd):
    pieces, error = decoded(tree(), chunk("Hi"), record(odd), tree(final=True))

    assert (pieces[0], error) == (Content("Hi"), None)


@pytest.mark.parametrize("odd", [{"message": "x", "content": 5}, {"message": "x", "content": ["a"]}])
def test_a_text_that_is_none_is_malformed(odd):
    pieces, error = decoded(tree(), chunk("Hi"), record(odd), tree(final=True))

    assert (pieces, error.code) == ([Content("Hi")], "malformed_reply")


@pytest.mark.parametrize(
    "odd",
    [
        {"role": "user", "children": {"a": 1}},
        {"role": ["user"], "children": [1, None, [{}]]},
        {"messages": {"role": "assistant"}},
        {"messages": [1, {"role": "assistant", "id": 5}], "type": {}},
        {"type": ["end"]},
        {"reason": "length"},
    ],
)
def test_odd_records_break_nothing(odd):
    assert decoded(tree(), chunk("Hi"), record(odd), chunk("!"), tree(final=True), END)[0][0].text.startswith("Hi")


def test_a_deep_tree_breaks_nothing():
    deep = b'{"role":"user","children":[' * 400 + b'{"role":"assistant","id":"x"}' + b"]}" * 400 + b"\n"

    assert decoded(deep, chunk("Hi"), tree(final=True))[0] == [Content("Hi"), STATE, Finish("stop")]


@pytest.mark.parametrize("id_", [None, 5, "", "a b", "a\nb", "é", "x" * 201])
def test_an_id_that_cannot_be_sent_again_is_not_kept(id_):
    last = record(message("user", message("assistant", final=True) | {"id": id_}, final=True))

    assert decoded(tree(), chunk("Hi"), last)[0] == [Content("Hi"), Finish("stop")]


# questions


@pytest.mark.parametrize(
    ("given", "sent"),
    [(0.7, "0.7"), (0.333, "0.33"), (1.2, "1"), (2, "1"), (-1, "0"), (0, "0"), (0.005001, "0.01"), (1e-9, "0.0")],
)
def test_temperatures_are_brought_within_the_limits(given, sent):
    assert float(fields(Params(temperature=given))["temperature"]) == float(sent)


@pytest.mark.parametrize(("given", "sent"), [(0.9, "0.9"), (0.001, "0.01"), (0, "0.01"), (5, "1"), (0.999, "1.0")])
def test_top_p_is_brought_within_its_limits(given, sent):
    assert float(fields(Params(top_p=given))["top_p"]) == float(sent)


@pytest.mark.parametrize(("given", "sent"), [(0, "1"), (-5, "1"), (100, "100"), (2048, "2048"), (32768, "2048")])
def test_max_tokens_are_brought_within_their_limits(given, sent):
    assert fields(Params(max_tokens=given))["max_tokens"] == sent


def test_what_was_not_set_is_no_field():
    assert fields(Params(stop=("", ""))) == {"model": EYES.id, "content": "Hi", "private": "true"}


def test_a_known_thread_is_asked_the_last_question_alone():
    assert asked(conversation("a", "b", "c"), parent="msg_X").text == "c"
    assert asked([*conversation("a"), Message("assistant", "b")], parent="msg_X").text == "a"
    assert asked(conversation("a", "b", "c")).text == "User: a\nAssistant: b\nUser: c\nAssistant:"


def test_a_message_without_text_is_refused_before_it_is_sent():
    for parent in ("", "msg_X"):
        with pytest.raises(RejectedError, match="without text"):
            asked([Message("user", "", (PIXEL,))], parent=parent)


def test_images_go_to_models_that_see():
    message_ = Message("user", "What is this?", (PIXEL, PIXEL))

    assert asked([message_]).images == [PIXEL.inline] * 2
    with pytest.raises(ModelNotSupportedError, match="does not accept images"):
        asked([message_], model=known("tulu3-405b"))


def test_images_of_earlier_questions_are_known_to_the_thread():
    messages = [Message("user", "a", (PIXEL,)), Message("assistant", "b"), Message("user", "c")]

    assert asked(messages, parent="msg_X", model=known("tulu3-405b")).images == []


@pytest.mark.parametrize("url", ["https://example.org/a.png", "data:image/png;base64,AAAAA"])
def test_images_that_cannot_be_sent_are_refused(url):
    with pytest.raises(RejectedError, match="cannot fetch"):
        asked([Message("user", "What is this?", (Image(url),))])


# threads


def test_a_state_is_a_thread_again():
    assert thread_of(Thread("somebody", "msg_X").state()) == Thread("somebody", "msg_X")


@pytest.mark.parametrize(
    "state",
    [None, {}, [], "x", {"parent": "msg_X"}, {"parent": "msg_X", "user": 5}, {"parent": "msg_X", "user": "a\r\nb: c"}],
)
def test_a_state_without_a_user_is_a_new_thread(state):
    one, other = thread_of(state), thread_of(state)

    assert one.parent == "" and len(one.user) == 36 and one.user != other.user


@pytest.mark.parametrize("parent", [None, 5, "", ["msg_X"], "msg X", "x" * 201])
def test_what_names_no_parent_is_a_new_thread(parent):
    assert thread_of({"parent": parent, "user": "somebody"}) == Thread("somebody")


# models


def test_each_model_is_known_with_its_host():
    assert known("tulu3-405b").host == "inferd"
    assert known("olmoe-0125").host == known("one-of-tomorrow").host == "modal"


def test_a_list_tells_who_answers_where_and_who_sees():
    listing = [
        {"id": "a", "host": "inferd", "is_visible": True, "prompt_type": "text_only", "accepts_files": False},
        {"id": "b", "host": "modal", "prompt_type": "multi_modal", "accepted_file_types": ["video/mp4", "image/*"]},
        {"id": "film", "host": "modal", "accepted_file_types": ["video/mp4"]},
        {"id": "old", "host": "modal", "is_visible": False},
        {"id": "asr", "host": "modal", "prompt_type": "files_only", "accepted_file_types": ["audio/*"]},
        {"id": "a", "host": "inferd"},
        {"id": "tulu3-405b", "host": None},
        {"id": EYES.id, "host": "modal"},
    ]

    assert models_in(json.dumps(listing).encode()) == [
        OlmoModel("a", "inferd", False),
        OlmoModel("b", "modal", True),
        OlmoModel("film", "modal", False),
        OlmoModel("tulu3-405b", "inferd", False),
        EYES,
    ]


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b"[]", b'["a"]', b'[{"id": ""}]', b'[{"id": 5}]', b"[" * 100_000, b"\xff", b"null"]
)
def test_what_is_no_list_names_no_models(body):
    assert models_in(body) == []


# refusals


def judged(words, status=400):
    body = json.dumps({"error": {"code": status, "message": words}}).encode()
    error = error_from_response("allenai", status, {}, body)
    error = explained("allenai", error) or error
    return error, is_about_the_thread(error)


@pytest.mark.parametrize(
    "words",
    [
        "failed_captcha",
        "invalid_captcha",
        "failed_captcha_assessment",
        "1 validation error for CreateMessageRequestV4\ncaptchaToken\n  Field required [type=missing, "
        "input_value={'content': 'Hi', 'model': 'm'}, input_type=dict]",
        "1 validation error for CreateMessageRequest\ncaptcha_token\n  Value error, Failed to evaluate captcha.",
    ],
)
def test_a_captcha_wants_a_browser(words):
    error, is_lost = judged(words)

    assert isinstance(error, NeedsBrowserError) and not is_lost
    assert "needs a browser" in error.message


@pytest.mark.parametrize("words", ["inappropriate_prompt", "inappropriate_prompt_text", "inappropriate_prompt_file"])
def test_moderation_is_a_refused_content(words):
    assert type(judged(words)[0]) is ContentRefusedError


@pytest.mark.parametrize(
    "words",
    [
        "model Llama-3.1-x is not available on inferd",
        "Invalid model/host combination a/b",
        "invalid model-host combination",
        "Invalid model x",
        "This model isn't available yet",
    ],
)
def test_a_model_that_is_elsewhere_or_nowhere_is_not_supported(words):
    assert type(judged(words)[0]) is ModelNotSupportedError


@pytest.mark.parametrize(
    "words",
    [
        "Parent message msg_X not found",
        "Parent and child must have different roles",
        "Visibility must be identical for all messages in a thread",
        "Message has an invalid root msg_X",
    ],
)
def test_what_is_about_the_thread_is_distinguished(words):
    error, is_lost = judged(f"1 validation error\n  Value error, {words} [type=value_error, input_value={{'a': 1}}]")

    assert type(error) is RejectedError and is_lost


def test_another_persons_thread_is_about_the_thread():
    error, is_lost = judged("Forbidden", 403)

    assert isinstance(error, KeyRejectedError) and is_lost
    assert "account" in error.message


@pytest.mark.parametrize(
    "words",
    [
        "temperature\n  Input should be less than or equal to 1 [type=x, input_value=1.2, input_type=float]",
        "host\n  Field required [type=missing, input_value={'parent': 'a captcha_token'}, input_type=dict]",
        "host\n  Field required [type=missing, input_value={'content': 'inappropriate_words of my parent",
    ],
)
def test_other_mistakes_are_the_callers_whatever_was_asked(words):
    error, is_lost = judged(words)

    assert type(error) is RejectedError and not is_lost
