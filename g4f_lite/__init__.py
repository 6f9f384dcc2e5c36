"""Language models with one small interface: a model's name in, pieces of an answer out.

config = load(None, CatalogConfig, os.environ, KINDS)
async with opened(config, KINDS) as catalog:
    async for piece in answer(catalog.model("guide"), conversation("Hello"), Params()):
        ...
"""

from g4f_lite.config.load import CatalogConfig, load
from g4f_lite.errors import ConfigError, G4FLiteError
from g4f_lite.messages import Image, Message, Params, conversation
from g4f_lite.pieces import Answering, Attempt, Content, Finish, Notice, Piece, Reasoning, UpstreamState, Usage, Via
from g4f_lite.provider import Provider
from g4f_lite.providers import KINDS
from g4f_lite.routing.catalog import Catalog, opened
from g4f_lite.routing.model import Model
from g4f_lite.routing.router import answer

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
    "Image",
    "Message",
    "Model",
    "Notice",
    "Params",
    "Piece",
    "Provider",
    "Reasoning",
    "UpstreamState",
    "Usage",
    "Via",
    "answer",
    "conversation",
    "load",
    "opened",
]
