"""What Celery runs: nothing in, nothing out. Time and identity live in the ledger, never in the broker."""

from celery import shared_task
from django.utils import timezone

from accounts.tenancy import everywhere
from notifications.delivery import BATCH, deliver_batch
from notifications.models import Notification
from notifications.waking import wake

# A sweep wakes at most this many workers' worth of batches; the next one, 15 seconds later, wakes more.
WAKE_AT_MOST = 20


@shared_task(ignore_result=True)
def deliver() -> None:
    """Send whatever is due, batch by batch, until nothing is; ask one more worker to help where there is much."""
    helped = False
    while taken := deliver_batch():
        if taken == BATCH and not helped:
            helped = True
            wake()


@shared_task(ignore_result=True)
def sweep() -> None:
    """Find due rows that nobody took, or whose worker died, and wake workers for them: every 15 seconds."""
    with everywhere("the sweep serves every organization"):
        due = Notification.objects.claimable(timezone.now()).order_by()[: WAKE_AT_MOST * BATCH].count()
    for _batch in range(-(-due // BATCH)):
        deliver.apply_async(expires=15)
