import pytest

from server.api.snippet import LENGTH, highlighted, snippet

FILLER = " ".join(f"word{number}" for number in range(100))


def text_of(pieces):
    return "".join(piece["text"] for piece in pieces)


def hits_of(pieces):
    return [piece["text"] for piece in pieces if piece["hit"]]


def test_a_short_text_is_complete_with_all_found_words_marked():
    assert snippet("A heat\n\n  pump needs HEAT.", ["heat", "pump"]) == [
        {"text": "A ", "hit": False},
        {"text": "heat", "hit": True},
        {"text": " ", "hit": False},
        {"text": "pump", "hit": True},
        {"text": " needs ", "hit": False},
        {"text": "HEAT", "hit": True},
        {"text": ".", "hit": False},
    ]


@pytest.mark.parametrize("before", ["", FILLER])
@pytest.mark.parametrize("after", ["", FILLER])
def test_a_long_text_is_cut_between_words_around_the_first_found_word(before, after):
    pieces = snippet(f"{before} needle {after} needle", ["needle"])

    text = text_of(pieces)
    assert hits_of(pieces)[0] == "needle"
    assert LENGTH / 2 < len(text) <= LENGTH + 4 or not (before or after)
    assert set(text.strip("…").split()) <= {"needle", *FILLER.split()}
    assert text.startswith("… ") == bool(before)
    assert text.endswith(" …") == bool(after)


def test_words_across_a_line_end_are_found():
    assert hits_of(snippet("heat\npump", ["heat pump"])) == ["heat pump"]


def test_a_text_without_spaces_is_cut_anywhere():
    pieces = snippet("空" * 500 + "热泵" + "气" * 500, ["热泵"])

    assert hits_of(pieces) == ["热泵"]
    assert len(text_of(pieces)) == LENGTH + 2


def test_found_words_are_never_cut():
    phrase = FILLER[:190]

    assert hits_of(snippet(f"{FILLER} {phrase}! {FILLER}", [phrase]))[0] == phrase


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("# Heat\n\n> a **heat** pump", "Heat a heat pump"),
        ("| a | heat |\n|---|:--:|\n| 1 | 2 |", "a heat 1 2"),
        ("```python\nheat = a | b  # x\n```", "heat = a | b # x"),
        ("2 ** 3 heat a||b -- c_d", "2 ** 3 heat a||b -- c_d"),
    ],
)
def test_marks_of_markdown_are_left_out(text, bare):
    assert text_of(snippet(text, ["heat"])) == bare


@pytest.mark.parametrize("word", ["**", "```", "# Heat", "|---|"])
def test_marks_that_were_searched_for_are_shown(word):
    assert hits_of(snippet("# Heat\n\n**heat**\n\n|---|\n```", [word]))[0] == word


def test_without_a_found_word_the_snippet_is_the_beginning():
    pieces = snippet(FILLER, ["needle"])

    assert text_of(pieces).startswith("word0 word1 ")
    assert hits_of(pieces) == []


def test_the_longer_of_two_words_is_marked():
    assert hits_of(highlighted("a heat pump", ["heat", "heat pump"])) == ["heat pump"]


@pytest.mark.parametrize("word", ["(", "[a", "*", "\\", "a|b", "^", "."])
def test_words_are_not_patterns(word):
    assert highlighted(f"x{word}y", [word]) == [
        {"text": "x", "hit": False},
        {"text": word, "hit": True},
        {"text": "y", "hit": False},
    ]


@pytest.mark.parametrize("text", ["", " \n "])
def test_an_empty_text_has_no_parts(text):
    assert snippet(text, ["a"]) == highlighted("", ["a"]) == []


def test_without_words_nothing_is_marked():
    assert highlighted("text", []) == [{"text": "text", "hit": False}]
