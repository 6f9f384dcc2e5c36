"""The running installation as the guide sees it: plain values, without keys and addresses."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """One provider. state: as `ConfiguredProvider.state`. reason: why it cannot answer; empty if it can, or is off."""

    name: str
    kind: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One model. provider: the first of its routes. reason: why no provider can answer; empty if one can."""

    name: str
    provider: str
    reason: str


@dataclass(frozen=True, slots=True)
class InstallationOverview:
    """models_dir: the folder of the local model files; empty if no provider has one."""

    providers: Sequence[ProviderFacts]
    models: Sequence[ModelFacts]
    models_dir: str
