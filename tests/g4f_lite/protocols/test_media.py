"""Images beside a conversation become parts of its last question."""

import pytest

from g4f_lite.messages import Image, Message, message_of
from g4f_lite.protocols.hugging_face.media import with_media

QUESTION = {"role": "user", "content": "Describe this image."}
ANSWER = {"role": "assistant", "content": "A cat."}
ADDRESS = "https://example.com/image.jpg"


def images_of(media, messages=(QUESTION,)):
    return [message_of(message).images for message in with_media(messages, media)]


def test_without_images_nothing_changes():
    assert with_media([QUESTION, ANSWER], []) == [QUESTION, ANSWER]


def test_the_last_question_gets_them():
    media = [{"url": ADDRESS, "type": "image/jpeg"}, {"url": "data:image/png;base64,AAAA"}]

    assert images_of(media, [QUESTION, ANSWER, QUESTION, ANSWER]) == [
        (),
        (),
        (Image(ADDRESS), Image("data:image/png;base64,AAAA")),
        (),
    ]


def test_the_question_s_words_and_own_images_stay():
    parts = [{"type": "text", "text": "And this?"}, {"type": "image_url", "image_url": {"url": "https://a.example/1"}}]

    (shown,) = with_media([{"role": "user", "content": parts}], [{"url": ADDRESS}])

    assert message_of(shown) == Message("user", "And this?", (Image("https://a.example/1"), Image(ADDRESS)))


@pytest.mark.parametrize("content", [None, ""])
def test_a_question_may_be_nothing_but_an_image(content):
    (shown,) = with_media([{"role": "user", "content": content}], [{"url": ADDRESS}])

    assert message_of(shown) == Message("user", "", (Image(ADDRESS),))


def test_the_caller_s_messages_are_left_alone():
    parts = [{"type": "text", "text": "And this?"}]
    with_media([{"role": "user", "content": parts}], [{"url": ADDRESS}])

    assert parts == [{"type": "text", "text": "And this?"}]


@pytest.mark.parametrize(
    ("medium", "url"),
    [
        ((b"\xff\xd8", "cat.jpg"), "data:image/jpeg;base64,/9g="),
        ((b"GIF8", "cat.gif"), "data:image/gif;base64,R0lGOA=="),
        ((b"\x89PNG", None), "data:image/png;base64,iVBORw=="),
        ((ADDRESS, "image.jpg"), ADDRESS),
        ((ADDRESS, None), ADDRESS),
    ],
    ids=str,
)
def test_a_file_and_its_name_are_an_image(medium, url):
    assert images_of([medium]) == [(Image(url),)]


@pytest.mark.parametrize("medium", [{"url": ADDRESS, "type": "audio/mpeg"}, (b"RIFF", "speech.wav")], ids=str)
def test_what_is_no_image_is_refused(medium):
    with pytest.raises(ValueError, match="Only images"):
        with_media([QUESTION], [medium])


@pytest.mark.parametrize("medium", [{}, {"url": "file:///etc/passwd"}, ("/etc/passwd", "a.png")], ids=str)
def test_nothing_is_read_from_anywhere(medium):
    with pytest.raises(ValueError, match="url must start with"):
        images_of([medium])


def test_an_image_needs_a_question():
    with pytest.raises(ValueError, match="user message"):
        with_media([ANSWER], [{"url": ADDRESS}])
