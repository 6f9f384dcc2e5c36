"""The form of a question to the playground. Each field is within its limits, and sent only if it was set."""

import base64
import mimetypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aiohttp import FormData

from g4f_lite.decoding.surrogates import join_surrogates
from g4f_lite.errors import ImageNotSupportedError, RejectedError
from g4f_lite.messages import Inline, Message, Params, flat_prompt, refuse_images
from g4f_lite.protocols.olmo.model_list import OlmoModel

LOWEST_TOP_P = 0.01
MAX_TOKENS = 2048
"""The limits of the described endpoint. Those of the newer one depend on the model, and are not known."""


@dataclass(frozen=True, slots=True)
class QuestionForm:
    """A question to a model. parent: the id of the answer before it; empty in a new thread."""

    model: str
    text: str
    images: Sequence[Inline]
    params: Params
    private: bool
    parent: str = ""

    def form(self, host: str = "") -> FormData:
        """Return the request's body, to be sent once. It is always multipart: the service reads nothing else.

        host: left out if empty; the older endpoint requires it.
        """
        form = FormData(default_to_multipart=True)
        for name, value in self.fields(host):
            form.add_field(name, join_surrogates(value))
        for number, image in enumerate(self.images):
            name = f"image-{number}{mimetypes.guess_extension(image.media_type) or ''}"
            form.add_field("files", base64.b64decode(image.data), filename=name, content_type=image.media_type)
        return form

    def fields(self, host: str = "") -> Iterator[tuple[str, str]]:
        """Yield the names and values of the text fields."""
        yield "model", self.model
        if host:
            yield "host", host
        yield "content", self.text
        yield "private", str(self.private).lower()
        if self.parent:
            yield "parent", self.parent
        yield from _parameters(self.params)


def question_form(
    provider: str, model: OlmoModel, messages: Sequence[Message], params: Params, private: bool, parent: str
) -> QuestionForm:
    """Return the form: only the last question if the service has the thread, or else the whole conversation.

    provider: the name in config.json. parent: the id of the answer before the question; empty in a new thread.
    Raises: RejectedError if there is no text; ImageNotSupportedError for images that cannot be sent.
    """
    sent = [last_question(messages)] if parent else messages
    text = flat_prompt(sent)
    if not text:
        raise RejectedError(f"{provider} does not accept a message without text. Add a few words.")
    return QuestionForm(model.id, text, list(_images(provider, model, sent)), params, private, parent)


def last_question(messages: Sequence[Message]) -> Message:
    """Return the user's last message."""
    return next((message for message in reversed(messages) if message.role == "user"), messages[-1])


def _images(provider: str, model: OlmoModel, messages: Sequence[Message]) -> Iterator[Inline]:
    if not model.vision:
        refuse_images(provider, messages)
    for image in (image for message in messages for image in message.images):
        if image.inline is None:
            raise ImageNotSupportedError(f"{provider} cannot fetch an image from an address. Attach the image itself.")
        yield image.inline


def _parameters(params: Params) -> Iterator[tuple[str, str]]:
    if params.temperature is not None:
        yield "temperature", _hundredths(params.temperature, 0)
    if params.top_p is not None:
        yield "top_p", _hundredths(params.top_p, LOWEST_TOP_P)
    if params.max_tokens is not None:
        yield "max_tokens", str(min(max(params.max_tokens, 1), MAX_TOKENS))
    for stop in filter(None, params.stop):
        yield "stop", stop


def _hundredths(value: float, least: float) -> str:
    """Return the nearest number that the service takes. Temperatures of other services go up to 2."""
    return str(round(min(max(value, least), 1), 2))
