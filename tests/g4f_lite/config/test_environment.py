"""The .env file beside the configuration."""

from pathlib import Path

import pytest

from g4f_lite.config.environment import variables_for
from g4f_lite.errors import ConfigError


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("KEY=value", "value"),
        ("export KEY=value", "value"),
        ("  KEY = two words  ", "two words"),
        ("KEY=", ""),
        ("KEY=  # nothing yet", ""),
        ("KEY=value # a comment", "value"),
        ("KEY=a#b", "a#b"),
        ("KEY=a=b==", "a=b=="),
        ("KEY='as it is: \\n \" # $X'", 'as it is: \\n " # $X'),
        ('KEY="say \\"hi\\"\\n" # a comment', 'say "hi"\n'),
        ("KEY=''", ""),
        ("KEY=first\nKEY=second", "second"),
        ("KEY=windows\r", "windows"),
        ("\ufeffKEY=marked", "marked"),
        ("# KEY=no\n\nKEY=yes", "yes"),
    ],
)
def test_a_line_sets_a_variable(tmp_path: Path, line: str, value: str) -> None:
    (tmp_path / ".env").write_bytes(line.encode())

    assert variables_for(tmp_path, {}) == {"KEY": value}


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=file\nB=file\n")

    assert variables_for(tmp_path, {"A": "environment"}) == {"A": "environment", "B": "file"}


def test_there_need_not_be_a_file(tmp_path: Path) -> None:
    assert variables_for(tmp_path, {"A": "environment"}) == {"A": "environment"}


@pytest.mark.parametrize("line", ["sk-SECRET", "1KEY=SECRET", "KEY='SECRET", 'KEY="SECRET"x', "KEY: SECRET"])
def test_a_line_of_another_form_is_a_mistake_that_keeps_its_secret(tmp_path: Path, line: str) -> None:
    (tmp_path / ".env").write_text(f"GOOD=1\n{line}\n")

    with pytest.raises(ConfigError) as caught:
        variables_for(tmp_path, {})

    assert caught.value.mistakes == [f"{tmp_path / '.env'}: line 2: must look like NAME=value"]
