"""A conversation as one text, for services that take nothing else."""

from collections.abc import Sequence

from g4f_lite.errors import ImageNotSupportedError
from g4f_lite.messages import Message


def dialogue(messages: Sequence[Message]) -> str:
    """Return `Role: content` lines and a last line that asks for the answer; a single message is itself."""
    if len(messages) == 1:
        return messages[0].content
    lines = [f"{message.role.capitalize()}: {message.content}" for message in messages]
    return "\n".join([*lines, "Assistant:"])


def refuse_images(provider: str, messages: Sequence[Message]) -> None:
    """Raise ImageNotSupportedError if there is an image: to answer as if there were none would be wrong."""
    if any(message.images for message in messages):
        raise ImageNotSupportedError(f"{provider} takes no images. Choose a model that does.")
