"""`/chat/parts/…`: the parts of the chat page that scripts fetch again. Other parts are in the module of their page."""

from flask import Blueprint, request

from server.current.services import services
from server.pages.message_window import branch, labels, message_window
from server.pages.page import Notices, render
from server.pages.sidebar import conversation_list
from server.web.assets import assets

parts = Blueprint("parts", __name__, url_prefix="/chat/parts")


@parts.get("/conversations")
def conversations() -> str:
    """Render the list of conversations.

    `current`: the id of the open one; `archived`: list the archived ones; `count`: how many are shown already.
    """
    listed = conversation_list(request.args.get("current", ""), request.args.get("before"))
    return render("sidebar/_conversations.html", listed)


@parts.get("/messages")
def messages() -> str:
    """Render the messages of `conversation` that come before `before` on the branch to `leaf`."""
    earlier = branch(request.args.get("conversation", ""), before=request.args.get("before"))
    return render("chat/_messages.html", message_window(earlier, labels(services().catalog.models())))


@parts.get("/notices")
def notices() -> str:
    """Render the notices about the configuration and about the page itself. `version`: of the page's assets."""
    current = assets().version
    outdated = request.args.get("version", current) != current
    return render("site/_notices_part.html", Notices(services().config_problem, outdated))
