"""Writing to somebody's address again because they asked for it; never because staff did (E4)."""

from collections.abc import Mapping
from datetime import timedelta
from enum import Enum

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import EmailStop, EmailStopEvent, User
from notifications.reasons import Words

# Each email to a mailbox that is not there costs every practice some of its good name with the receiving server.
BETWEEN_TRIES = timedelta(days=1)

_CONSEQUENCES: Mapping[str, Words] = {
    EmailStop.Because.BOUNCED: _(
        "Emails to %(address)s came back. Check that it is spelled right and that the mailbox is not full. "
        "If one comes back again, we stop again."
    ),
    EmailStop.Because.COMPLAINED: _(
        "An email of ours to %(address)s was marked as spam. We write to it again if you ask for it. "
        "If one is marked as spam again, we stop again."
    ),
    EmailStop.Because.UNSUBSCRIBED: _(
        "%(address)s unsubscribed from all emails, with a button of its mail program. We write to it again if you "
        "ask for it."
    ),
}


class Answer(Enum):
    """What became of the wish, in words."""

    DONE = _("We send you emails again, from now on.")
    NOT_HALTED = _("Emails are sent to this address.")
    TOO_SOON = _(
        "Emails came back although you asked for them again less than a day ago. Check the address, or change it, and "
        "try again tomorrow."
    )


def consequence_of(address: str) -> str:
    """What asking for emails again means, by why they are halted; nothing where they are not."""
    stop = EmailStop.objects.in_force().filter(address=address).first()
    return str(_CONSEQUENCES[stop.because]) % {"address": address} if stop else ""


@transaction.atomic
def resume_emails(user: User) -> Answer:
    """Lift the halt of a user's own address. After a bounce at most once a day, also if pressed twice at once."""
    stop = EmailStop.objects.select_for_update().in_force().filter(address=user.email).first()
    if stop is None:
        return Answer.NOT_HALTED
    asked = EmailStopEvent.objects.filter(address=user.email, stopped=False, how=EmailStopEvent.How.OWNER)
    if stop.because == EmailStop.Because.BOUNCED and asked.filter(at__gt=timezone.now() - BETWEEN_TRIES).exists():
        return Answer.TOO_SOON
    EmailStop.objects.resume(user.email, EmailStopEvent.How.OWNER, by=user)
    return Answer.DONE
