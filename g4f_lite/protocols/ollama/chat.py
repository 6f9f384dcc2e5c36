"""A chat in Ollama's own protocol: the body that asks, and the reply, bytes as they arrive in, pieces out. Pure.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-chat-completion
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from g4f_lite import jsonlines
from g4f_lite.errors import ImageNotSupportedError
from g4f_lite.messages import Image, Message, Params
from g4f_lite.pieces import Finish, Piece, Usage
from g4f_lite.reply import Reply, is_count


def chat_request(
    provider: str, model: str, messages: Sequence[Message], params: Params, context: int | None
) -> dict[str, Any]:
    """Return the body that asks for a reply.

    provider: the name in config.json, for the sentence of an error. context: in tokens; None is the server's own.
    Raises: ImageNotSupportedError for an image of which there is only the address.
    """
    options = _options(params, context)
    return {
        "model": model,
        "messages": [_message(provider, message) for message in messages],
        "stream": True,
        **({"options": options} if options else {}),
    }


class ChatReply(Reply):
    """One reply. It has finished with the record that is `done`, which may hold text, too."""

    def __init__(self, provider: str, secrets: Collection[str] = ()) -> None:
        super().__init__(provider, secrets)
        self._lines = jsonlines.Decoder(provider)
        self._last: Mapping[str, Any] = {}
        self._has_answered = False
        self._calls_tool = False

    @property
    def has_finished(self) -> bool:
        return self.is_over

    def take(self, block: bytes, pieces: list[Piece]) -> None:
        for record in self._lines.feed(block):
            self._record(record, pieces)
            if self.is_over:
                return

    def take_rest(self, pieces: list[Piece]) -> None:
        if self.is_over:
            return
        for record in self._lines.end():
            self._record(record, pieces)

    def conclusion(self) -> Iterator[Piece]:
        if not self.is_over:
            raise self.cut()
        if not self._has_answered:
            self._judge_silence()
        if usage := _usage(self._last):
            yield usage
        yield Finish("length" if self._last.get("done_reason") == "length" else "stop")

    def _record(self, record: Any, pieces: list[Piece]) -> None:
        if not isinstance(record, dict):
            raise self.malformed("JSON that is no part of an answer")
        if isinstance(message := record.get("message"), dict):
            self._message(message, pieces)
        if record.get("error"):
            raise self.interruption(record)
        if record.get("done"):
            self._last, self.is_over = record, True

    def _message(self, message: Mapping[str, Any], pieces: list[Piece]) -> None:
        if isinstance(thinking := message.get("thinking"), str):
            self.texts.think(thinking, pieces)
        if isinstance(content := message.get("content"), str) and content:
            self._has_answered = True
            self.texts.say(content, pieces)
        if message.get("tool_calls"):
            self._calls_tool = True

    def _judge_silence(self) -> None:
        """Raise what it means that there is no answer, unless the model just had nothing to say."""
        if self._calls_tool:
            raise self.malformed("the call of a tool that nobody offered, in the place of an answer")
        if self._last.get("done_reason") in ("load", "unload"):
            raise self.malformed("word that the model was loaded or unloaded, in the place of an answer")


def _options(params: Params, context: int | None) -> dict[str, Any]:
    given = params.given()
    if "max_tokens" in given:
        given["num_predict"] = given.pop("max_tokens")
    return given | ({"num_ctx": context} if context else {})


def _message(provider: str, message: Message) -> dict[str, Any]:
    images = [_data(provider, image) for image in message.images]
    return {"role": message.role, "content": message.content, **({"images": images} if images else {})}


def _data(provider: str, image: Image) -> str:
    """Return an image in base64, without a media type: the server looks for itself."""
    if not image.inline:
        raise ImageNotSupportedError(f"{provider} fetches no images: attach the image itself, not its address.")
    return image.inline.data


def _usage(record: Mapping[str, Any]) -> Usage | None:
    """Return what was counted, or None where one of the counts is missing: a prompt still in memory is not counted."""
    prompt, answer = record.get("prompt_eval_count"), record.get("eval_count")
    return Usage(prompt, answer) if is_count(prompt) and is_count(answer) and prompt + answer else None
