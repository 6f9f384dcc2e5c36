"""The defaults of the configuration. The shipped config.json spells them out."""

from typing import Any

PROVIDERS: dict[str, dict[str, Any]] = {
    "guide": {"kind": "Guide"},
    "local": {"kind": "LocalModel", "options": {"models_dir": "data/models"}},
    "ollama": {"kind": "Ollama", "base_url": "http://127.0.0.1:11434"},
    "openai": {
        "kind": "OpenAICompatible",
        "enabled": False,
        "base_url": "https://api.openai.com/v1",
        "api_key": "${OPENAI_API_KEY}",
    },
    "anthropic": {"kind": "Anthropic", "enabled": False, "api_key": "${ANTHROPIC_API_KEY}"},
    "huggingface": {"kind": "HuggingFaceAPI", "enabled": False, "api_key": "${HF_TOKEN}"},
    "allenai": {"kind": "AllenAI", "enabled": False},
    "h2o": {"kind": "H2o", "enabled": False},
}

MODELS: dict[str, Any] = {
    "guide": "guide/guide",
    "tulu-3-405b": ["allenai/tulu3-405b", "huggingface/allenai/Llama-3.1-Tulu-3-405B"],
    "falcon-40b": {
        "routes": ["h2o/falcon-40b"],
        "label": "Falcon 40B",
        "params": {"temperature": 0.4},
        "context": 2048,
        "price": {"input": 0, "output": 0},
    },
}
