import pytest

from server.problems import Problem
from server.store.people.names import INVISIBLE, MIXED, UNFIT, account_name, valid_name


def refusal(name):
    with pytest.raises(Problem) as caught:
        account_name(name)
    assert caught.value.code == "invalid_request"
    return caught.value.message


@pytest.mark.parametrize("bounds", INVISIBLE, ids=lambda bounds: f"U+{bounds[0]:04X}")
def test_a_name_has_no_invisible_characters(bounds):
    for code in bounds:
        for name in (f"bob{chr(code)}", f"b{chr(code)}ob", f"{chr(code)}bob", chr(code)):
            assert refusal(name) == UNFIT


@pytest.mark.parametrize(
    "name",
    [
        "b\u043eb",  # Cyrillic o
        "\u0430nna",  # Cyrillic a
        "\u0391nna",  # Greek Alpha
        "b\u0585b",  # Armenian oh
        "b\u09eab",  # a Bengali four like an 8
        "\u0410\u03bb",  # Cyrillic and Greek
        "\u30ed\u56d7\ud55c",  # Katakana, Han and Hangul
        "\U0001d41b\u043eb",  # bold, then Cyrillic
        "1\u0661",  # an Arabic one beside Latin letters
        "b\u0966b",
    ],
    ids=ascii,
)
def test_a_name_does_not_mix_scripts(name):
    assert refusal(f"{name}x") == MIXED


@pytest.mark.parametrize(
    "name",
    [
        "bob",
        "Łukasz Żółć",
        "Анна-Мария 2",
        "Ελένη",
        "O'Brien",
        "Oʼneil",
        "王小明 Ming",
        "田中さくらサクラ Tanaka 々ー",
        "김민준 Kim",
        "ㄅㄆ 王 Wang",
        "محمد ٢",
        "राम १",
        "โอภาส",
        "Việt",
        "x_1-2.3@example.org",
        "a\u0301\u0308b",
        "Anna 🐎",
    ],
)
def test_names_of_people_are_accepted(name):
    account_name(name)


def test_an_accent_stands_once():
    assert refusal("e\u0301\u0301") == UNFIT


def test_spaces_that_show_as_one_are_one():
    assert account_name("Anna  B") == "Anna B"


def test_names_of_other_things_mix_what_they_like():
    assert valid_name("Мой laptop ❤\ufe0f") == "Мой laptop ❤\ufe0f"
