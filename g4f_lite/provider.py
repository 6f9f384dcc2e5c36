"""What a provider is: an instance made from its entry in config.json that turns a conversation into pieces."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from g4f_lite.errors import G4FLiteError, MissingKeyError
from g4f_lite.messages import Message, Params
from g4f_lite.pieces import Piece
from g4f_lite.settings import ProviderSettings, Strict
from g4f_lite.transport import Http

if TYPE_CHECKING:
    from g4f_lite.catalog import Catalog


class NoOptions(Strict):
    """A kind that has no `options` of its own."""


class Provider(ABC):
    """A service that turns a conversation into text."""

    kind: ClassVar[str]
    """The word used in config.json: the class's name."""
    label: ClassVar[str]
    """What a person reads."""
    default_base_url: ClassVar[str] = ""
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

        model: the name the service knows.
        messages: oldest first, at least one, the last from the user.
        state: what `UpstreamState` held at the end of the answer this turn follows.
        Yields: pieces with non-empty text; the content pieces joined are the reply; a Finish at the end.
        Raises: MissingKeyError before the first piece; UpstreamError at any piece.
        Closing the generator closes the upstream connection.
        """

    @abstractmethod
    async def list_models(self) -> list[str]:
        """Return the upstream ids the service offers now, in its order. Raises: UpstreamError."""

    def obstacle(self) -> G4FLiteError | None:
        """Return why this provider cannot be asked at all, or None. Costs nothing: no network, no waiting."""
        if self.settings.missing_variables:
            names = ", ".join(self.settings.missing_variables)
            return MissingKeyError(f"{self.name} is off: set {names} in the environment or in .env and start again.")
        return None

    def join(self, catalog: "Catalog") -> None:
        """Learn of the other providers. Called once, when the catalog stands; most kinds do not care."""

    async def close(self) -> None:
        """Give back what the provider holds beyond a single reply."""
