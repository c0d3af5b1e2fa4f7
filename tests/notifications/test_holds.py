"""What is misconfigured holds the queue, says so, and is let go of while the notices are still useful (R8, L6)."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from accounts.features import Channel
from accounts.models import User
from accounts.tenancy import everywhere
from notifications import reasons
from notifications.channels import Misconfigured
from notifications.delivery import deliver_batch
from notifications.holding import begin, has_one_to_try, not_held
from notifications.letters import deliver_letters
from notifications.models import Hold, Letter, Notification, State
from tests.conftest import Practice, choose, make_login
from tests.notifications.conftest import PUBLIC_URL, make_notification
from tests.notifications.test_delivery import due_email, due_text, now, run
from tests.standins.mail_api import Answer, MailApiStandin
from tests.standins.smtp import RefuseRecipient, SmtpStandin
from tests.standins.twilio import Refuse, TwilioStandin

pytestmark = pytest.mark.django_db

START = datetime(2026, 6, 1, 15, 0, tzinfo=UTC)
A_TRY = 61  # seconds until the next one


@pytest.fixture(autouse=True)
def clock(settings: Settings) -> Iterator[time_machine.Traveller]:
    settings.DELIVERY = "providers"
    with time_machine.travel(START, tick=True) as coordinates:
        yield coordinates


@pytest.fixture
def family(clock: time_machine.Traveller, practice: Practice) -> Practice:
    choose(practice.mom, Channel.EMAIL, on=False)
    choose(practice.mom, Channel.TEXT)
    return practice


@pytest.fixture
def asked(twilio: TwilioStandin, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The numbers that the stand-in was asked to text, whatever it answered."""
    numbers: list[str] = []
    respond = twilio.respond

    def counted(method: str, target: str, form: dict[str, str], login: str | None) -> object:
        if method == "POST":
            numbers.append(form.get("To", ""))
        return respond(method, target, form, login)

    monkeypatch.setattr(twilio, "respond", counted)
    return numbers


def due_texts(family: Practice, count: int) -> list[Notification]:
    return [due_text(family) for _ in range(count)]


def states(rows: list[Notification]) -> set[str]:
    return {now(row).state for row in rows}


def held() -> list[tuple[str, str, str]]:
    return list(Hold.objects.in_force().values_list("channel", "country", "code"))


def report(twilio: TwilioStandin, sid: str, status: str, code: int | None = None) -> None:
    callback = twilio.callback(sid, status, error_code=code)
    response = Browser().generic(
        "POST",
        callback.url.removeprefix(PUBLIC_URL),
        urlencode(callback.fields),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": callback.signature},
    )
    assert response.status_code == 204


def test_a_refusal_of_our_credentials_burns_one_call_and_then_one_a_minute_R8(
    family: Practice,
    twilio: TwilioStandin,
    asked: list[str],
    settings: Settings,
    clock: time_machine.Traveller,
    caplog: pytest.LogCaptureFixture,
) -> None:
    rows = due_texts(family, 8)
    token, settings.TWILIO_AUTH_TOKEN = settings.TWILIO_AUTH_TOKEN, "wrong"
    run()
    assert (len(asked), held(), states(rows)) == (1, [("text", "", "20003")], {State.PENDING})
    assert [record.levelno for record in caplog.records if record.name == "notifications.holding"] == [logging.ERROR]
    run()  # it is not a minute later
    assert len(asked) == 1
    for _ in range(7):
        clock.shift(A_TRY)
        run()
        run()
    assert len(asked) == 8
    assert {now(row).attempts for row in rows} == {1}, "each try takes another row"
    settings.TWILIO_AUTH_TOKEN = token
    clock.shift(A_TRY)
    run()
    clock.shift(A_TRY)  # the one that was refused last rests for a minute
    run()
    assert (held(), states(rows), len(twilio.messages)) == ([], {State.SENT}, 8)
    assert caplog.records[-1].levelno >= logging.INFO
    assert "mended" in caplog.text
    assert Hold.objects.get().tries == 8


def test_a_queue_that_is_held_keeps_what_is_useful_and_records_what_is_not_R8(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller
) -> None:
    early = due_text(family)
    twilio.on(Refuse(21606))
    run()
    clock.shift(50 * 60)
    late = due_texts(family, 3)
    clock.shift(10 * 60)
    run()
    assert (now(early).state, now(early).reason) == (State.SKIPPED, reasons.TOO_LATE.code)
    twilio.clear()
    clock.shift(A_TRY)
    run()
    clock.shift(A_TRY)
    run()
    assert (states(late), held()) == ({State.SENT}, [])


