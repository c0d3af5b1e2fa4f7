"""Who will be told, and who was: what staff read before and after an invoice is issued (L1)."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from accounts.features import Channel
from accounts.models import Login
from billing.models import Invoice
from billing.notifications import WORTH_TELLING_FOR, InvoiceIssued
from notifications.facts import gather
from notifications.models import Notification
from notifications.reasons import Skip
from notifications.rules import decide


@dataclass(frozen=True)
class Foretold:
    """One login: by which channels it will be told, and in words why not by the others."""

    login: Login
    channels: list[str]
    why_not: list[str]


def foretell(invoice: Invoice) -> list[Foretold]:
    """What issuing this draft now would send, by the very rules of the sender. A fixed number of queries."""
    now = timezone.now()
    recipients = InvoiceIssued().audience(invoice)
    logins = Login.objects.select_related("user", "organization").in_bulk([each.login_id for each in recipients])
    rows = [_row(invoice, logins[each.login_id], each.channel, now) for each in recipients]
    told = {login: Foretold(login, [], []) for login in logins.values()}
    for row, facts in zip(rows, gather(rows, now=now).facts, strict=True):
        decision = decide(facts)
        if isinstance(decision, Skip):
            told[row.login].why_not.append(decision.reason.words(row.channel, decision.detail))
        else:
            told[row.login].channels.append(str(Channel(row.channel).label))
    return sorted(told.values(), key=lambda each: (not each.channels, each.login.name))


def _row(invoice: Invoice, login: Login, channel: Channel, now: datetime) -> Notification:
    return Notification(
        organization=login.organization,
        login=login,
        client=invoice.client,
        feature=InvoiceIssued.feature,
        kind=InvoiceIssued.slug,
        channel=channel,
        subject_id=invoice.pk,
        due_at=now,
        useful_until=now + WORTH_TELLING_FOR,
        next_attempt_at=now,
    )


def told_of(invoice: Invoice) -> QuerySet[Notification]:
    """The record of this invoice's notice to families, one row per login and channel, by login."""
    rows = Notification.objects.filter(kind=InvoiceIssued.slug, subject_id=invoice.pk)
    return rows.select_related("login").order_by("login__name", "login", "channel")
