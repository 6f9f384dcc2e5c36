"""Other programs for the same purpose, if they are installed in the environment that BENCH_PEERS_VENV names.

python3 -m venv peers && peers/bin/pip install 'litellm[proxy]' 'g4f[api]'
BENCH_PEERS_VENV=peers make bench
"""

import json
import os
from datetime import date
from pathlib import Path

from bench.targets import OPENAI_BODY, Place, Program, Target

LITELLM_CONFIG = """
model_list:
  - model_name: m
    litellm_params: {{model: openai/m, api_base: "http://127.0.0.1:{upstream}/v1", api_key: none}}
"""


def peers(folder: Path) -> tuple[list[Target], list[str]]:
    """Return the peers installed in this environment, and a line for each that is missing."""
    makers = {"litellm": litellm, "g4f": g4f}
    installed = {name for name in makers if (folder / "bin" / name).exists()}
    found = [make(folder) for name, make in makers.items() if name in installed]
    missing = [f"{name} is not measured: it is not in {folder}" for name in makers if name not in installed]
    return found, missing


def litellm(folder: Path) -> Target:
    """LiteLLM's proxy with one worker, and its price list from the package instead of the network."""

    def prepare(place: Place) -> Program:
        config = place.folder / "litellm.yaml"
        config.write_text(LITELLM_CONFIG.format(upstream=place.upstream))
        program = str(folder / "bin" / "litellm")
        return Program(
            [program, "--config", str(config), "--host", "127.0.0.1", "--port", str(place.port)],
            {
                "LITELLM_LOCAL_MODEL_COST_MAP": "True",
                "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
                "LITELLM_LOG": "ERROR",
            },
        )

    return Target("LiteLLM", prepare, ready="/health/liveliness")


def g4f(folder: Path) -> Target:
    """g4f's API server with the upstream as a provider named `bench`.

    At its start it asks the network for a list of live providers, unless today's list is in its cache already. Putting
    a list there works without network and is also how the upstream becomes a provider.
    """

    def prepare(place: Place) -> Program:
        entry = {"baseUrl": f"http://127.0.0.1:{place.upstream}/v1"}
        live = {"providers": dict.fromkeys(("default", "orcarouter", "bench"), entry), "defaultModels": {}}
        cache = place.folder / ".models" / str(date.today())
        cache.mkdir(parents=True)
        (cache / "providers.json").write_text(json.dumps(live))
        program = [str(folder / "bin" / "g4f"), "api", "--bind", f"127.0.0.1:{place.port}", "--no-gui"]
        return Program(
            [*program, "--no-access-log", "--disable-pa-auto-download", "--ignore-cookie-files", "--provider", "bench"],
            {"G4F_CACHE_DIR": str(place.folder), "G4F_CONFIG_DIR": str(place.folder)},
        )

    return Target("g4f", prepare, body={**OPENAI_BODY, "provider": "bench"}, ready="/v1")


def named_peers() -> tuple[list[Target], list[str]]:
    """Return the peers of the named environment, and a line about the others."""
    folder = os.environ.get("BENCH_PEERS_VENV")
    if not folder:
        return [], ["LiteLLM and g4f are not measured: BENCH_PEERS_VENV names no environment that has them"]
    return peers(Path(folder).absolute())
