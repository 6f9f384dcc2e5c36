"""H2o: the models that H2O.ai served at gpt-gm.h2o.ai, or any other chat-ui server of that time."""

from collections.abc import AsyncGenerator, Generator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, closing
from typing import Any, ClassVar

from g4f_lite.config.settings import ProviderSettings
from g4f_lite.direct import AsyncReply, params_in, provider_of, text_of
from g4f_lite.errors import ModelNotSupportedError, RejectedError
from g4f_lite.http.reply_stream import decode_reply
from g4f_lite.http.transport import Http, secrets_of
from g4f_lite.messages import Message, Params, flat_prompt, message_of, refuse_images
from g4f_lite.pieces import Piece
from g4f_lite.protocols.chat_ui.client import ChatUiClient
from g4f_lite.protocols.chat_ui.reply import ChatUiReply
from g4f_lite.protocols.chat_ui.request import ChatUiOptions, message, parameters, prompt
from g4f_lite.protocols.chat_ui.request_flow import RequestFlow, headers
from g4f_lite.provider import Provider
from g4f_lite.routing.model_info import ModelInfo

CONTEXT = 2048
"""Tokens of each model, for question and answer together."""


class H2o(Provider):
    """A chat-ui server. Each reply has its own session and conversation, which is then deleted."""

    kind = "H2o"
    label = "H2O.ai"
    url: ClassVar[str] = "https://gpt-gm.h2o.ai"
    model: ClassVar[str] = "h2oai/h2ogpt-gm-oasst1-en-2048-falcon-40b-v1"
    models: ClassVar[Mapping[str, str]] = {
        "falcon-7b": "h2oai/h2ogpt-gm-oasst1-en-2048-falcon-7b-v3",
        "falcon-40b": "h2oai/h2ogpt-gm-oasst1-en-2048-falcon-40b-v1",
        "llama-13b": "h2oai/h2ogpt-gm-oasst1-en-2048-open-llama-13b",
    }
    supports_stream: ClassVar[bool] = True
    needs_auth: ClassVar[bool] = False
    default_base_url = url
    default_model = model
    model_aliases = models
    Options = ChatUiOptions
    options: ChatUiOptions

    def __init__(self, name: str, settings: ProviderSettings, http: Http) -> None:
        super().__init__(name, settings, http)
        self.base_url = (settings.base_url or self.url).rstrip("/")
        self._client = ChatUiClient(name, settings, http)

    async def stream(
        self, model: str, messages: Sequence[Message], params: Params, state: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[Piece, None]:
        """Yield the reply as `Provider.stream` says. Raises: also RejectedError if there is no text."""
        refuse_images(self.name, messages)
        inputs = flat_prompt(messages)
        if not inputs.strip():
            raise RejectedError(f"{self.name} does not answer empty messages. Write a message first.")
        turn = self._turn(model, message(inputs, parameters(self.options, params)))
        async with AsyncExitStack() as stack:
            response = await self._client.answer(turn, stack)
            pieces = decode_reply(response, self._reply(params))
            async for piece in await stack.enter_async_context(aclosing(pieces)):
                yield piece

    async def list_models(self) -> list[ModelInfo]:
        """Return the configured names, or those of the class. The service has no list; this checks that it answers."""
        page = self.http.request(
            "GET", f"{self.base_url}/", self.settings, provider=self.name, headers=headers(self.base_url)
        )
        async with page:
            return [ModelInfo(name, vision=False, context=CONTEXT) for name in self.settings.models or self.models]

    async def close(self) -> None:
        await self._client.close()

    @classmethod
    def create_async_generator(
        cls, model: str | None, messages: Sequence[Mapping[str, Any]], proxy: str | None = None, **kwargs: Any
    ) -> AsyncReply:
        return AsyncReply(cls, cls.get_model(model, **kwargs), messages, {"proxy": proxy, **kwargs})

    @classmethod
    def create_completion(
        cls, model: str | None, messages: Sequence[Mapping[str, Any]], stream: bool = True, **kwargs: Any
    ) -> Iterator[str]:
        """Ask synchronously, with another prompt; yield the texts as they come, or a single text if not `stream`.

        kwargs: as for `create_async_generator`; also `id` and `response_id`, the UUIDs of the two messages.
        """
        provider = provider_of(cls, kwargs, Http())
        texts = _texts(provider._sync_pieces(model, [message_of(message) for message in messages], kwargs))
        return texts if stream else _joined(texts)

    @classmethod
    def get_model(cls, model: str | None, **kwargs: Any) -> str:
        """Return the service's own name. A name without a slash must be an alias, unless `base_url` is another service.

        kwargs: `base_url`, if there is one. Raises: ModelNotSupportedError.
        """
        return cls._known(model, kwargs.get("base_url"), cls.kind)

    @classmethod
    def _known(cls, model: str | None, base_url: str | None, provider: str) -> str:
        id_ = cls.models.get(model, model) if model else cls.model
        is_elsewhere = (base_url or cls.url).rstrip("/") != cls.url.rstrip("/")
        if is_elsewhere or "/" in id_:
            return id_
        names = ", ".join(cls.models)
        raise ModelNotSupportedError(f"{provider} has no model called {id_[:100]}. Choose one of {names}.")

    def _sync_pieces(
        self, model: str | None, messages: Sequence[Message], kwargs: Mapping[str, Any]
    ) -> Generator[Piece, None, None]:
        """Return a generator of the pieces for synchronous code. It calls nothing before the first `next`."""
        # Imported only here: requests takes 5 MB of memory, which a server that never calls this can save.
        from g4f_lite.protocols.chat_ui.sync_client import SyncChatUiClient

        refuse_images(self.name, messages)
        params = params_in({name: value for name, value in kwargs.items() if value is not None})
        ids = kwargs.get("id"), kwargs.get("response_id")
        body = message(prompt(messages), parameters(self.options, params), *ids)
        return SyncChatUiClient(self._turn(model, body, opens_page=True), self.settings).pieces(self._reply(params))

    def _turn(self, model: str | None, body: Mapping[str, Any], opens_page: bool = False) -> RequestFlow:
        known = self._known(model, self.settings.base_url, self.name)
        return RequestFlow(self.name, self.base_url, known, body, opens_page, secrets_of(self.settings))

    def _reply(self, params: Params) -> ChatUiReply:
        return ChatUiReply(self.name, secrets_of(self.settings), params.stop)


def _create_completion(
    model: str | None, messages: Sequence[Mapping[str, Any]], stream: bool = True, **kwargs: Any
) -> Iterator[str]:
    """Call `H2o.create_completion`. The provider's description has it as a function."""
    return H2o.create_completion(model, messages, stream, **kwargs)


def _texts(pieces: Generator[Piece, None, None]) -> Iterator[str]:
    with closing(pieces):
        for piece in pieces:
            if text := text_of(piece):
                yield text


def _joined(texts: Iterator[str]) -> Iterator[str]:
    yield "".join(texts)
