"""The kinds of providers, one file each, and their table."""

from g4f_lite.provider import Provider
from g4f_lite.providers.allenai import AllenAI
from g4f_lite.providers.anthropic import Anthropic
from g4f_lite.providers.guide import Guide
from g4f_lite.providers.h2o import H2o
from g4f_lite.providers.huggingface_api import HuggingFaceAPI
from g4f_lite.providers.local_model import LocalModel
from g4f_lite.providers.ollama import Ollama
from g4f_lite.providers.openai_compatible import OpenAICompatible

KINDS: dict[str, type[Provider]] = {
    kind.kind: kind for kind in (AllenAI, Anthropic, Guide, H2o, HuggingFaceAPI, LocalModel, Ollama, OpenAICompatible)
}
