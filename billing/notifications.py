"""What billing tells people: families, that there is a new invoice; staff, that one was paid."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from accounts.features import Channel, Feature
from accounts.links import public_url
from accounts.models import Login
from billing.models import Invoice
from notifications.kinds import Content, Delivery, EventKind, Recipient
from notifications.models import Notification
from notifications.reasons import Reason, Skip

VOIDED = Reason("invoice_voided", _("the invoice was voided before this could be sent"))
PAID_ALREADY = Reason("invoice_paid_already", _("the invoice was paid before this could be sent"))
NOT_PAID = Reason("invoice_not_paid", _("the invoice is no longer marked as paid"))

WORTH_TELLING_FOR = timedelta(days=7)
"""After an outage of a week the news is on the home page, and a notice of it only puzzles."""


@dataclass(frozen=True)
class Said:
    """All that a notice says of an invoice: whose it is, and of which day. Nothing of its amounts or lines (N4)."""

    invoice: Invoice

    @property
    def client(self) -> str:
        return self.invoice.client.first_name

    @property
    def day(self) -> str:
        issued = self.invoice.issued_on
        if issued is None:
            return ""
        if issued.day == 1:
            # Translators: as "F j, Y", for the first of a month: French writes "1er".
            return formats.date_format(issued, pgettext("the first of a month", "F j, Y"))
        # Translators: a date such as "November 24, 2026", in Django's date format letters.
        return formats.date_format(issued, gettext("F j, Y"))

    @property
    def short_day(self) -> str:
        """For texts, where room is dear."""
        if self.invoice.issued_on is None:
            return ""
        # Translators: a short date such as "Nov 24", in Django's date format letters.
        return formats.date_format(self.invoice.issued_on, gettext("M j"))


class InvoiceKind(EventKind):
    """What both have in common."""

    feature = Feature.INVOICES
    template: str
    url_name: str

    def load(self, ids: Iterable[int]) -> Mapping[int, Invoice]:
        return Invoice.objects.filter(pk__in=list(ids)).select_related("client", "organization").in_bulk()

    def client_id(self, subject: Invoice) -> int:
        return subject.client_id

    def compose(self, deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Content | Skip]:
        return {delivery.notification.pk: self._content(delivery.subject) for delivery in deliveries}

    def _content(self, invoice: Invoice) -> Content:
        link = public_url(invoice.organization, reverse(self.url_name, args=[invoice.pk]))
        return Content(template=self.template, context={"invoice": Said(invoice), "link": link})


class InvoiceIssued(InvoiceKind):
    """Every login of the client's family, once, when it is issued (N2)."""

    slug = "invoice.issued"
    label = _("New invoice")
    template = "billing/issued"
    url_name = "my_invoice"

    def key(self, subject: Invoice) -> str:
        return f"invoice:{subject.pk}:issued"

    def audience(self, subject: Invoice) -> list[Recipient]:
        logins = Login.objects.clients().active().filter(clients=subject.client_id)
        return _by_every_channel(logins.values_list("pk", flat=True))

    def useful_until(self, subject: Invoice) -> datetime:
        return (subject.issued_at or subject.created_at) + WORTH_TELLING_FOR

    def objection(self, notification: Notification, subject: Invoice, now: datetime) -> Skip | None:
        """Voided or paid before anybody was told of it: no news any more (N5)."""
        if subject.is_void:
            return Skip(VOIDED)
        return Skip(PAID_ALREADY) if subject.is_paid else None


class InvoicePaid(InvoiceKind):
    """The staff concerned: who drafted it, who issued it, who serves the client; not who noted the payment (P5)."""

    slug = "invoice.paid"
    label = _("Invoice paid")
    template = "billing/paid"
    url_name = "invoice"

    def key(self, subject: Invoice) -> str:
        # Each payment that was noted is its own: one may have been a mistake, and taken back.
        return f"invoice:{subject.pk}:paid:{subject.paid_at:%Y%m%dT%H%M%S.%f}"

    def audience(self, subject: Invoice) -> list[Recipient]:
        wrote = {subject.created_by_id, subject.issued_by_id}
        logins = Login.objects.staff().active().filter(Q(pk__in=wrote) | Q(clients=subject.client_id))
        return _by_every_channel(set(logins.values_list("pk", flat=True)) - {subject.paid_by_id})

    def useful_until(self, subject: Invoice) -> datetime:
        return (subject.paid_at or subject.created_at) + WORTH_TELLING_FOR

    def objection(self, notification: Notification, subject: Invoice, now: datetime) -> Skip | None:
        return None if subject.is_paid and notification.key == self.key(subject) else Skip(NOT_PAID)


def _by_every_channel(logins: Iterable[int]) -> list[Recipient]:
    return [Recipient(login, channel) for login in sorted(logins) for channel in Channel]
