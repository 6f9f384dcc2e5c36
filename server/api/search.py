"""`/backend-api/v2/search`: finds the person's conversations and messages by words."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request

from server.api.openapi_operation import STRING, described
from server.api.snippet import SnippetPart, highlighted, snippet
from server.current.identity import user_id
from server.current.services import services
from server.problems import Problem
from server.store import Hit, time_text
from server.store.search_index import words

LONGEST_QUERY = 200
"""Characters."""

search = Blueprint("search", __name__, url_prefix="/backend-api/v2")


@dataclass(frozen=True)
class Match:
    """A hit, with the part of its text that shows why it matches."""

    hit: Hit
    snippet: list[SnippetPart]

    def as_dict(self) -> dict[str, Any]:
        """Return the match as the API has it. Without a message, the title of the conversation matches."""
        return {
            "conversation_id": self.hit.conversation_id,
            "title": self.hit.title,
            "message_id": self.hit.message_id,
            "role": self.hit.role,
            "created_at": time_text(self.hit.at),
            "archived": self.hit.archived,
            "snippet": self.snippet,
        }


@search.get("/search")
@described(query={"q": STRING, "before": STRING})
def find() -> dict[str, Any]:
    """Find titles and messages that contain all words of `q`, newest first, a page at a time."""
    matches, older = find_matches(request.args.get("q", ""), request.args.get("before"))
    return {"results": [match.as_dict() for match in matches], "next": older}


def find_matches(query: str, before: str | None) -> tuple[list[Match], str | None]:
    """Return one page of matches, and the cursor of the next page. Raises: Problem."""
    if len(query) > LONGEST_QUERY:
        raise Problem("invalid_request", f"A search can be at most {LONGEST_QUERY} characters. Shorten it.")
    hits, older = services().store.search(user_id(), query, before)
    return [Match(hit, _snippet(hit, words(query))) for hit in hits], older


def _snippet(hit: Hit, wanted: list[str]) -> list[SnippetPart]:
    return snippet(hit.text, wanted) if hit.message_id else highlighted(hit.text, wanted)
