"""What a provider is: an instance made from its entry in config.json that turns a conversation into pieces."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from g4f_lite.config.settings import ProviderSettings, Strict
from g4f_lite.direct import AsyncReply, iterate, listing
from g4f_lite.errors import G4FLiteError, MissingKeyError
from g4f_lite.guidebook.overview import InstallationOverview
from g4f_lite.http.transport import Http
from g4f_lite.messages import Message, Params
from g4f_lite.pieces import Piece
from g4f_lite.routing.model_info import ModelInfo


class NoOptions(Strict):
    """A kind that has no `options` of its own."""


class Provider(ABC):
    """A service that turns a conversation into text."""

    kind: ClassVar[str]
    """The word used in config.json: the class's name."""
    label: str
    """What a person reads."""
    default_base_url: ClassVar[str] = ""
    default_model: ClassVar[str] = ""
    """Who is asked by a direct call that names no model."""
    model_aliases: ClassVar[Mapping[str, str]] = {}
    """Other names for what the service knows by one."""
    list_every_s: ClassVar[float] = 300
    """How long a list of models stays good, in seconds."""
    Options: ClassVar[type[Strict]] = NoOptions

    def __init__(self, name: str, settings: ProviderSettings, http: Http) -> None:
        """Keep the settings; nothing is opened or asked before the first call.

        name: the key in config.json, used in sentences for people.
        """
        self.name = name
        self.settings = settings
        self.http = http
        self.options = self.Options.model_validate(settings.options)
        self.base_url = (settings.base_url or self.default_base_url).rstrip("/")

    @abstractmethod
    def stream(
        self, model: str, messages: Sequence[Message], params: Params, state: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[Piece, None]:
        """Yield the reply in pieces, in order, as they arrive.

        model: the name the service knows, or an alias of it.
        messages: oldest first, at least one, the last from the user.
        state: what `UpstreamState` held at the end of the answer this turn follows.
        Yields: pieces with non-empty text; the content pieces joined are the reply; what is `Preliminary` before all
        others, a Finish at the end.
        Raises: UpstreamError at any piece. Not to be called while there is an `obstacle`.
        Closing the generator closes the upstream connection.
        """

    @abstractmethod
    async def list_models(self) -> list[ModelInfo]:
        """Return the models the service offers now, in its order.

        Raises: UpstreamError. Not to be called while there is an `obstacle`.
        """

    def obstacle(self) -> G4FLiteError | None:
        """Return why this provider cannot be asked at all, or None. Costs nothing: no network, no waiting."""
        if self.settings.missing_variables:
            names = ", ".join(self.settings.missing_variables)
            return MissingKeyError(
                f"{self.name} is off: set {names} in the .env file next to config.json or in the environment."
            )
        return None

    def supports(self, field: str, value: Any) -> bool:
        """Tell whether it passes on a field that is `extra`, with this value; who does not, leaves it out in silence.

        field: `tools`, which stands for the calls in messages and their results, too, and whose value may be these
        calls; `tool_choice` or `response_format`.
        """
        return False

    def set_installation_source(self, installation: Callable[[], InstallationOverview]) -> None:
        """Take a function that describes all providers and models. Called once; most kinds ignore it."""

    async def close(self) -> None:
        """Give back what the provider holds beyond a single reply."""

    @classmethod
    def create_async_generator(
        cls, model: str | None, messages: Sequence[Mapping[str, Any]], proxy: str | None = None, **kwargs: Any
    ) -> AsyncReply:
        """Ask without a configuration file: `async for text in Kind.create_async_generator(…)`, with or without await.

        messages: dictionaries as `messages.message_of` takes them.
        kwargs: keys of a provider's entry (base_url, api_key, …), of its options, and parameters (temperature, …);
        others are left out, and so is what is None.
        """
        return AsyncReply(cls, cls.get_model(model), messages, {"proxy": proxy, **kwargs})

    @classmethod
    def create_completion(
        cls, model: str | None, messages: Sequence[Mapping[str, Any]], stream: bool = True, **kwargs: Any
    ) -> Iterator[str]:
        """Ask from code that awaits nothing; yield the texts as they come, or one text when not `stream`."""
        texts = iterate(lambda: cls.create_async_generator(model, messages, **kwargs))
        return texts if stream else iter(("".join(texts),))

    @classmethod
    def _create_completion(
        cls, model: str | None, messages: Sequence[Mapping[str, Any]], stream: bool = True, **kwargs: Any
    ) -> Iterator[str]:
        """Do what `create_completion` does, under the name that descriptions of such providers use."""
        return cls.create_completion(model, messages, stream, **kwargs)

    @classmethod
    def get_model(cls, model: str | None, **kwargs: Any) -> str:
        """Return the name the service knows for a name or an alias; the default one for none."""
        return cls.model_aliases.get(model, model) if model else cls.default_model

    @classmethod
    def option_names(cls) -> Collection[str]:
        """Return the keys that `options` may hold."""
        return cls.Options.model_fields

    @classmethod
    def get_models(cls, **kwargs: Any) -> list[str]:
        """Return the ids that `list_models` does, from code that awaits nothing."""
        return listing(cls, kwargs)
