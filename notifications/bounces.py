"""What became of emails: each report is kept once, and moves the record and the address forward only (E4).

Anymail's `tracking` signal brings the reports; `notifications.email_reports` says what each means. A report counts only
if it is of something that we sent to that very address. One that comes before our own answer is recorded (answers are
recorded in batches) waits for the sweep. See docs/decisions/0015-bounces.md.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from anymail.signals import AnymailTrackingEvent, tracking
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.dispatch import receiver
from django.utils import timezone

from accounts.features import Channel
from accounts.models import EmailStop, EmailStopEvent
from accounts.tenancy import everywhere
from notifications.email_reports import ACCEPTED, NOTHING, Effect, OurId, effect_of, read_event
from notifications.kinds import kind_of
from notifications.models import EarlierAttempt, EmailEvent, Letter, Notification, State
from notifications.models.ledger import ACCEPTED as TAKEN_ON
from notifications.models.ledger import forward_states

logger = logging.getLogger(__name__)

# After a failure that may pass. Providers try for hours by themselves before they say so.
PAUSES = (timedelta(minutes=10), timedelta(minutes=40))
SHORTEST_PAUSE = timedelta(minutes=1)
CLOCKS_DIFFER = timedelta(seconds=60)
# Answers are recorded within a lease; the provider's word is looked for a good while longer.
LOOKED_FOR = timedelta(hours=2)
SETTLE_AT_ONCE = 500
# What `compose` noted of these was forgotten, or may have been, or counts for less.
TAKEN_FOR_UNSENT = (State.PENDING, State.FAILED, State.SKIPPED, State.UNDELIVERED)


@receiver(tracking, dispatch_uid="notifications.bounces")
def note(event: AnymailTrackingEvent, esp_name: str, **_: Any) -> None:
    """Keep a provider's report, and let it have its effect; a repeat changes nothing.

    Raises Unreadable for what cannot be kept. The webhook has checked it before.
    """
    report = read_event(event, esp_name)
    if report.effect is NOTHING or (report.effect is ACCEPTED and report.ours is None) or not report.recipient:
        return
    with everywhere("a provider names an email, not an organization"), transaction.atomic():
        kept, is_new = EmailEvent.objects.get_or_create(
            esp=report.esp,
            event_id=report.event_id,
            defaults={
                "type": report.type,
                "reject_reason": report.reject_reason,
                "message_id": report.message_id,
                "recipient": report.recipient,
                "at": report.at,
            },
        )
        if is_new:
            _settle(kept, report.ours)


def settle_waiting() -> int:
    """Let reports have their effect whose email is known by now; how many did. The latest first, a few hundred."""
    since = timezone.now() - LOOKED_FOR
    waiting = EmailEvent.objects.filter(settled_at__isnull=True, received_at__gt=since).exclude(message_id="")
    ids = dict(waiting.order_by("-received_at").values_list("pk", "message_id")[:SETTLE_AT_ONCE])
    if not ids:
        return 0
    settled = 0
    with everywhere("reports of emails are of every organization"):
        known: set[str] = set()
        for rows in (Notification.objects.all(), EarlierAttempt.objects.all(), Letter.objects.all()):
            known |= set(rows.filter(provider_id__in=set(ids.values())).values_list("provider_id", flat=True))
        for pk in (pk for pk, message_id in ids.items() if message_id in known):
            with transaction.atomic():
                event = EmailEvent.objects.select_for_update().filter(pk=pk, settled_at__isnull=True).first()
                settled += bool(event and _settle(event))
    return settled


def _settle(event: EmailEvent, ours: OurId | None = None) -> bool:
    """Let a report have its effect, if it is of something that we sent to that address. Needs `everywhere`."""
    effect = effect_of(event.type, event.reject_reason)
    row, letter = _notice(event, ours), None
    if row is not None:
        _move(row, event, effect)
    else:
        letter = _letter(event, ours)
        if letter is not None and effect.reason is not None:
            Letter.objects.filter(pk=letter.pk).update(error=event.reject_reason or event.type)
    if row is None and letter is None and (event.message_id or not _was_written_to(event.recipient)):
        return False
    _change_standing(event, effect)
    event.settled_at = timezone.now()
    event.save(update_fields=["settled_at"])
    return True


def _notice(event: EmailEvent, ours: OurId | None) -> Notification | None:
    """The notification that a report is of, locked; None unless it went to the very address."""
    emails = Notification.objects.filter(channel=Channel.EMAIL).select_for_update(of=("self",))
    if ours is not None:
        row = emails.filter(pk=ours.pk).first() if ours.what == "notification" else None
        genuine = row is not None and f"-{ours.proof}@" in row.message_id
        return row if row is not None and genuine and _is_to(row.sent_to, event) else None
    if not event.message_id:
        return None
    attempts = EarlierAttempt.objects.filter(provider_id=event.message_id)
    # Asked first: with a subquery beside the `or`, PostgreSQL reads the whole ledger.
    earlier = list(attempts.values_list("notification", flat=True))
    found = emails.filter(Q(provider_id=event.message_id) | Q(pk__in=earlier))
    return next((row for row in found.order_by("pk") if _is_to(row.sent_to, event)), None)


def _letter(event: EmailEvent, ours: OurId | None) -> Letter | None:
    """The letter that a report is of."""
    if ours is not None:
        letter = Letter.objects.filter(pk=ours.pk).first() if ours.what == "letter" else None
        return letter if letter and f"-{ours.proof}@" in letter.message_id and _is_to(letter.to, event) else None
    if not event.message_id:
        return None
    return next((one for one in Letter.objects.filter(provider_id=event.message_id) if _is_to(one.to, event)), None)


def _is_to(address: str, event: EmailEvent) -> bool:
    return bool(address) and address.lower() == event.recipient


def _was_written_to(address: str) -> bool:
    """Whether a notice went to it: for reports that are of no email, such as the end of a subscription."""
    rows = Notification.objects.filter(login__user__email=address, channel=Channel.EMAIL, state__in=TAKEN_ON)
    return rows.filter(sent_to__iexact=address).exists()


def _move(row: Notification, event: EmailEvent, effect: Effect) -> None:
    """Move a notification forward, or send it once more. Late reports of an earlier attempt count if it arrived."""
    state = effect.state
    if state is None:
        return
    earlier = list(row.earlier_attempts.all())
    if state != State.DELIVERED and _is_of_earlier(row, earlier, event):
        # While the next attempt has not begun, the last word on the one before is the last word.
        is_last_word = row.state == State.PENDING and earlier[-1].provider_id == event.message_id
        if effect.again or state == State.SENT or not is_last_word:
            return
    if effect.again and _goes_again(row, earlier, event):
        return
    # What we gave up or left unsent ourselves: if the provider has it after all, the provider is right.
    ours = Q(state__in=(State.FAILED, State.SKIPPED), provider_id="")
    arrived = state in (State.SENT, State.DELIVERED)
    allowed = Q(state__in=forward_states(state)) | ours if arrived else Q(state__in=forward_states(state))
    moved = Notification.objects.filter(allowed, pk=row.pk).update(
        state=state,
        in_doubt=False,
        provider_id=row.provider_id or event.message_id,
        reason=effect.reason.code if effect.reason else "",
        reason_detail=(event.reject_reason or event.type)[:40] if effect.reason else "",
        sent_at=Coalesce(F("sent_at"), event.at),
    )
    if moved and not arrived:
        # The receiving server's word, which may be wrong. What it listed gets an email of its own all the same (R5).
        kind_of(row.kind).unsure([row.pk])
    if moved and arrived and row.state in TAKEN_FOR_UNSENT:
        row.refresh_from_db()
        kind_of(row.kind).sent_after_all(row)


def _is_of_earlier(row: Notification, earlier: Sequence[EarlierAttempt], event: EmailEvent) -> bool:
    """Whether a report is of an attempt after which the email went, or goes, once more.

    Where the provider's id is our Message-ID, it is the same each time (E5), and the time tells.
    """
    if not earlier or event.message_id not in {attempt.provider_id for attempt in earlier}:
        return False
    if event.message_id == row.message_id and row.state != State.PENDING:
        return row.attempted_at is not None and event.at < row.attempted_at - CLOCKS_DIFFER
    return event.message_id != row.provider_id


def _goes_again(row: Notification, earlier: Sequence[EarlierAttempt], event: EmailEvent) -> bool:
    """Send the same email once more, with the same Message-ID (E5), while there is time. False at the end."""
    if row.state == State.PENDING:
        return True  # in doubt: it goes again anyhow
    if row.state not in (State.SENDING, State.SENT) or len(earlier) >= len(PAUSES):
        return False
    now = timezone.now()
    pause = min(PAUSES[len(earlier)], (row.useful_until - now) / 2)
    if pause < SHORTEST_PAUSE:
        return False
    EarlierAttempt.objects.create(
        organization_id=row.organization_id,
        notification=row,
        provider_id=event.message_id or row.provider_id,
        code=(event.reject_reason or event.type)[:40],
    )
    Notification.objects.filter(pk=row.pk).update(
        state=State.PENDING, in_doubt=False, provider_id="", sent_at=None, next_attempt_at=now + pause
    )
    kind_of(row.kind).unsent([row.pk])
    logger.info("Notification %s goes once more: %s", row.pk, event.reject_reason or event.type)
    return True


def _change_standing(event: EmailEvent, effect: Effect) -> None:
    """Halt or resume emails to the address, unless something later was said of it already."""
    if effect.resumes:
        EmailStop.objects.resume(
            event.recipient,
            EmailStopEvent.How.SUBSCRIBED,
            at=event.at,
            only=EmailStop.Because.UNSUBSCRIBED,
        )
    if effect.stop is None:
        return
    by_hand = EmailStopEvent.objects.exclude(how=EmailStopEvent.How.SUBSCRIBED)
    resumed_since = by_hand.filter(address=event.recipient, stopped=False, at__gt=event.at).exists()
    subscribed_since = (
        effect.stop == EmailStop.Because.UNSUBSCRIBED
        and EmailEvent.objects.filter(
            recipient=event.recipient, type="subscribed", at__gt=event.at, settled_at__isnull=False
        ).exists()
    )
    if not (resumed_since or subscribed_since):
        EmailStop.objects.stop(event.recipient, effect.stop, at=event.at, detail=event.reject_reason or event.type)
