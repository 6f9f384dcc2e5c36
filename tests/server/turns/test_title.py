import pytest

from server.turns.title import LONGEST, title_of


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Hello", "Hello"),
        ("\n\n  # A heading\nand more", "A heading"),
        ("> quoted\nmore", "quoted"),
        ("many    spaces\tinside", "many spaces inside"),
        ("---\nafter a rule", "after a rule"),
        ("***", "***"),
        ("Explain **heat pumps** and `x = 1` in two lines", "Explain heat pumps and x = 1 in two lines"),
        ("2 * 3 and __init__", "2 * 3 and __init__"),
    ],
)
def test_a_title_is_the_first_line_that_says_something(text, title):
    assert title_of(text) == title


def test_a_long_line_is_cut_at_a_word():
    title = title_of("word " * 100)

    assert title.endswith("word…")
    assert len(title) <= LONGEST + 1


def test_a_long_word_is_cut_anyway():
    assert title_of("a" * 1000) == "a" * LONGEST + "…"
