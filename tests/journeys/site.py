"""A running Blink for the journeys: the product's own web server in a thread, its clock and its outbox at hand.

    with serving(WSGIHandler()) as address:
        site = Site(address, time)

Pages are served as `make run` serves them: waitress, every middleware, static files, the content security policy.
What beat and the workers do is done when the story says so, by the very functions that they call: nothing is slept
on, and what is in the outbox afterwards depends on nothing but the story. (`tests/blink/test_embedded.py` and
`tests/services` prove that real workers come by themselves.)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import time_machine
from django.utils import timezone

from accounts.features import Channel
from accounts.models import Login
from accounts.tenancy import everywhere
from blink.embedded.web import Application, Web
from notifications.delivery import deliver_batch
from notifications.letters import deliver_letters
from notifications.models import OutboxLetter, OutboxMessage
from scheduling.scan import scan
from tests.servers import free_port


@contextmanager
def serving(application: Application) -> Iterator[str]:
    """Serve it on a free port of this computer until the block ends; yields the address, without a slash."""
    web = Web(application, free_port())
    web.open()
    web.thread.start()
    try:
        yield web.address
    finally:
        web.stop()
        web.thread.join(10)
        assert not web.thread.is_alive(), "the web server did not stop"


def send_everything_due() -> None:
    """One minute's work of beat and workers: take the reminders that fell due, deliver until nothing is left."""
    scan(timezone.now())
    while deliver_batch() or deliver_letters():
        pass


@dataclass
class Site:
    """Blink at `address`, with the tests' database. `clock` is what Blink takes for the time; it goes on by itself."""

    address: str
    clock: time_machine.Traveller

    def time_passes(self, **by: float) -> None:
        """`time_passes(hours=23)`: it is later, for Blink's threads and this test. What fell due is sent."""
        self.clock.shift(timedelta(**by))
        send_everything_due()

    def emails(self, *, to: Login) -> list[OutboxMessage]:
        """What is in this person's mailbox, the oldest first, once everything due was sent."""
        return self._sent(channel=Channel.EMAIL, recipient=to.user.email)

    def texts(self, *, to: Login) -> list[str]:
        """The texts on this person's phone, the oldest first, once everything due was sent."""
        return [text.body for text in self._sent(channel=Channel.TEXT, notification__login=to.pk)]

    def latest_email(self, *, to: Login) -> OutboxMessage:
        """The last one in the mailbox; fails where there is none."""
        emails = self.emails(to=to)
        assert emails, f"{to.user.email} was sent no email"
        return emails[-1]

    def latest_letter(self, *, to: str) -> OutboxLetter:
        """The last one about signing in that went to this address; fails where there is none."""
        send_everything_due()
        letter = OutboxLetter.objects.filter(recipient=to).first()
        assert letter, f"{to} was sent no letter"
        return letter

    def _sent(self, **which: Any) -> list[OutboxMessage]:
        send_everything_due()
        with everywhere("the test reads mailboxes"):
            return list(OutboxMessage.objects.filter(**which).order_by("sent_at", "pk"))
