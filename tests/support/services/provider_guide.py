"""The made-up service of the guide to providers, run from the guide's own code."""

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

GUIDE = Path(__file__).parents[3] / "g4f_lite" / "providers" / "README.md"
BLOCK = re.compile(r"^```python\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """One piece of code in the guide, and the file that it would be."""

    path: str
    source: str


BLOCKS = [Block(*found) for found in BLOCK.findall(GUIDE.read_text())]


def _run(block: Block) -> ModuleType:
    """Return the module that the block is; those behind it may import it."""
    name = block.path.removesuffix(".py").replace("/", ".")
    module = sys.modules[name] = ModuleType(name)
    exec(compile(block.source, block.path, "exec"), module.__dict__)
    return module


provider, service = map(_run, BLOCKS)
KIND = service.KIND
"""The row of the made-up service in the contract."""
