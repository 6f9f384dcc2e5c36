import re

from server.ops.version import version


def test_the_version_is_the_projects():
    assert re.fullmatch(r"\d+\.\d+\.\d+", version())
