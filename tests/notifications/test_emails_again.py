"""Having emails again at one's own address: its owner alone, and not every minute (P6, E4)."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import EmailStop, EmailStopEvent
from notifications.resuming import Answer, resume_emails
from tests.accounts.racing import race
from tests.conftest import Practice
from tests.pages import signed_in

pytestmark = pytest.mark.django_db

AGAIN = "/account/emails-again/"
WHY = {
    EmailStop.Because.BOUNCED: ("emails to your address come back", "Emails to {address} came back."),
    EmailStop.Because.COMPLAINED: (
        "an email to your address was marked as spam",
        "An email of ours to {address} was marked as spam",
    ),
    EmailStop.Because.UNSUBSCRIBED: (
        "your address unsubscribed from all emails",
        "{address} unsubscribed from all emails, with",
    ),
}


def words_of(browser: Browser, url: str) -> str:
    return words(browser.get(url, follow=True).content)


def words(html: bytes) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.decode())).split())


def stop(practice: Practice, because: EmailStop.Because) -> str:
    EmailStop.objects.stop(practice.mom.user.email, because)
    return practice.mom.user.email


@pytest.mark.parametrize("because", EmailStop.Because)
def test_my_account_says_why_and_offers_the_way_back_P6(practice: Practice, because: EmailStop.Because) -> None:
    address = stop(practice, because)
    browser = signed_in(practice.mom)
    why, consequence = WHY[because]
    mine = browser.get("/account/").content
    assert f"Emails cannot reach you: {why}." in words(mine)
    assert f'href="{AGAIN}"' in mine.decode()
    asked = words_of(browser, AGAIN)
    assert "Send you emails again?" in asked
    assert consequence.format(address=address) in asked
    assert EmailStop.objects.in_force().exists(), "looking changes nothing"
    told = words(browser.post(AGAIN, follow=True).content)
    assert "We send you emails again, from now on." in told
    assert "Emails cannot reach you" not in told
    assert not EmailStop.objects.in_force().exists()
    latest = EmailStopEvent.objects.first()
    assert latest is not None
    assert (latest.stopped, latest.how, latest.by) == (False, "owner", practice.mom.user)


def test_nothing_is_offered_where_nothing_is_halted_P6(practice: Practice) -> None:
    browser = signed_in(practice.mom)
    assert AGAIN not in browser.get("/account/").content.decode()
    assert browser.get(AGAIN).headers["Location"] == "/account/#preferences"
    assert "Emails are sent to this address." in words(browser.post(AGAIN, follow=True).content)
    assert not EmailStopEvent.objects.exists()


def test_after_a_bounce_it_can_be_asked_for_once_a_day_E4(practice: Practice) -> None:
    stop(practice, EmailStop.Because.BOUNCED)
    browser = signed_in(practice.mom)
    browser.post(AGAIN)
    stop(practice, EmailStop.Because.BOUNCED)
    told = words(browser.post(AGAIN, follow=True).content)
    assert "less than a day ago" in told
    assert EmailStop.objects.in_force().exists()
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
        assert resume_emails(practice.mom.user) is Answer.DONE


def test_after_a_complaint_it_is_the_persons_own_word_however_often_E4(practice: Practice) -> None:
    for _ in range(2):
        stop(practice, EmailStop.Because.COMPLAINED)
        assert resume_emails(practice.mom.user) is Answer.DONE


@pytest.mark.django_db(transaction=True)
def test_pressed_at_once_it_is_on_record_once_E4(practice: Practice) -> None:
    stop(practice, EmailStop.Because.BOUNCED)
    answers = race(lambda: resume_emails(practice.mom.user))
    assert answers.count(Answer.DONE) == 1
    assert EmailStopEvent.objects.filter(stopped=False).count() == 1


def test_staff_see_it_and_cannot_undo_it_P6_E4(practice: Practice) -> None:
    stop(practice, EmailStop.Because.BOUNCED)
    browser = signed_in(practice.owner)
    page = browser.get(f"/logins/{practice.mom.pk}/").content
    assert "Emails cannot reach Maria Rivera: emails to this address come back. Only they can ask" in words(page)
    assert AGAIN not in page.decode()
    assert "Not emailed: emails to this address come back" in words_of(browser, "/logins/")
    browser.post(AGAIN)  # it is about the owner's own address
    assert EmailStop.objects.in_force().exists()


def test_a_new_address_is_a_new_address_E4(practice: Practice) -> None:
    stop(practice, EmailStop.Because.BOUNCED)
    practice.mom.user.email = "maria@new.example"
    practice.mom.user.save()
    assert "Emails cannot reach you" not in words_of(signed_in(practice.mom), "/account/")


def test_the_weightier_reason_stands_in_whatever_order_E4(practice: Practice) -> None:
    address = stop(practice, EmailStop.Because.UNSUBSCRIBED)
    stop(practice, EmailStop.Because.COMPLAINED)
    assert not EmailStop.objects.stop(address, EmailStop.Because.BOUNCED)
    assert EmailStop.objects.get().because == EmailStop.Because.COMPLAINED
    assert EmailStopEvent.objects.count() == 2
