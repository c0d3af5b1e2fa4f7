"""The platform admin's page of a number or address: its whole story, nothing undone without a reason (T6, E4)."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from django.utils import timezone
from django.utils.html import strip_tags

from accounts.features import Channel
from accounts.models import EmailStop, EmailStopEvent, PhoneFault, TextStop, TextStopEvent, User
from notifications import reasons
from notifications.models import EmailEvent, InboundText, Meaning, State
from tests.conftest import Practice
from tests.notifications.conftest import make_notification

NUMBERS = "/admin/accounts/textstop/"
ADDRESSES = "/admin/accounts/emailstop/"
WHY = "Called from that phone on Monday and asked for texts again."


@pytest.fixture
def pat(db: None) -> User:
    return User.objects.create_superuser("pat@blink.example")


@pytest.fixture
def browser(pat: User) -> Browser:
    browser = Browser()
    browser.force_login(pat)
    return browser


def words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(strip_tags(html.replace("<", " <"))))


def page_of(browser: Browser, typed: str, url: str = NUMBERS) -> tuple[str, str]:
    """The address and the words of the page that looking this up leads to."""
    found = browser.post(f"{url}look-up/", {"number": typed, "address": typed}, follow=True)
    return found.redirect_chain[-1][0], words(found.content.decode())


def test_a_number_is_looked_up_with_its_whole_history_T6(
    browser: Browser, practice: Practice, other_practice: Practice
) -> None:
    now = timezone.now()
    TextStop.objects.stop("2065550143", at=now - timedelta(hours=3), said="Stop. Thank you")
    TextStop.objects.resume("2065550143", at=now - timedelta(hours=2), said="UNSTOP")
    TextStop.objects.stop("2065550143", at=now - timedelta(hours=1), how=TextStopEvent.How.REFUSED)
    InboundText.objects.create(
        sid="SM1", phone="2065550143", to="2065550100", body="my secret diagnosis", meaning=Meaning.OTHER
    )
    sent = make_notification(practice.mom, Channel.TEXT, state=State.SKIPPED, reason=reasons.REPLIED_STOP.code)
    url, page = page_of(browser, "+1 (206) 555-0143")
    assert "206" not in url, "a number does not belong into an address"
    assert "Texts are stopped." in page
    assert "Stopped: Twilio refused a text to it" in page
    assert "Resumed: a stop or resume word “UNSTOP”" in page
    assert "Stopped: a stop or resume word “Stop. Thank you”" in page
    assert page.index("Twilio refused") < page.index("“UNSTOP”") < page.index("“Stop. Thank you”")
    assert "A text came: a reply" in page
    assert "diagnosis" not in page, "what else it says is for the practices"
    assert "2 logins have this number: a STOP holds for all of them." in page  # mom's of both practices
    assert "Harbor Kids Therapy" in page
    assert "Outside Counseling" in page
    assert sent.words in page


def test_a_number_that_never_replied_is_looked_up_too_T6(browser: Browser) -> None:
    _url, page = page_of(browser, "604 555 0199")
    assert "Texts are not stopped." in page
    assert "Nothing is known of it" in page
    assert "No login has it now." in page


@pytest.mark.parametrize("typed", ["", "604-555-HELP", "+44 20 7946 0958", "12"])
def test_what_is_no_number_is_said_beside_the_field_W2(browser: Browser, typed: str) -> None:
    answer = browser.post(f"{NUMBERS}look-up/", {"number": typed})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert f'value="{typed}"' in answer.content.decode() or not typed
    assert not TextStop.objects.exists()


@pytest.mark.parametrize(
    "sent",
    [
        {"act": "resume"},
        {"act": "resume", "why": WHY},
        {"act": "resume", "asked": "on"},
        {"act": "resume", "why": "   ", "asked": "on"},
        {"act": "resume", "why": "asked", "asked": "on"},
    ],
)
def test_a_stop_is_never_undone_without_the_reason_that_the_person_asked_T6(
    browser: Browser, sent: dict[str, str]
) -> None:
    TextStop.objects.stop("2065550143")
    url, _page = page_of(browser, "2065550143")
    answer = browser.post(url.replace("change/", "decide/"), sent)
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert TextStop.objects.in_force().exists()
    assert TextStopEvent.objects.count() == 1


def test_with_the_reason_it_is_undone_once_and_the_reason_is_kept_T6(browser: Browser, pat: User) -> None:
    TextStop.objects.stop("2065550143")
    url, _page = page_of(browser, "2065550143")
    for said in ("Texts to this number are on again.", "Nothing was changed: it was so already."):
        answer = browser.post(
            url.replace("change/", "decide/"), {"act": "resume", "why": WHY, "asked": "on"}, follow=True
        )
        assert said in words(answer.content.decode())
    assert WHY in words(answer.content.decode())
    assert not TextStop.objects.in_force().exists()
    event = TextStopEvent.objects.get(stopped=False)
    assert (event.how, event.by, event.why) == ("admin", pat, WHY)


def test_somebody_who_called_to_stop_texts_is_heard_too_T6(browser: Browser, practice: Practice) -> None:
    url, _page = page_of(browser, "2065550143")
    browser.post(url.replace("change/", "decide/"), {"act": "stop", "why": WHY, "asked": "on"})
    assert TextStop.objects.in_force().filter(phone="2065550143").exists()


def test_the_database_itself_wants_the_reason_T6(pat: User) -> None:
    TextStop.objects.stop("2065550143")
    with pytest.raises(IntegrityError), transaction.atomic():
        TextStop.objects.resume("2065550143", how=TextStopEvent.How.ADMIN, by=pat)
    assert TextStop.objects.in_force().exists()


def test_a_number_that_took_no_texts_is_believed_again_T8(browser: Browser, pat: User) -> None:
    PhoneFault.objects.note("2065550143", reason=reasons.NUMBER_TAKES_NO_TEXTS.code, code="30006")
    url, page = page_of(browser, "2065550143")
    assert "Not texted: the number is a landline or cannot take texts (code 30006)" in page
    browser.post(url.replace("change/", "decide/"), {"act": "believe", "why": WHY, "asked": "on"})
    assert not PhoneFault.objects.exists()
    kept = LogEntry.objects.get()
    assert (kept.user, kept.change_message) == (pat, WHY), "the page says that it is kept for good"


@pytest.mark.parametrize("url", [NUMBERS, ADDRESSES])
def test_nobody_is_looked_for_in_the_address_of_a_page(browser: Browser, url: str) -> None:
    """A search of the list would be one: addresses of pages are logged, and kept by browsers."""
    assert 'name="q"' not in browser.get(url).content.decode()


def test_an_address_that_bounces_is_explained_and_written_to_again_with_a_reason_E4(
    browser: Browser, pat: User, practice: Practice
) -> None:
    address = practice.mom.user.email
    EmailStop.objects.stop(address, EmailStop.Because.BOUNCED, detail="550")
    EmailEvent.objects.create(
        esp="Postmark", event_id="1", type="bounced", reject_reason="bounced", recipient=address, at=timezone.now()
    )
    url, page = page_of(browser, address.upper(), ADDRESSES)
    assert "@" not in url
    assert "Emails are stopped." in page
    assert "Stopped: an email came back 550" in page
    assert "The provider reported: bounced bounced" in page
    assert "Maria Rivera" in page
    decide = url.replace("change/", "decide/")
    browser.post(decide, {"act": "resume"})
    assert EmailStop.objects.in_force().exists()
    browser.post(decide, {"act": "resume", "why": WHY, "asked": "on"})
    assert not EmailStop.objects.in_force().exists()
    event = EmailStopEvent.objects.get(stopped=False)
    assert (event.how, event.by, event.why) == ("admin", pat, WHY)


def test_nobody_else_enters(practice: Practice) -> None:
    TextStop.objects.stop("2065550143")
    page = f"{NUMBERS}{TextStop.objects.get().pk}/decide/"
    for login in (practice.owner, practice.mom):
        browser = Browser()
        browser.force_login(login.user)
        answer = browser.post(page, {"act": "resume", "why": WHY, "asked": "on"})
        assert answer.status_code in (302, 403)
    assert TextStop.objects.in_force().exists()
