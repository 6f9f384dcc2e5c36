"""What a person's open pages are told of what was changed by hand; of turns the engine tells them."""

from server.notifications import Hub
from server.store import StoredConversation


def tell_conversation(hub: Hub, user_id: str, changed: StoredConversation) -> None:
    """Tell how a conversation is now, and how its next turn is asked."""
    hub.publish(user_id, {"type": "conversation", "conversation": changed.as_dict() | changed.remembered()})


def tell_thread(hub: Hub, user_id: str, changed: StoredConversation) -> None:
    """Tell that the messages of a conversation are others than before, too."""
    tell_conversation(hub, user_id, changed)
    hub.publish(user_id, {"type": "thread", "conversation_id": changed.id})
