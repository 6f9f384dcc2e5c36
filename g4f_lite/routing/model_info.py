"""The details of a model that a service lists."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One listed model. None means that the service does not say.

    id: the name the service knows. vision: whether it takes images. context: in tokens.
    loaded: whether it is in memory, so that it answers without being loaded first.
    """

    id: str
    vision: bool | None = None
    context: int | None = None
    loaded: bool | None = None
    unconfirmed: str = ""
    """Why the service did not confirm that it has the model; empty if it did."""
