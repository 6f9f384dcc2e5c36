"""What a test that runs the real local engine carries: `pytestmark = NEEDS_ENGINE`, or `@needs_engine`."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import TypeVar

import pytest

from g4f_lite.providers.local_model import lacks_avx2

Test = TypeVar("Test", bound=Callable[..., object])

NEEDS_ENGINE = [
    pytest.mark.local,
    pytest.mark.skipif(
        find_spec("xllamacpp") is None or lacks_avx2(),
        reason="needs xllamacpp: pip install -r requirements-local.txt, and a CPU with AVX2",
    ),
]


def needs_engine(test: Test) -> Test:
    for mark in NEEDS_ENGINE:
        test = mark(test)
    return test
