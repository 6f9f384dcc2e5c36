import pytest

from g4f_lite.tokens import estimate


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a", 1), ("four", 1), ("fives", 2), ("日本語", 3), ("日本語 and", 4), ("한국", 2)]
)
def test_four_characters_make_a_token_and_wide_ones_one_each(text, tokens):
    assert estimate(text) == tokens
