"""The entries of config.json that this package reads. `load.py` reads the file itself.

A validator's ValueError, and a field's description ("must be <description>"), become a line for the person who wrote
the file, so neither may contain the value.
"""

import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    ValidationInfo,
    model_validator,
)


def _located(path: str, info: ValidationInfo) -> str:
    folder = (info.context or {}).get("folder", "")
    return str(Path(folder, path)) if path else path


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if url and (not usable or not url.isprintable() or " " in url):
        raise ValueError("must be an address that starts with http:// or https://")
    return url


def _stripped(text: object) -> object:
    return text.strip() if isinstance(text, str) else text


def _bare_key(key: object) -> object:
    """Return the key without what often comes with it: quotes of `docker --env-file`, or the name of the scheme."""
    if not isinstance(key, str):
        return key
    key = key.strip()
    if len(key) > 1 and key[0] == key[-1] and key[0] in "\"'":
        key = key[1:-1].strip()
    return re.sub(r"(?i)^bearer\s+", "", key)


def _bare(url: str) -> str:
    if "?" in url and "@" not in url:
        raise ValueError(
            "must be an address without ? and what follows; Azure's that ends in /openai/v1 needs no api-version"
        )
    if any(sign in url for sign in "@?#"):
        raise ValueError("must not contain a user name or password; put credentials in api_key or headers")
    return url


def _one_line(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise ValueError("must be printable ASCII without line breaks")
    return text


def _some(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise ValueError("must not be empty")
    return names


def _token(name: str) -> str:
    """Source: https://www.rfc-editor.org/rfc/rfc9110#name-tokens"""
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
        raise ValueError("must be a valid header name")
    return name


Seconds = Annotated[float, Field(gt=0, description="a number of seconds")]
Names = Annotated[tuple[str, ...], Field(strict=False)]
"""JSON's lists are accepted as tuples."""
LocalPath = Annotated[str, AfterValidator(_located), Field(validate_default=True)]
"""A relative path starts at the configuration file's folder, or at the working directory if there is no file."""
Url = Annotated[str, BeforeValidator(_stripped), AfterValidator(_origin)]
BaseUrl = Annotated[Url, AfterValidator(_bare)]
Line = Annotated[str, AfterValidator(_one_line)]
Key = Annotated[Line, BeforeValidator(_bare_key)]
HeaderName = Annotated[str, AfterValidator(_token)]


class Strict(BaseModel):
    """Frozen settings without unknown keys. The errors never contain a value, which may be a secret."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, hide_input_in_errors=True)


class Timeout(Strict):
    """Limits in seconds: to connect, for silence before the first text and after it, and for the whole reply.

    The default of `first` lets a local server load a model and read a long prompt.
    """

    connect: Seconds = 5
    first: Seconds = 300
    idle: Seconds = 60
    total: Seconds = 600


def _extra(body: dict[str, Any]) -> dict[str, Any]:
    if reserved := RESERVED & body.keys():
        raise ValueError(f"must not have {', '.join(sorted(reserved))}, which each question sets itself")
    return body


RESERVED = {"messages", "model", "stream", "tools"}
ExtraBody = Annotated[dict[str, Any], AfterValidator(_extra)]
"""Members that are added to the body of each request; the request's own members win."""


class ProviderSettings(Strict):
    """One entry of `providers`."""

    kind: str
    enabled: bool = True
    base_url: BaseUrl = ""
    """Empty: the kind's own default."""
    api_key: Key = Field(default="", repr=False)
    proxy: Url = Field(default="", repr=False)
    headers: dict[HeaderName, Line] = Field(default_factory=dict, repr=False)
    timeout: Timeout = Timeout()
    max_concurrent: NonNegativeInt = 0
    """Replies at the same time; 0 is no limit. Others wait a moment for a place."""
    models: Names | None = None
    """Upstream ids to offer; None offers what the provider lists."""
    extra_body: ExtraBody = Field(default_factory=dict)
    options: dict[str, Any] = Field(default_factory=dict)
    """Checked by the kind's own `Options`."""
    missing_variables: Annotated[tuple[str, ...], Field(exclude=True)] = ()
    """Unset variables in the entry. Filled in by `load.py`, never by the file."""


class Price(Strict):
    """US dollars per million tokens."""

    input: NonNegativeFloat = 0
    output: NonNegativeFloat = 0


class DefaultParams(Strict):
    """Defaults for the `params` of requests."""

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    max_tokens: PositiveInt | None = None
    stop: Names = ()


class ModelSettings(Strict):
    """One entry of `models`, in its long form. The short forms (a route, a list of routes) become this one."""

    routes: Annotated[Names, AfterValidator(_some)]
    """`provider/upstream id`, split at the first slash, in order of preference."""
    label: str = ""
    params: DefaultParams = DefaultParams()
    system: str = ""
    vision: bool = False
    context: PositiveInt | None = None
    """Tokens."""
    price: Price | None = None
    extra_body: ExtraBody = Field(default_factory=dict)
    """Added to the entry of the provider."""

    @model_validator(mode="before")
    @classmethod
    def _long_form(cls, entry: object) -> object:
        routes = [entry] if isinstance(entry, str) else entry
        return {"routes": routes} if isinstance(routes, list | tuple) else entry
