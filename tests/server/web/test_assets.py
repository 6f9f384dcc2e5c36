import re

import pytest

from server.app import TEMPLATES
from server.web.assets import STATIC, STYLE_SHEET, STYLES, Assets


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


def test_modules_are_the_scripts_that_pages_import(folder):
    (folder / "js" / "pages").mkdir(parents=True)
    (folder / "js" / "pages" / "account.js").write_text("let b")

    assert Assets.read(folder).modules() == ["main.js"]


def test_styles_become_one_file_in_their_order(folder):
    (folder / "css" / "b.css").write_text("b {}")
    (folder / "css" / "print.css").write_text("p {}")

    files = Assets.read(folder, ["b", "a"]).files

    assert files.keys() == {STYLE_SHEET, "css/print.css", "main.js"}
    assert files[STYLE_SHEET].body == b"b {}a {}"
    assert files[STYLE_SHEET].mimetype == "text/css; charset=utf-8"


def test_a_change_of_a_style_or_of_the_order_is_another_version(folder):
    (folder / "css" / "b.css").write_text("b {}")
    before = Assets.read(folder, ["a", "b"]).version
    turned = Assets.read(folder, ["b", "a"]).version
    (folder / "css" / "b.css").write_text("c {}")
    changed = Assets.read(folder, ["a", "b"]).version

    assert len({before, turned, changed}) == 3


def test_every_style_is_in_the_common_file_or_linked_by_a_page():
    templates = "".join(file.read_text() for file in TEMPLATES.rglob("*.html"))
    linked = set(re.findall(r"asset\('(css/[\w/-]+\.css)'\)", templates))

    assert linked == {path for path in Assets.read(STATIC, STYLES).files if path.endswith(".css")}


def test_a_script_is_sent_without_its_documentation_but_with_the_same_line_numbers(tmp_path):
    (tmp_path / "a.js").write_text(
        '/** One.\n * @param {A} a */\nlet a // why\n  /** Two. */\nlet b = "/** no comment */"\n'
    )

    assert Assets.read(tmp_path).files["a.js"].body.decode() == '\n\nlet a // why\n\nlet b = "/** no comment */"\n'
