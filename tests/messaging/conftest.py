"""Conversations to try things on."""

import pytest

from accounts.models import Login, Role
from accounts.tenancy import within
from messaging.models import Conversation
from tests.conftest import Practice, link, make_login


def make_conversation(
    practice: Practice,
    *recipients: Login,
    author: Login | None = None,
    subject: str = "About Tuesday",
    body: str = "Could we meet an hour later?",
) -> Conversation:
    """Mom asks the therapist about her child, unless told otherwise."""
    with within(practice.organization):
        return Conversation.start(
            client=practice.child,
            author=author or practice.mom,
            recipients=recipients or (practice.therapist,),
            subject=subject,
            body=body,
        )


@pytest.fixture
def colleague(practice: Practice) -> Login:
    """Another of the staff who serves the child."""
    login = make_login(practice.organization, "Cora Colleague", Role.STAFF)
    link(login, practice.child)
    return login