def test_a_country_that_is_not_enabled_holds_its_numbers_alone(
    family: Practice, twilio: TwilioStandin, asked: list[str], clock: time_machine.Traveller
) -> None:
    canadian = make_login(family.organization, "Anne Tremblay", phone="604-555-0150")
    with everywhere("the test"):
        canadian.link(family.child, at=timezone.now() - timedelta(days=9))
    choose(canadian, Channel.TEXT)
    twilio.on(Refuse(21408), to="+16045550150")
    due_texts(family, 3)
    run()
    with everywhere("the test looks"):
        by_login = {
            login: Notification.objects.filter(login=login, channel=Channel.TEXT) for login in (canadian, family.mom)
        }
        assert {row.state for row in by_login[family.mom]} == {State.SENT}
        assert {row.state for row in by_login[canadian]} == {State.PENDING}
    assert (held(), asked.count("+16045550150")) == ([("text", "CA", "21408")], 1)
    later = due_text(family)
    run()
    assert (now(later).state, asked.count("+16045550150")) == (State.SENT, 1)
    twilio.clear()
    clock.shift(A_TRY)
    run()
    clock.shift(A_TRY)
    run()
    assert (held(), asked.count("+16045550150")) == ([], 5)


def test_a_country_is_tried_each_minute_however_much_else_is_due(
    family: Practice, twilio: TwilioStandin, asked: list[str], clock: time_machine.Traveller, settings: Settings
) -> None:
    canadian = make_login(family.organization, "Anne Tremblay", phone="604-555-0150")
    with everywhere("the test"):
        canadian.link(family.child, at=timezone.now() - timedelta(days=9))
    choose(canadian, Channel.TEXT)
    due_texts(family, 3)
    with everywhere("hers have more time"):
        Notification.objects.filter(login=canadian).update(useful_until=timezone.now() + timedelta(hours=2))
    now_ = timezone.now()
    Hold.objects.create(channel=Channel.TEXT, country="CA", code="21408", since=now_, next_try_at=now_)
    settings.TEXT_RATE = 1.0  # one text for each claim
    deliver_batch()
    assert asked == ["+16045550150"]
    assert held() == []


def test_what_is_refused_only_after_its_acceptance_is_held_until_one_arrives_R8(
    family: Practice, twilio: TwilioStandin, asked: list[str], clock: time_machine.Traveller
) -> None:
    first, *rest = due_texts(family, 5)
    del rest
    with everywhere("the test"):
        Notification.objects.exclude(pk=first.pk).update(next_attempt_at=timezone.now() + timedelta(seconds=30))
    run()
    report(twilio, twilio.messages[0].sid, "undelivered", 30034)
    assert held() == [("text", "", "30034")]
    clock.shift(A_TRY)
    run()
    assert len(asked) == 2
    assert held() == [("text", "", "30034")], "that it was accepted shows nothing"
    report(twilio, twilio.messages[1].sid, "sent")
    assert held() == [("text", "", "30034")]
    report(twilio, twilio.messages[1].sid, "delivered")
    assert held() == []
    run()
    assert len(asked) == 6
    assert now(first).state == State.SENT


def test_an_old_report_holds_nothing_that_was_mended_since(
    family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller
) -> None:
    row = due_text(family)
    run()
    Hold.objects.create(
        channel=Channel.TEXT, code="30034", since=timezone.now(), next_try_at=timezone.now(), ended_at=timezone.now()
    )
    report(twilio, twilio.messages[0].sid, "undelivered", 30034)
    assert (held(), now(row).state) == ([], State.PENDING)


def test_two_workers_do_not_try_at_once(family: Practice, twilio: TwilioStandin, clock: time_machine.Traveller) -> None:
    due_texts(family, 3)
    twilio.on(Refuse(21606))
    run()
    clock.shift(A_TRY)
    assert has_one_to_try(timezone.now())
    assert deliver_batch() == 1
    assert deliver_batch() == 0
    assert not has_one_to_try(timezone.now())
    with everywhere("the test looks"):
        waiting = Notification.objects.filter(channel=Channel.TEXT).unfinished()
        assert waiting.count() == 3
        assert not_held(waiting, timezone.now()).count() == 0


