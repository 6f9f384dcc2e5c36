import os

import pytest

from server.lock import lock
from server.problems import Problem


def test_a_folder_is_held_by_one_at_a_time(tmp_path):
    with lock(tmp_path / "data"), pytest.raises(Problem, match="Another process is serving"):
        lock(tmp_path / "data")
    lock(tmp_path / "data").close()


def test_the_folder_is_made_for_its_owner_only(tmp_path):
    lock(tmp_path / "new" / "data").close()

    assert os.stat(tmp_path / "new" / "data").st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(Problem, match="cannot be written"):
        lock(tmp_path / "file" / "data")
