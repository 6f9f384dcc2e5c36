"""The texts of Guide: one Markdown file per language and topic, filled with facts of the running configuration.

The first line of a file lists the words of questions about its topic; a * at the end stands for any ending.
`{{providers}}`, `{{models}}` and `{{models_dir}}` are replaced; `facts.json` has the words for that.
"""

import re

from g4f_lite.guidebook.facts import Facts
from g4f_lite.guidebook.overview import InstallationOverview
from g4f_lite.guidebook.topics import language_of, page, topic_of


def help_for(question: str, installation: InstallationOverview | None) -> str:
    """Return help on the topic of a question, as Markdown, in English or Russian."""
    language = language_of(question)
    facts = Facts(installation, language)
    values = {"providers": facts.providers, "models": facts.models, "models_dir": facts.models_dir}
    return re.sub(r"\{\{(\w+)\}\}", lambda name: values[name[1]](), page(language, topic_of(question)))
