import pytest

from server.assets import Assets


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "a.css").write_text("a {}")
    (tmp_path / "main.js").write_text("let a")
    (tmp_path / "notes.txt").write_text("not for the web")
    return tmp_path


def test_files_are_known_by_their_path_below_the_folder(folder):
    files = Assets.read(folder).files

    assert {path: asset.mimetype for path, asset in files.items()} == {
        "css/a.css": "text/css; charset=utf-8",
        "main.js": "text/javascript; charset=utf-8",
    }
    assert files["main.js"].body == b"let a"


def test_the_version_stays_while_the_files_do(folder):
    assert Assets.read(folder).version == Assets.read(folder).version


def test_any_change_is_another_version(folder):
    before = Assets.read(folder).version
    (folder / "css" / "a.css").write_text("b {}")
    changed = Assets.read(folder).version
    (folder / "css" / "a.css").rename(folder / "css" / "b.css")
    renamed = Assets.read(folder).version

    assert len({before, changed, renamed}) == 3


def test_modules_are_the_scripts(folder):
    assert Assets.read(folder).modules() == ["main.js"]
