import pytest

from g4f_lite.errors import ImageNotSupportedError
from g4f_lite.flat_prompt import dialogue, refuse_images
from g4f_lite.messages import Image, Message, conversation


def test_a_single_message_is_itself():
    assert dialogue(conversation("Hello")) == "Hello"


def test_several_messages_become_lines_with_their_roles():
    messages = [Message("system", "Be brief."), *conversation("Hello", "Hi!", "How\nare you?")]

    assert dialogue(messages) == "System: Be brief.\nUser: Hello\nAssistant: Hi!\nUser: How\nare you?\nAssistant:"


def test_images_are_refused_where_nothing_can_be_done_with_them():
    refuse_images("h2o", conversation("Hello"))
    with pytest.raises(ImageNotSupportedError, match="h2o takes no images"):
        refuse_images("h2o", [Message("user", "Look", (Image("https://example.com/a.png"),))])
