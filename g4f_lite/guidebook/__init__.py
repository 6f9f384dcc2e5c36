"""What Guide knows: one Markdown file per language and topic, filled with facts of the running configuration.

The first line of a file lists the words that a question about its topic holds; one with * at its end stands for all
that begin so. `{{providers}}`, `{{models}}` and `{{models_dir}}` are replaced; `facts.json` has the words for that.
"""

import re

from g4f_lite.guidebook.facts import Facts
from g4f_lite.guidebook.overview import InstallationOverview
from g4f_lite.guidebook.topics import language_of, page, topic_of


def help_for(question: str, installation: InstallationOverview | None) -> str:
    """Return help on what the question is about, as Markdown, in English or Russian."""
    language = language_of(question)
    facts = Facts(installation, language)
    known = {"providers": facts.providers, "models": facts.models, "models_dir": facts.models_dir}
    return re.sub(r"\{\{(\w+)\}\}", lambda name: known[name[1]](), page(language, topic_of(question)))
