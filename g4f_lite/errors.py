"""The errors on the way to a reply.

G4FLiteError
├── ConfigError                     the configuration file has mistakes
├── UnknownModelError               no such model in the catalog
├── MissingKeyError                 the provider needs a key that is not set
└── UpstreamError                   the service behind a provider failed
    ├── UnreachableError            no connection
    ├── UpstreamTimeoutError        it stayed silent for too long
    ├── OverloadedError             it is busy
    ├── RateLimitedError            it asks to slow down
    ├── RejectedError               it understood and refuses
    │   ├── KeyRejectedError
    │   ├── PaymentRequiredError
    │   ├── ModelNotSupportedError
    │   │   └── ImageNotSupportedError
    │   ├── ContentRefusedError
    │   ├── PromptTooLongError
    │   └── NeedsBrowserError
    ├── StreamCutError              the reply broke off
    ├── EmptyReplyError             the reply has nothing in it
    └── MalformedReplyError         the reply breaks the protocol

`str(error)` is one sentence for a reader, free of secrets. `code` is stable; programs rely on it.
"""

import re
from typing import ClassVar, Literal

ADDRESS = re.compile(r"(?: at)? https?://(?:\[[0-9a-fA-F:.]+\]|[\w.-]*\w)(?::\d+)?")

Blame = Literal["request", "route", "provider"]
"""The part at fault: only this request, the model at this provider, or the provider with all its models."""


def without_addresses(sentence: str) -> str:
    """Return an error's sentence without the services' addresses, for readers who do not run the server."""
    return ADDRESS.sub("", sentence)


class G4FLiteError(Exception):
    """The root. `detail` holds the service's own text, cleaned; `retry_after` is in seconds."""

    code: ClassVar[str] = "internal_error"
    worth_another_route: ClassVar[bool] = True
    """Whether another provider may answer where this one failed."""
    fault: ClassVar[Blame] = "request"

    def __init__(self, message: str, *, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.retry_after = retry_after


class ConfigError(G4FLiteError):
    """The configuration cannot be used. `mistakes` has a line for each mistake, with its path in the file."""

    code = "invalid_config"

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class UnknownModelError(G4FLiteError):
    """The catalog has no model of that name."""

    code = "unknown_model"
    worth_another_route = False


class MissingKeyError(G4FLiteError):
    """The provider needs a key; the sentence names the variable to set."""

    code = "missing_key"


class UpstreamError(G4FLiteError):
    """The service failed in a way without a class of its own. `status` is its response's, if there was one."""

    code = "provider_failed"
    fault: ClassVar[Blame] = "route"

    def __init__(
        self, message: str, *, detail: str = "", retry_after: float | None = None, status: int | None = None
    ) -> None:
        super().__init__(message, detail=detail, retry_after=retry_after)
        self.status = status


class UnreachableError(UpstreamError):
    """No connection: refused, name not found, TLS."""

    code = "provider_unreachable"
    fault: ClassVar[Blame] = "provider"


class UpstreamTimeoutError(UpstreamError):
    """Connecting, the first piece, or the next one took too long."""

    code = "provider_timeout"


class OverloadedError(UpstreamError):
    """The service is too busy."""

    code = "provider_overloaded"


class RateLimitedError(UpstreamError):
    """The service asks to slow down."""

    code = "provider_rate_limited"


class RejectedError(UpstreamError):
    """The service understood the request and refuses it; other services would refuse it as well."""

    worth_another_route = False
    fault: ClassVar[Blame] = "request"


class KeyRejectedError(RejectedError):
    """The key is wrong, expired, or not allowed to do this."""

    code = "key_rejected"
    worth_another_route = True
    fault: ClassVar[Blame] = "provider"


class PaymentRequiredError(RejectedError):
    """The account has no credit left."""

    code = "payment_required"
    worth_another_route = True
    fault: ClassVar[Blame] = "provider"


class ModelNotSupportedError(RejectedError):
    """The service does not offer this model, or no longer."""

    code = "model_not_supported"
    worth_another_route = True
    fault: ClassVar[Blame] = "route"


class ImageNotSupportedError(ModelNotSupportedError):
    """The model does not take this image, or any image; it answers without one."""

    fault: ClassVar[Blame] = "request"


class ToolsNotSupportedError(ModelNotSupportedError):
    """The model calls no tools; it answers without them."""

    fault: ClassVar[Blame] = "request"


class ContentRefusedError(RejectedError):
    """The service refuses this subject."""

    code = "content_refused"


class PromptTooLongError(RejectedError):
    """The conversation is longer than the model's context; that of another model may be longer."""

    code = "prompt_too_long"
    worth_another_route = True


class NeedsBrowserError(RejectedError):
    """The service wants a browser: it sent a challenge page or a captcha."""

    code = "provider_needs_browser"
    worth_another_route = True
    fault: ClassVar[Blame] = "provider"


class StreamCutError(UpstreamError):
    """The connection ended before the reply did."""

    code = "stream_cut"


class EmptyReplyError(UpstreamError):
    """The reply ended well, and has nothing in it."""

    code = "empty_reply"
    fault: ClassVar[Blame] = "request"


class MalformedReplyError(UpstreamError):
    """The service sent something that its protocol does not allow."""

    code = "malformed_reply"
