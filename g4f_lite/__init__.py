"""Language models behind one small interface: a model's name in, pieces of an answer out.

config = load(None, CatalogConfig, os.environ)
async with opened(config) as catalog:
    async for piece in answer(catalog.model("guide"), conversation("Hello"), Params()):
        ...
"""

from g4f_lite.catalog import Catalog, Model
from g4f_lite.config import CatalogConfig, load
from g4f_lite.errors import ConfigError, G4FLiteError
from g4f_lite.messages import Message, Params, conversation
from g4f_lite.pieces import Content, Finish, Piece, Reasoning, UpstreamState, Usage
from g4f_lite.provider import Provider
from g4f_lite.providers import KINDS
from g4f_lite.router import Answering, Attempt, answer
from g4f_lite.survey import opened

__all__ = [
    "KINDS",
    "Answering",
    "Attempt",
    "Catalog",
    "CatalogConfig",
    "ConfigError",
    "Content",
    "Finish",
    "G4FLiteError",
    "Message",
    "Model",
    "Params",
    "Piece",
    "Provider",
    "Reasoning",
    "UpstreamState",
    "Usage",
    "answer",
    "conversation",
    "load",
    "opened",
]