# Email.


def test_emails_are_held_while_the_sign_in_is_refused_R8(
    family: Practice, smtp: SmtpStandin, clock: time_machine.Traveller
) -> None:
    rows = [due_email(family), make_notification(family.dad, Channel.EMAIL)]
    smtp.on(RefuseRecipient(535, "5.7.8 Authentication credentials invalid"))
    run()
    assert held() == [("email", "", "535")]
    assert now(rows[0]).state == State.PENDING
    smtp.clear()
    clock.shift(A_TRY)
    run()
    clock.shift(A_TRY)
    run()
    assert (held(), now(rows[0]).state) == ([], State.SENT)


def test_one_odd_email_holds_no_other(family: Practice, smtp: SmtpStandin) -> None:
    row = due_email(family)
    smtp.on(RefuseRecipient(550, "5.7.1 Relaying denied"), times=1)
    run()
    assert (held(), now(row).state) == ([], State.PENDING)


@pytest.mark.parametrize("status", [401, 402, 403])
def test_emails_are_held_while_the_provider_refuses_us(family: Practice, mail_api: MailApiStandin, status: int) -> None:
    due_email(family)
    mail_api.answers.append(Answer(status, "{}"))
    run()
    assert held() == [("email", "", str(status))]


def test_a_letter_is_not_lost_while_emails_are_held(smtp: SmtpStandin, clock: time_machine.Traveller) -> None:
    letter = Letter.objects.create(to="new@harbor.example", subject="Welcome", body="Welcome.", html="<p>Welcome.</p>")
    smtp.on(RefuseRecipient(535, "5.7.8 Authentication credentials invalid"))
    for _ in range(46):
        deliver_letters()
        clock.shift(1800)
    assert Letter.objects.waiting().filter(pk=letter.pk).exists()
    smtp.clear()
    deliver_letters()
    clock.shift(1800)
    deliver_letters()
    assert len(smtp.emails) == 1


# Said loudly.


@pytest.fixture
def admin(db: None) -> Browser:
    browser = Browser()
    browser.force_login(User.objects.create_superuser("pat@blink.example"))
    return browser


def hold(row: Notification, code: str = "20003", country: str = "") -> Hold:
    begin(row, Misconfigured(code, country))
    return Hold.objects.in_force().get(country=country)


def test_every_page_of_the_admin_says_what_is_held_and_what_to_do_L6(family: Practice, admin: Browser) -> None:
    row = due_text(family)
    assert "are held" not in admin.get("/admin/").content.decode()
    hold(row)
    for url in ("/admin/", "/admin/accounts/login/", f"/admin/notifications/notification/{row.pk}/change/"):
        page = unescape(admin.get(url).content.decode())
        assert "Texts are held" in page
        assert "Twilio refuses our credentials (20003): check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN." in page
        assert "Up to 2 are waiting." in page
    begin(due_text(family), Misconfigured("21408", "CA"))  # where nobody waits
    assert "Nothing is waiting now." in unescape(admin.get("/admin/").content.decode())
    assert "are held" not in Browser().get("/admin/login/", follow=True).content.decode()


def test_a_platform_admin_has_it_tried_at_once(family: Practice, admin: Browser) -> None:
    one = hold(due_text(family))
    assert one.next_try_at > timezone.now()
    asked_for = {"action": "try_now", "index": "0", "_selected_action": str(one.pk)}
    page = admin.post("/admin/notifications/hold/", asked_for, follow=True)
    assert "One is tried now." in page.content.decode()
    one.refresh_from_db()
    assert one.next_try_at <= timezone.now()
    one.end()
    page = admin.post("/admin/notifications/hold/", asked_for, follow=True)
    assert "Nothing of this is held any more." in page.content.decode()


def test_staff_are_told_that_it_is_not_their_fault_once_something_of_theirs_waits(
    family: Practice, other_practice: Practice
) -> None:
    row = due_text(family)

    def home(who: Practice) -> str:
        browser = Browser()
        browser.force_login(who.owner.user)
        return unescape(browser.get("/", follow=True).content.decode())

    assert "fault of the platform" not in home(family)
    hold(row)
    page = home(family)
    assert "Texts are held up" in page
    assert "a fault of the platform, not of your practice" in page
    assert "Up to 2 texts are waiting." in page
    assert "fault of the platform" not in home(other_practice)
