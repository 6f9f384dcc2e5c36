"""The time for rendering grows with the length of a text and no faster, whatever the text repeats."""

import pytest

from server.render.document import _blocks
from tests.support.growth import fragments, is_linear

ADDRESSES = [
    *("http://a.b/((", "http://a-", "http://a.b.", "http://1.1.1.1", "/[[", "http://", "://", "https://a:b@", "//a.b"),
    *("a@b.c", "a@", "@", "mailto:", "x_@", "http://[", "http://a.b:1", "http://a.b/'", 'http://a.b/"', "http://a.b/{"),
    *("http://a.b/,", "http://a..", "http://a.b/?", "http://ü.", "a.", "-", "http", "http://a.b/x ", "a@b.c "),
]


@pytest.mark.parametrize("fragment", fragments(ADDRESSES, 40))
def test_finding_addresses_is_linear(fragment):
    assert is_linear(_blocks, fragment, 8_000)
