"""Finds the topic of a question by its words."""

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
LANGUAGES = ("en", "ru")
OVERVIEW = "overview"

TOPICS = ("formatting", "key", "ollama", "local", "hosting", "privacy", "errors", "models", OVERVIEW)
"""If two topics fit equally well, the first one wins. The overview also stands for everything else."""


def language_of(question: str) -> str:
    return "ru" if re.search("[а-яё]", question, re.IGNORECASE) else "en"


def topic_of(question: str) -> str:
    """Return the topic that matches most words of the question."""
    words = set(re.findall(r"\w+", question.lower()))
    hits = {topic: sum(1 for word in words if _words(topic).fullmatch(word)) for topic in TOPICS}
    best = max(TOPICS, key=hits.__getitem__)
    return best if hits[best] else OVERVIEW


def page(language: str, topic: str) -> str:
    """Return the text on a topic, with its facts not filled in yet."""
    return _file(language, topic)[1]


@cache
def _words(topic: str) -> re.Pattern[str]:
    """Return a pattern for the topic's words in all languages: Russian questions contain English words."""
    words = [word for language in LANGUAGES for word in _file(language, topic)[0].split()]
    return re.compile("|".join(re.escape(word).replace(r"\*", r"\w*") for word in words))


@cache
def _file(language: str, topic: str) -> tuple[str, str]:
    first, _, text = (FOLDER / language / f"{topic}.md").read_text("utf-8").partition("\n")
    return first.removeprefix("<!-- about:").removesuffix("-->"), text
