"""AllenAI: AI2's playground, which needs no key and keeps each conversation for an anonymous id."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any, ClassVar

from aiohttp import ClientResponse, FormData
from yarl import URL

from g4f_lite.config.settings import Line, ProviderSettings, Strict
from g4f_lite.direct import AsyncReply
from g4f_lite.errors import ModelNotSupportedError, RejectedError, UpstreamError
from g4f_lite.http.reply_stream import decode_reply
from g4f_lite.http.transport import Http, read, reading, secrets_of
from g4f_lite.messages import Message, Params
from g4f_lite.pieces import Piece
from g4f_lite.protocols.olmo.conversation import Conversation, FinishReason, ReplyConverter
from g4f_lite.protocols.olmo.model_list import OlmoModel, known, models_in
from g4f_lite.protocols.olmo.question_form import QuestionForm, question_form
from g4f_lite.protocols.olmo.rejections import explained, is_about_the_thread
from g4f_lite.protocols.olmo.reply import OlmoReply
from g4f_lite.protocols.olmo.thread import Thread, new_thread, thread_of
from g4f_lite.provider import Provider
from g4f_lite.routing.model_info import ModelInfo

__all__ = ["AllenAI", "Conversation", "FinishReason"]

THREADS = "/v4/threads/"
"""The endpoint for questions since June 2025, the only one since November. Without the slash, it redirects."""
LISTS = ("/v4/models/", "/v3/models")
"""The lists of models, since April 2025 and until September."""
NOT_FOUND = frozenset({404, 405})
MAX_LIST_BYTES = 4 << 20

CHANGED = "{0} has changed: its API is no longer at the known address (status 404). Choose another model."


class AllenAIOptions(Strict):
    """`host`: the models' host, if the right one is not known. `private`: hide the thread from other people."""

    host: Line = ""
    private: bool = True


