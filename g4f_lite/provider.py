"""The base class of providers: made from an entry of config.json, it turns a conversation into pieces."""

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
    """The name for people."""
    default_base_url: ClassVar[str] = ""
    default_model: ClassVar[str] = ""
    """The model of a direct call that names none."""
    model_aliases: ClassVar[Mapping[str, str]] = {}
    """Other names of models, each with the service's own name."""
    list_every_s: ClassVar[float] = 300
    """Seconds after which a list of models is fetched again."""
    takes_extra_body: ClassVar[bool] = False
    """Whether its requests have a body to which config.json can add members."""
    Options: ClassVar[type[Strict]] = NoOptions

    def __init__(self, name: str, settings: ProviderSettings, http: Http) -> None:
        """Keep the settings. Nothing is opened or called yet.

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

        model: the service's own name, or an alias of it.
        messages: oldest first, at least one, the last from the user.
        state: the `UpstreamState` of the answer before this turn, if there is one.
        Yields: `Preliminary` pieces first, a Finish last, no empty texts. The content pieces joined are the reply.
        Raises: UpstreamError at any piece. Do not call it while there is an `obstacle`.
        Closing the generator closes the upstream connection.
        """

    @abstractmethod
    async def list_models(self) -> list[ModelInfo]:
        """Return the models that the service offers now, in its order.

        Raises: UpstreamError. Do not call it while there is an `obstacle`.
        """

    def obstacle(self) -> G4FLiteError | None:
        """Return why this provider cannot answer at all, or None. Uses no network, and does not wait."""
        if self.settings.missing_variables:
            names = ", ".join(self.settings.missing_variables)
            return MissingKeyError(
                f"{self.name} is off: set {names} in the .env file next to config.json or in the environment."
            )
        return None

    def usual_models(self) -> Sequence[str]:
        """Return the ids to offer while the service lists none; most kinds know of none."""
        return ()

    def supports(self, field: str, value: Any) -> bool:
        """Return whether the provider sends a field of `extra` with this value; otherwise it is silently left out.

        field: `tools` (also for the calls and results in messages, and the value may be those calls), `tool_choice` or
        `response_format`.
        """
        return False

    def set_installation_source(self, installation: Callable[[], InstallationOverview]) -> None:
        """Accept a function that describes all providers and models. Called once; most kinds ignore it."""

    async def close(self) -> None:
        """Release resources that outlive a single reply."""

    @classmethod
    def create_async_generator(
        cls, model: str | None, messages: Sequence[Mapping[str, Any]], proxy: str | None = None, **kwargs: Any
    ) -> AsyncReply:
        """Ask without a configuration file: `async for text in Kind.create_async_generator(…)`, with or without await.

        messages: dictionaries as `messages.message_of` takes them.
        kwargs: keys of a provider's entry (base_url, api_key, …), of its options, and parameters (temperature, …);
        other keys and None values are ignored.
        """
        return AsyncReply(cls, cls.get_model(model), messages, {"proxy": proxy, **kwargs})

    @classmethod
    def create_completion(
        cls, model: str | None, messages: Sequence[Mapping[str, Any]], stream: bool = True, **kwargs: Any
    ) -> Iterator[str]:
        """Ask from synchronous code; yield the texts as they come, or a single text if not `stream`."""
        texts = iterate(lambda: cls.create_async_generator(model, messages, **kwargs))
        return texts if stream else iter(("".join(texts),))

    @classmethod
    def _create_completion(
        cls, model: str | None, messages: Sequence[Mapping[str, Any]], stream: bool = True, **kwargs: Any
    ) -> Iterator[str]:
        """Call `create_completion`; descriptions of such providers use this name."""
        return cls.create_completion(model, messages, stream, **kwargs)

    @classmethod
    def get_model(cls, model: str | None, **kwargs: Any) -> str:
        """Return the service's own name for a name or an alias; `default_model` for None."""
        return cls.model_aliases.get(model, model) if model else cls.default_model

    @classmethod
    def option_names(cls) -> Collection[str]:
        """Return the keys allowed in `options`."""
        return cls.Options.model_fields

    @classmethod
    def get_models(cls, **kwargs: Any) -> list[str]:
        """Return the ids of `list_models`, from synchronous code."""
        return listing(cls, kwargs)
