import pytest

from server.store.search_words import words


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", []),
        (" \t\n　", []),
        ('"" " "', []),
        ("heat pump", ["heat", "pump"]),
        ('  "heat  pump"  winter ', ["heat pump", "winter"]),
        ('a"b c"d', ["a", "b c", "d"]),
        ('"no end', ["no", "end"]),
        ('5" disk', ["5", "disk"]),
        ("a OR b* (c) -d NEAR", ["a", "OR", "b*", "(c)", "-d", "NEAR"]),
        ("twice twice", ["twice"]),
        ("热泵　冬天", ["热泵", "冬天"]),
    ],
)
def test_a_query_is_words_and_phrases_and_nothing_else(query, found):
    assert words(query) == found
