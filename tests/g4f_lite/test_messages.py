import pytest

from g4f_lite.errors import ImageNotSupportedError
from g4f_lite.messages import (
    Image,
    Inline,
    Message,
    conversation,
    estimate_tokens,
    flat_prompt,
    message_of,
    refuse_images,
    with_system,
)

PIXEL = "data:image/png;base64,iVBORw0KGgo="


def test_a_text_is_taken_as_it_is():
    assert message_of({"role": "user", "content": " Hi\n"}) == Message("user", " Hi\n")


def test_no_content_is_an_empty_text():
    assert message_of({"role": "assistant", "content": None}) == Message("assistant", "")


def test_parts_become_a_text_and_images():
    parts = [
        {"type": "text", "text": "What is"},
        {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}},
        {"type": "text", "text": "this?"},
        {"type": "image_url", "image_url": "https://example.com/a.png"},
    ]

    message = message_of({"role": "user", "content": parts})

    assert message == Message("user", "What is\nthis?", (Image(PIXEL), Image("https://example.com/a.png")))


def test_a_developer_is_the_system_under_its_newer_name():
    assert message_of({"role": "developer", "content": "Be brief."}).role == "system"


@pytest.mark.parametrize(
    "value",
    [
        {"content": "Hi"},
        {"role": "tool", "content": "Hi"},
        {"role": ["user"], "content": "Hi"},
        {"role": "user", "content": 5},
        {"role": "user", "content": ["Hi"]},
        {"role": "user", "content": [{"type": "text", "text": 5}]},
        {"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {}}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,no!"}}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": PIXEL.rstrip("=") + "AA"}}]},
    ],
)
def test_anything_else_is_refused_in_a_sentence(value):
    with pytest.raises(ValueError, match=r"\.$|,$"):
        message_of(value)


def test_an_image_at_hand_says_what_it_is():
    assert Image(PIXEL).inline == Inline("image/png", "iVBORw0KGgo=")
    assert Image(PIXEL.rstrip("=")).inline == Inline("image/png", "iVBORw0KGgo=")
    assert Image("https://example.com/a.png").inline is None


def test_a_system_message_is_not_put_before_another():
    own = [Message("system", "Mine."), Message("user", "Hi")]

    assert with_system("Be brief.", own) == own
    assert with_system("Be brief.", own[1:]) == [Message("system", "Be brief."), own[1]]


def test_a_single_message_is_itself():
    assert flat_prompt(conversation("Hello")) == "Hello"


def test_several_messages_become_lines_with_their_roles():
    messages = [Message("system", "Be brief."), *conversation("Hello", "Hi!", "How\nare you?")]

    assert flat_prompt(messages) == "System: Be brief.\nUser: Hello\nAssistant: Hi!\nUser: How\nare you?\nAssistant:"


def test_images_are_refused_where_nothing_can_be_done_with_them():
    refuse_images("h2o", conversation("Hello"))
    with pytest.raises(ImageNotSupportedError, match="h2o does not accept images"):
        refuse_images("h2o", [Message("user", "Look", (Image("https://example.com/a.png"),))])


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a", 1), ("four", 1), ("fives", 2), ("日本語", 3), ("日本語 and", 4), ("한국", 2)]
)
def test_four_characters_make_a_token_and_wide_ones_one_each(text, tokens):
    assert estimate_tokens(text) == tokens
