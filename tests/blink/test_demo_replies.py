"""The demo's text replies: an inbox with something to do in it, from numbers that nobody can have (T7)."""

import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client as Browser

from accounts.models import Login, Organization, TextStop, User
from accounts.tenancy import everywhere
from blink.demo import PASSWORD
from blink.demo.loading import load
from notifications.delivery import deliver_batch
from notifications.models import InboundText, Meaning, Notification, TextReply, TextThread
from scheduling.scan import scan

NOW = datetime(2026, 11, 24, 18, 20, 40, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def _page(email: str, path: str) -> str:
    """What somebody of the demo reads there."""
    browser = Browser()
    assert browser.login(username=email, password=PASSWORD)
    return browser.get(path, follow=True).content.decode()


def test_the_inboxes_have_something_to_do_and_nothing_stops_texts_T7() -> None:
    with time_machine.travel(NOW, tick=False), everywhere("tests of the whole demo"):
        assert load()
        texts = list(InboundText.objects.all())
        assert {text.meaning for text in texts} == {Meaning.MAYBE_STOP, Meaning.OTHER}
        assert all(re.fullmatch(r"[2-9]\d\d55501\d\d", text.phone) and text.received_at < NOW for text in texts)
        for row in (*texts, *TextReply.objects.all()):
            row.full_clean(exclude={"written_at"})
        by_practice = {
            organization.slug: [thread.is_open for thread in TextThread.objects.filter(organization=organization)]
            for organization in Organization.objects.all()
        }
        assert sorted(by_practice["cedar-finch"]) == [False, True, True]
        assert by_practice["vieux-tilleul"] == [True, True]
        assert by_practice["willowmere"] == []
        assert TextStop.objects.in_force().count() == 1  # Montréal's, which is older

        assert "They share this number" in _thread("imogen@cedarfinch.example", "2065550192")
        assert "tuque" in _thread("genevieve@vieuxtilleul.example", "5145550141")
        assert "Marked as done by Wendell Okonjo" in _thread("imogen@cedarfinch.example", "2065550121")


def _thread(email: str, phone: str) -> str:
    organization = Login.objects.get(user=User.objects.get(email=email)).organization
    thread = TextThread.objects.get(organization=organization, phone=phone)
    return _page(email, f"/replies/{thread.pk}/")


def test_one_address_bounces_and_its_login_says_so_E4_P6() -> None:
    with time_machine.travel(NOW, tick=False), everywhere("tests of the whole demo"):
        assert load()
        otis = Login.objects.get(name="Otis Halvorsen")
        page = _page("imogen@cedarfinch.example", f"/logins/{otis.pk}/")
        assert "Emails cannot reach Otis Halvorsen: emails to this address come back" in page
        with time_machine.travel(NOW.replace(minute=23), tick=False):
            scan()
            while deliver_batch():
                pass
            reminders = Notification.objects.filter(login=otis, kind="appointment.reminder", channel="text")
            assert [row.words for row in reminders] == ["Sent"]
