import pytest

from server.web.downloads import LONGEST_NAME, attachment_header, file_name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Plans for today", "Plans for today"),
        ("a/b\\c: what? <\"d\"> | 100 %*", "a b c what d 100"),
        ("../../etc/passwd", "etc passwd"),
        (" two\nlines\ttab\0 ", "two lines tab"),
        ("invoice\u202efdp.exe", "invoice fdp.exe"),
        ("Größe 東京", "Größe 東京"),
        ("...", "chat"),
        ("", "chat"),
        ("CON", "chat"),
        ("lpt1.notes", "chat"),
        ("Console", "Console"),
        ("x" * 200, "x" * LONGEST_NAME),
    ],
)  # fmt: skip
def test_a_title_becomes_a_name_that_every_system_takes(title, name):
    assert file_name(title) == name


def test_the_name_is_sent_twice_for_old_browsers():
    said = attachment_header("Größe: 東京", "md")["Content-Disposition"]

    assert said == "attachment; filename=\"Groe.md\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%E6%9D%B1%E4%BA%AC.md"
    assert attachment_header("東京", "json")["Content-Disposition"].startswith('attachment; filename="chat.json";')


@pytest.mark.parametrize("sign", ["x", "東", "😀"])
def test_a_name_is_never_too_long_for_a_file_system(sign):
    assert len(f"{file_name(sign * 500)}.json".encode()) <= 255
