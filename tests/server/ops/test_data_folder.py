import os

import pytest

from server.ops import data_folder
from server.problems import Problem


def test_the_folder_is_made_for_its_owner_only(tmp_path):
    data_folder.create(tmp_path / "new" / "data")

    assert os.stat(tmp_path / "new" / "data").st_mode & 0o077 == 0


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path):
    data_folder.create(tmp_path)


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(Problem, match="Cannot create"):
        data_folder.create(tmp_path / "file" / "data")
