import pytest

from server.auth.secret_keys import FILE, derive_key, keyed_hash, session_key
from server.problems import Problem


def test_the_key_is_made_once_for_its_owner_alone(tmp_path):
    key = session_key(tmp_path)

    assert len(key) == 32
    assert session_key(tmp_path) == key
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_the_first_of_two_processes_makes_it(tmp_path, monkeypatch):
    (tmp_path / FILE).write_bytes(b"k" * 32)
    seen = iter([False])
    monkeypatch.setattr("pathlib.Path.exists", lambda file: next(seen, False))

    assert session_key(tmp_path) == b"k" * 32


@pytest.mark.parametrize("content", [b"", b"short", b"k" * 33])
def test_what_is_no_key_is_refused_with_the_remedy(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)

    with pytest.raises(Problem, match="Remove the file"):
        session_key(tmp_path)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(Problem, match="Cannot read or create"):
        session_key(tmp_path / "nowhere")


def test_what_is_stored_depends_on_the_key_and_the_purpose():
    assert keyed_hash(b"a", "token") != keyed_hash(b"b", "token")
    assert derive_key(b"a", "one") != derive_key(b"a", "two")
