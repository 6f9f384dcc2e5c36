"""The shapes of the entries in config.json that this package reads. `config.py` reads the file itself."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

Seconds = PositiveFloat


class Strict(BaseModel):
    """Frozen, and every key must be known."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Timeout(Strict):
    """How long to wait, in seconds: to connect, for the first piece, between two pieces, for the whole reply."""

    connect: Seconds = 5
    first: Seconds = 60
    idle: Seconds = 60
    total: Seconds = 600


class ProviderSettings(Strict):
    """One entry of `providers`."""

    kind: str
    enabled: bool = True
    base_url: str = ""
    """Empty: the kind's own default."""
    api_key: str = Field(default="", repr=False)
    proxy: str = ""
    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    timeout: Timeout = Timeout()
    max_concurrent: NonNegativeInt = 0
    """Replies at a time; 0 is no limit."""
    models: tuple[str, ...] | None = None
    """Upstream ids to offer; None is whatever the provider lists."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Checked by the kind's own `Options`."""
    missing_variables: Annotated[tuple[str, ...], Field(exclude=True)] = ()
    """Environment variables the entry names and nobody set. Filled in by `config.py`, never by the file."""


class Price(Strict):
    """US dollars per million tokens."""

    input: NonNegativeFloat = 0
    output: NonNegativeFloat = 0


class DefaultParams(Strict):
    """What a request's own `params` fall back to."""

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    max_tokens: PositiveInt | None = None
    stop: tuple[str, ...] = ()


class ModelSettings(Strict):
    """One entry of `models`, in its long form. The short forms (a route, a list of routes) become this one."""

    routes: Annotated[tuple[str, ...], Field(min_length=1)]
    """`provider/upstream id`, split at the first slash, in order of preference."""
    label: str = ""
    params: DefaultParams = DefaultParams()
    system: str = ""
    vision: bool = False
    context: PositiveInt | None = None
    """Tokens."""
    price: Price | None = None
