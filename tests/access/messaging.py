"""Who gets what at the addresses of messaging."""

from messaging.models import Conversation
from tests.access.rows import Row, row
from tests.conftest import Practice

STAFF_ONLY = "302 404 404 200 200 200 200"
FAMILY_ONLY = "302 200 200 404 404 404 404"
# Mom wrote to the therapist; the owner reads it as a user admin.
#    anonymous mom stranger therapist colleague owner outsider
ROWS: dict[str, Row] = {
    "messages/": row(STAFF_ONLY),
    "messages/new/": row(STAFF_ONLY, STAFF_ONLY),
    "messages/<int:pk>/": row("302 404 404 200 404 200 404", "302 404 404 200 404 200 404", of="conversation"),
    "messages/<int:pk>/people/": row("302 404 404 200 404 200 404", "302 404 404 200 404 200 404", of="conversation"),
    # The therapist's own; a user admin reads it, and cannot take back somebody else's words.
    "messages/<int:pk>/delete/<int:message_pk>/": row(
        "302 404 404 200 404 404 404", "302 404 404 302 404 404 404", of="therapist's message"
    ),
    "my/messages/": row(FAMILY_ONLY),
    "my/messages/new/": row(FAMILY_ONLY, FAMILY_ONLY),
    "my/messages/<int:pk>/": row("302 200 404 404 404 404 404", "302 200 404 404 404 404 404", of="conversation"),
    "my/messages/<int:pk>/delete/<int:message_pk>/": row(
        "302 200 404 404 404 404 404", "302 302 404 404 404 404 404", of="mom's message"
    ),
}


def objects(practice: Practice) -> dict[str, list[int]]:
    """One of everything that has an address here, by what rows call it. Runs in the practice's scope."""
    conversation = Conversation.start(
        client=practice.child, author=practice.mom, recipients=[practice.therapist], subject="Tuesday", body="Hello"
    )
    reply = conversation.reply(author=practice.therapist, body="Hello to you")
    return {
        "conversation": [conversation.pk],
        "mom's message": [conversation.pk, conversation.messages.earliest("pk").pk],
        "therapist's message": [conversation.pk, reply.pk],
    }
