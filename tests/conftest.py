"""What tests share."""

from collections.abc import Iterator

import pytest

from tests.openai_wire import honest
from tests.upstream import Upstream


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A service on loopback that speaks the OpenAI protocol and does what a test scripts."""
    service = Upstream(otherwise=honest)
    yield service
    service.close()
