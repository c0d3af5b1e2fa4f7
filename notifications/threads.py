"""What people wrote, in the inbox of each organization that has the number (T7)."""

from notifications.models import InboundText


def file(text: InboundText) -> None:
    """Put a text into the inboxes where it belongs."""
