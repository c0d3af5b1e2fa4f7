"""What Celery runs: nothing in, nothing out. Time and identity live in the ledger, never in the broker."""

import time

from celery import shared_task
from django.utils import timezone

from accounts.tenancy import everywhere
from notifications.asking import ask
from notifications.bounces import settle_waiting
from notifications.claiming import BATCH
from notifications.crossing import settle_crossings
from notifications.delivery import deliver_some
from notifications.holding import has_one_to_try, not_held
from notifications.kinds import slugs
from notifications.letters import deliver_some_letters
from notifications.models import Letter, Notification
from notifications.pacing import NAP
from notifications.waking import wake

# A sweep wakes at most this many workers' worth of batches; the next one, 15 seconds later, wakes more.
WAKE_AT_MOST = 20
SHIFT = 10.0  # seconds, and the batch under way


@shared_task(ignore_result=True)
def deliver() -> None:
    """Send what is due, batch by batch, for one shift; ask one more worker to help where there is much.

    Account mail first: somebody sits and waits for it, and there is never much of it.

    A shift ends, so that scans and sweeps get their turn however slow a provider is; who is next goes on.
    """
    ends_at = time.monotonic() + SHIFT
    helped = False
    while True:
        letters, notices = deliver_some_letters(ends_at), deliver_some(ends_at)
        taken = letters.taken + notices.taken
        waits = [done.wait for done in (letters, notices) if done.wait is not None]
        if not (taken or waits):
            return
        left = ends_at - time.monotonic()
        if left < 0:
            wake()
            return
        if notices.more and not helped:
            helped = True
            wake()
        if not taken:
            time.sleep(min(NAP, left, *waits))


@shared_task(ignore_result=True)
def sweep() -> None:
    """Find due rows that nobody took, or whose worker died, and wake workers for them: every 15 seconds.

    Then settle the reports of emails that came before the emails were recorded as sent.
    """
    with everywhere("the sweep serves every organization"):
        now = timezone.now()
        rows = not_held(Notification.objects.claimable(now, kinds=slugs()), now)
        due = rows.order_by()[: WAKE_AT_MOST * BATCH].count()
        to_try = has_one_to_try(now)
    letters = Letter.objects.claimable(timezone.now()).exists()
    for _batch in range(max(-(-due // BATCH), int(letters or to_try))):
        deliver.apply_async(expires=15)
    settle_waiting()


@shared_task(ignore_result=True)
def ask_about_texts() -> None:
    """Ask what became of texts of which no status callback came: every minute."""
    ask()


@shared_task(ignore_result=True)
def settle_order() -> None:
    """Ask which of a STOP and an UNSTOP that may have crossed was written later: every minute, rarely any."""
    settle_crossings()
