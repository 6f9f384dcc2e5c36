"""The search page, which works without scripts, and the list of results that scripts fetch."""

from dataclasses import dataclass

from flask import Blueprint, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from server.api.search import LONGEST_QUERY, find_matches
from server.api.snippet import SnippetPart
from server.pages.page import Page, render
from server.problems import Problem
from server.store import Hit
from server.web.preferences import time_zone

search_page = Blueprint("search_page", __name__, url_prefix="/chat")


@search_page.record_once
def set_longest_query(state: BlueprintSetupState) -> None:
    """Give the longest query to the templates, since every page has a search field."""
    state.app.jinja_env.globals["longest_query"] = LONGEST_QUERY


@dataclass(frozen=True)
class ShownMatch:
    """A match for the template."""

    hit: Hit
    snippet: list[SnippetPart]
    day: str
    """In the reader's time zone."""


@dataclass(frozen=True)
class SearchResults:
    """The context of `search/_search_results.html`."""

    query: str
    hits: list[ShownMatch]
    older: str | None
    """The cursor of the next page."""
    refusal: str
    """Why the query was refused; empty if it was not."""


@dataclass(frozen=True)
class SearchPage(Page, SearchResults):
    """The context of `search.html`."""


@search_page.get("/search")
def show() -> ResponseReturnValue:
    """Show the search field and the results."""
    query = request.args.get("q", "")
    try:
        results, status = _results(query), 200
    except Problem as problem:
        results, status = SearchResults(query, [], None, problem.message), problem.status
    return render("search.html", SearchPage(**vars(results))), status


@search_page.get("/parts/search")
def results() -> str:
    """Return the results alone."""
    return render("search/_search_results.html", _results(request.args.get("q", "")))


def _results(query: str) -> SearchResults:
    """Return one page of results. Raises: Problem."""
    matches, older = find_matches(query, request.args.get("before"))
    days = (match.hit.at.astimezone(time_zone()).date().isoformat() for match in matches)
    shown = [ShownMatch(match.hit, match.snippet, day) for match, day in zip(matches, days, strict=True)]
    return SearchResults(query, shown, older, "")
