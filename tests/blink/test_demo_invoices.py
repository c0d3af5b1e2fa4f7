"""The demo's invoices: every state in three currencies, and news of today alone."""

from datetime import UTC, datetime

import pytest
import time_machine

from accounts.features import Channel
from accounts.tenancy import everywhere
from billing.models import Invoice
from blink.demo.loading import load
from notifications.delivery import deliver_batch
from notifications.models import Notification, OutboxMessage

NOW = datetime(2026, 11, 24, 18, 20, 40, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def test_there_are_invoices_of_every_kind_in_every_practice_and_only_todays_are_news_N2_P5_O5() -> None:
    with time_machine.travel(NOW, tick=False), everywhere("tests of the whole demo"):
        assert load()
        while deliver_batch():
            pass
        for slug, currency in (("cedar-finch", "USD"), ("vieux-tilleul", "CAD"), ("willowmere", "GBP")):
            of_one = Invoice.objects.filter(organization__slug=slug)
            assert set(of_one.values_list("currency", flat=True)) == {currency}
            assert set(of_one.exclude(status="paid").values_list("status", flat=True)) == {"draft", "issued", "void"}
            assert of_one.overdue(NOW.date()).exists()
            assert of_one.filter(status="paid").exists()
            numbers = list(of_one.exclude(number=None).order_by("number").values_list("number", flat=True))
            assert numbers == list(range(1, len(numbers) + 1))
        for invoice in Invoice.objects.all():
            invoice.full_clean()
            assert invoice.total == invoice.totals.total
        news = OutboxMessage.objects.filter(notification__feature="invoices")
        assert set(news.values_list("notification__login__name", "notification__kind", "channel")) == {
            ("Marcia Dufresne", "invoice.issued", Channel.EMAIL),
            ("Odette Dufresne", "invoice.issued", Channel.EMAIL),
            ("Ysolde Ferrante", "invoice.paid", Channel.EMAIL),
        }
        refused = Notification.objects.get(login__name="Marcia Dufresne", kind="invoice.issued", channel=Channel.TEXT)
        assert refused.reason == "phone_outside_us_canada"