class AllenAI(Provider):
    """AI2's playground. It keeps conversations for a day, so a follow-up sends only its question."""

    kind = "AllenAI"
    label = "Ai2 Playground"
    Options = AllenAIOptions
    options: AllenAIOptions

    url: ClassVar[str] = "https://playground.allenai.org"
    login_url: ClassVar[str | None] = None
    api_endpoint: ClassVar[str] = "https://olmo-api.allen.ai/v4/message/stream"
    """Read at each call. A base_url takes the place of its origin."""
    working: ClassVar[bool] = True
    needs_auth: ClassVar[bool] = False
    use_nodriver: ClassVar[bool] = False
    supports_stream: ClassVar[bool] = True
    supports_system_message: ClassVar[bool] = False
    supports_message_history: ClassVar[bool] = True

    default_model = "tulu3-405b"
    models: ClassVar[Sequence[str]] = [
        default_model,
        "OLMo-2-1124-13B-Instruct",
        "tulu-3-1-8b",
        "Llama-3-1-Tulu-3-70B",
        "olmoe-0125",
    ]
    model_aliases: ClassVar[Mapping[str, str]] = {
        "tulu-3-405b": default_model,
        "olmo-2-13b": "OLMo-2-1124-13B-Instruct",
        "tulu-3-1-8b": "tulu-3-1-8b",
        "tulu-3-70b": "Llama-3-1-Tulu-3-70B",
        "llama-3.1-405b": default_model,
        "llama-3.1-8b": "tulu-3-1-8b",
        "llama-3.1-70b": "Llama-3-1-Tulu-3-70B",
    }

    def __init__(self, name: str, settings: ProviderSettings, http: Http) -> None:
        super().__init__(name, settings, http)
        self._listed: dict[str, OlmoModel] = {}
        self._has_moved = False

    async def stream(
        self, model: str, messages: Sequence[Message], params: Params, state: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[Piece, None]:
        """Yield the reply as `Provider.stream` says.

        state: `parent`, the id of the last answer, and `user`, the anonymous id that received it.
        Source: https://github.com/allenai/olmo-api
        """
        async with AsyncExitStack() as stack:
            response, user = await self._ask(stack, self.get_model(model), messages, params, thread_of(state))
            pieces = decode_reply(response, OlmoReply(self.name, user, secrets_of(self.settings)))
            async for piece in await stack.enter_async_context(aclosing(pieces)):
                yield piece

    async def list_models(self) -> list[ModelInfo]:
        """Return the models that the service lists, or those of the class if it answers but lists none.

        Raises: UpstreamError.
        """
        found: list[OlmoModel] = []
        for path in LISTS:
            found = found or await self._list(path)
        found = found or [known(id_) for id_ in self.models]
        self._listed = {model.id: model for model in found}
        return [ModelInfo(model.id, vision=model.vision) for model in found]

    @classmethod
    def create_async_generator(
        cls,
        model: str | None,
        messages: Sequence[Mapping[str, Any]],
        proxy: str | None = None,
        host: str | None = None,
        private: bool = True,
        top_p: float | None = None,
        temperature: float | None = None,
        conversation: Conversation | None = None,
        return_conversation: bool = False,
        **kwargs: Any,
    ) -> AsyncReply:
        """Ask as `Provider.create_async_generator` says; yield the texts, the Conversation if wanted, a FinishReason.

        host: None is the model's own. conversation: the one of an earlier call, to continue and update.
        """
        talk = conversation or Conversation(model or cls.default_model)
        settings = {"proxy": proxy, "host": host, "private": private, "top_p": top_p, "temperature": temperature}
        return AsyncReply(
            cls,
            cls.get_model(model),
            talk.with_history(messages),
            {**settings, **kwargs},
            state=talk.state(),
            convert=ReplyConverter(talk, talk.question(messages), return_conversation),
        )

    async def _ask(
        self, stack: AsyncExitStack, model: str, messages: Sequence[Message], params: Params, thread: Thread
    ) -> tuple[ClientResponse, str]:
        """Return the response, and the anonymous id of the request.

        If the service refuses to continue the thread, ask once more in a new one, with the whole conversation.
        """

        def form(parent: str) -> QuestionForm:
            return question_form(self.name, self._model(model), messages, params, self.options.private, parent)

        try:
            return await self._send(stack, form(thread.parent), thread.user), thread.user
        except RejectedError as error:
            if not thread.parent or not is_about_the_thread(error):
                raise
            user = new_thread().user if error.status == 403 else thread.user
        return await self._send(stack, form(parent=""), user), user

    async def _send(self, stack: AsyncExitStack, question: QuestionForm, user: str) -> ClientResponse:
        """Return the response of the described endpoint, or of its successor if it no longer exists."""
        if not self._has_moved:
            try:
                host = self.options.host or self._model(question.model).host
                return await self._post(stack, self._url(), question.form(host), user)
            except UpstreamError as error:
                if not _is_no_endpoint(error):
                    raise
                self._has_moved = True
        try:
            return await self._post(stack, self._url(THREADS), question.form(), user)
        except UpstreamError as error:
            if not _is_no_endpoint(error):
                raise
            self._has_moved = False
            raise UpstreamError(CHANGED.format(self.name), status=error.status) from error

    async def _post(self, stack: AsyncExitStack, url: str, form: FormData, user: str) -> ClientResponse:
        request = self.http.request(
            "POST", url, self.settings, provider=self.name, data=form, headers=self._headers(user)
        )
        try:
            return await stack.enter_async_context(request)
        except RejectedError as error:
            if precise := explained(self.name, error):
                raise precise from error
            raise

    async def _list(self, path: str) -> list[OlmoModel]:
        """Return the models listed at a path; empty if there is no list."""
        try:
            async with self.http.request(
                "GET", self._url(path), self.settings, provider=self.name, headers=self._headers(new_thread().user)
            ) as response:
                with reading(self.name):
                    return models_in(await read(response, MAX_LIST_BYTES))
        except UpstreamError as error:
            if _is_no_endpoint(error):
                return []
            raise

    def _model(self, id_: str) -> OlmoModel:
        return self._listed.get(id_) or known(id_)

    def _url(self, path: str = "") -> str:
        """Return the URL of a path on the service's origin, or of the described endpoint."""
        described = URL(self.api_endpoint)
        return f"{self.base_url or described.origin()}{path or described.path}"

    def _headers(self, user: str) -> dict[str, str]:
        return {"Accept": "*/*", "Origin": self.url, "Referer": f"{self.url}/", "X-Anonymous-User-ID": user}


def _is_no_endpoint(error: UpstreamError) -> bool:
    """Return whether the endpoint does not exist, rather than the model."""
    return error.status in NOT_FOUND and not isinstance(error, ModelNotSupportedError)
