"""Search over a person's conversations: as JSON, as a page that works without scripts, and its results alone."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from server.api.openapi import STRING, described
from server.api.snippet import Piece, marked, snippet
from server.current.person import user_id
from server.current.services import services
from server.pages.page import Page, render
from server.problems import Problem
from server.store import Hit, time_text
from server.store.search_index import words
from server.web.preferences import zone

LONGEST_QUERY = 200
"""Characters."""

search = Blueprint("search", __name__)


@search.record_once
def tell_templates(state: BlueprintSetupState) -> None:
    """Tell every page with a field to search by how much can be typed into it."""
    state.app.jinja_env.globals["longest_query"] = LONGEST_QUERY


@dataclass(frozen=True)
class ShownHit:
    """A hit for the template, with the part of its text that shows why it is one."""

    hit: Hit
    snippet: list[Piece]
    day: str
    """In the reader's time zone."""

    def as_dict(self) -> dict[str, Any]:
        """Return it as the API shows it. Without a message it is a conversation found by its title."""
        return {
            "conversation_id": self.hit.conversation_id,
            "title": self.hit.title,
            "message_id": self.hit.message_id,
            "role": self.hit.role,
            "created_at": time_text(self.hit.at),
            "archived": self.hit.archived,
            "snippet": self.snippet,
        }


@dataclass(frozen=True)
class Results:
    """What `search/_search_results.html` receives."""

    query: str
    hits: list[ShownHit]
    older: str | None
    """The cursor of the next page of hits."""
    refusal: str
    """Why this cannot be looked for; empty where it can."""


@dataclass(frozen=True)
class SearchPage(Page, Results):
    """What `search.html` receives."""


@search.get("/backend-api/v2/search")
@described(query={"q": STRING, "before": STRING})
def found() -> dict[str, Any]:
    """Find titles and messages with all words of `q`, the newest first, a page at a time."""
    results = _results(request.args.get("q", ""))
    return {"results": [hit.as_dict() for hit in results.hits], "next": results.older}


@search.get("/chat/parts/search")
def part() -> str:
    """Answer with the results alone."""
    return render("search/_search_results.html", _results(request.args.get("q", "")))


@search.get("/chat/search")
def page() -> ResponseReturnValue:
    """Show a field to search by, and what it found."""
    query = request.args.get("q", "")
    try:
        results, status = _results(query), 200
    except Problem as problem:
        results, status = Results(query, [], None, problem.message), problem.status
    return render("search.html", SearchPage(**vars(results))), status


def _results(query: str) -> Results:
    """Return a page of hits. Raises: Problem."""
    if len(query) > LONGEST_QUERY:
        raise Problem("invalid_request", f"A search can be {LONGEST_QUERY} characters at most; leave something out.")
    hits, older = services().store.search(user_id(), query, request.args.get("before"))
    return Results(query, [_shown(hit, words(query)) for hit in hits], older, "")


def _shown(hit: Hit, wanted: list[str]) -> ShownHit:
    pieces = snippet(hit.text, wanted) if hit.message_id else marked(hit.text, wanted)
    return ShownHit(hit, pieces, hit.at.astimezone(zone()).date().isoformat())
