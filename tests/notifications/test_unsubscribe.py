"""Emails are stopped by the link in them: by pressing, never by looking; without signing in, and once (E3)."""

import re
from datetime import UTC
from email.utils import parseaddr
from html import unescape

import pytest
from django.test import Client as Browser
from pytest_django import Settings

from accounts.features import Channel, Feature
from accounts.models import FeatureToggle, Login, Preference, PreferenceChange, Role, User
from accounts.tenancy import everywhere, within
from notifications.channels.email import open_connection
from notifications.kinds import Content, Delivery
from notifications.rendering import Rendered, render
from notifications.unsubscribe_links import link_for
from tests.accounts.racing import race
from tests.conftest import Practice, make_login
from tests.notifications.conftest import make_email, make_notification
from tests.pages import signed_in
from tests.standins.mail_api import MailApiStandin
from tests.standins.smtp import SmtpStandin

pytestmark = pytest.mark.django_db

PUBLIC_URL = "https://blink.example"
ONE_CLICK = "List-Unsubscribe=One-Click"


@pytest.fixture(autouse=True)
def public(settings: Settings) -> None:
    settings.PUBLIC_URL = PUBLIC_URL


def path_for(login: Login, feature: Feature = Feature.APPOINTMENTS) -> str:
    return link_for(login, feature).removeprefix(PUBLIC_URL)


def read(html: bytes) -> str:
    """The words of a page, without its tags."""
    main = html.decode().partition('tabindex="-1">')[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def email_on(login: Login) -> set[str]:
    with within(login.organization_id):
        kept = Preference.objects.filter(login=login, email_since__isnull=False)
        return set(kept.values_list("feature", flat=True))


def changes(login: Login) -> list[PreferenceChange]:
    with within(login.organization_id):
        return list(PreferenceChange.objects.filter(login=login).select_related("by"))


TEMPLATES = {Role.CLIENT: "messaging/to_family", Role.STAFF: "messaging/to_staff"}
ALL = {feature.value for feature in Feature}


def test_looking_shows_what_would_stop_and_changes_nothing_E3(practice: Practice) -> None:
    browser = Browser()
    for _ in range(2):
        words = read(browser.get(path_for(practice.mom)).content)
    assert words == (
        "Stop these emails? From Harbor Kids Therapy Emails about Appointment reminders "
        "Nothing else changes: other emails, and texts, come as you chose. Stop these emails"
    )
    assert browser.head(path_for(practice.mom)).status_code == 200
    assert email_on(practice.mom) == ALL
    assert not changes(practice.mom)


def test_pressing_stops_them_and_says_what_still_comes_E3_P7(practice: Practice) -> None:
    answer = Browser(enforce_csrf_checks=True).post(path_for(practice.mom))
    assert answer.status_code == 200
    words = read(answer.content)
    assert words == (
        "These emails are stopped From Harbor Kids Therapy No more emails about Appointment reminders "
        "Emails that still come New messages Homework Invoices "
        "Changed your mind? Sign in and choose what you are told, by email and by text. Sign in to My Account"
    )
    assert f'href="{PUBLIC_URL}/at/harbor-kids-therapy/account/"' in answer.content.decode()
    assert email_on(practice.mom) == ALL - {"appointments"}
    (change,) = changes(practice.mom)
    assert (change.feature, change.channel, change.was, change.became) == ("appointments", "email", True, False)
    assert change.by == practice.mom.user
    assert email_on(practice.dad) == ALL
    assert read(Browser().get(path_for(practice.mom)).content) == words, "looking again says so too"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ONE_CLICK, "application/x-www-form-urlencoded"),
        (
            f"--x\r\nContent-Disposition: form-data; name=x\r\n\r\n{ONE_CLICK}\r\n--x--",
            "multipart/form-data; boundary=x",
        ),
        (ONE_CLICK, "multipart/form-data"),
        (ONE_CLICK, "text/plain; charset=no-such"),
        ("", ""),
        ("x" * 3_000_000, "application/json"),
    ],
)
def test_a_mail_program_presses_without_cookies_and_with_any_body_E3(
    practice: Practice, body: str, content_type: str
) -> None:
    browser = Browser(enforce_csrf_checks=True)
    answer = browser.generic("POST", path_for(practice.mom), body, content_type=content_type)
    assert answer.status_code == 200
    assert not answer.cookies
    assert email_on(practice.mom) == ALL - {"appointments"}


def test_pressed_again_and_again_it_is_on_record_once_E3_P7(practice: Practice) -> None:
    for _ in range(5):
        assert Browser().post(path_for(practice.mom)).status_code == 200
    assert len(changes(practice.mom)) == 1


@pytest.mark.django_db(transaction=True)
def test_pressed_eight_times_at_once_it_is_on_record_once_E3_P7(practice: Practice) -> None:
    with everywhere("as where the row is not there yet"):
        Preference.objects.filter(login=practice.mom, feature="homework").delete()
    for feature, expected in ((Feature.APPOINTMENTS, 1), (Feature.HOMEWORK, 0)):
        path = path_for(practice.mom, feature)
        assert race(lambda path=path: Browser().post(path).status_code, threads=8) == [200] * 8  # type: ignore[misc]  # bound now, not when the race begins
        assert sum(change.feature == feature for change in changes(practice.mom)) == expected


def test_it_works_for_staff_too_E3_P5(practice: Practice) -> None:
    words = read(Browser().post(path_for(practice.therapist, Feature.MESSAGES)).content)
    assert "No more emails about Messages from clients Emails that still come Homework marked done" in words
    assert "messages" not in email_on(practice.therapist)


def test_a_session_of_somebody_else_or_one_that_is_idle_is_not_in_its_way_E3(
    practice: Practice, settings: Settings
) -> None:
    practice.organization.staff_second_factor = True
    practice.organization.save()
    settings.STAFF_IDLE_LIMIT = -1
    browser = signed_in(practice.owner)
    assert "Emails about Appointment reminders" in read(browser.get(path_for(practice.mom)).content)
    assert browser.post(path_for(practice.mom)).status_code == 200
    assert changes(practice.mom)[0].by == practice.mom.user


def test_what_is_no_more_is_said_in_plain_words_E3(practice: Practice) -> None:
    with within(practice.organization):
        practice.mom.deactivate()
        FeatureToggle.objects.filter(feature=Feature.INVOICES).turn(Feature.INVOICES, on=False)
    assert Browser().post(path_for(practice.mom, Feature.INVOICES)).status_code == 200
    words = read(Browser().get(path_for(practice.mom, Feature.INVOICES)).content)
    assert "These emails are stopped" in words
    assert "Emails that still come Appointment reminders New messages Homework" in words
    gone = make_login(practice.organization, "Gone Soon")
    path = path_for(gone)
    with within(practice.organization):
        gone.delete()
    for answer in (Browser().get(path), Browser().post(path)):
        assert answer.status_code == 200
        assert "nothing left to stop" in read(answer.content)


@pytest.mark.parametrize("reached_by", ["a new user", "a new address"])
def test_who_got_them_at_a_wrong_address_cannot_stop_those_of_the_right_one_E3_S4(
    practice: Practice, reached_by: str
) -> None:
    """Staff mend a slip of the pen until the login is activated: what a stranger got is still in their mailbox."""
    stranger = path_for(practice.mom)
    with within(practice.organization):
        if reached_by == "a new user":
            practice.mom.user = User.objects.create_user("the.right.maria@example.com")
            practice.mom.save()
        else:
            practice.mom.user.email = "the.right.maria@example.com"
            practice.mom.user.save()
    pages = {read(answer.content) for answer in (Browser().get(stranger), Browser().post(stranger))}
    (words,) = pages
    assert "None are sent to this address any more" in words
    assert practice.organization.name not in words
    assert email_on(practice.mom) == ALL
    assert not changes(practice.mom)
    assert Browser().post(path_for(practice.mom)).status_code == 200
    assert email_on(practice.mom) == ALL - {"appointments"}


def test_a_link_is_known_however_the_address_is_spelled_E3(practice: Practice) -> None:
    path = path_for(practice.mom)
    User.objects.filter(pk=practice.mom.user_id).update(email=practice.mom.user.email.title())
    assert Browser().post(path).status_code == 200
    assert email_on(practice.mom) == ALL - {"appointments"}


def test_a_link_that_is_not_ours_is_one_and_the_same_page_E3(practice: Practice) -> None:
    genuine = path_for(practice.mom).removeprefix("/unsubscribe/")
    payload, _, signature = genuine.rpartition(".")
    other = path_for(practice.dad).removeprefix("/unsubscribe/").rpartition(".")[0]
    forged = [
        "x",
        genuine[:-1],
        f"{other}.{signature}",
        f"{payload}.",
        f"{payload}A.{signature}",
        "é",
        "%00",
        "a" * 3000,
    ]
    pages = set()
    for token in forged:
        for answer in (
            Browser().get(f"/unsubscribe/{token}"),
            Browser().post(f"/unsubscribe/{token}", ONE_CLICK, "x/y"),
        ):
            assert answer.status_code == 404
            pages.add(read(answer.content))
    assert len(pages) == 1
    assert email_on(practice.mom) == email_on(practice.dad) == ALL


def test_the_link_does_not_leak_E3(practice: Practice, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    path = path_for(practice.mom)
    for answer in (Browser().get(path), Browser().post(path)):
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Robots-Tag"] == "noindex"
        assert "no-store" in answer["Cache-Control"]
        token = path.removeprefix("/unsubscribe/")
        assert token not in answer.content.decode()
    assert token not in caplog.text
    assert not re.search(r"maria|rivera|@", token, re.IGNORECASE)


def test_a_link_outlives_its_key_being_replaced_E3(practice: Practice, settings: Settings) -> None:
    path, old = path_for(practice.mom), settings.SECRET_KEY
    settings.SECRET_KEY = "another key " * 5
    assert Browser().get(path).status_code == 404
    settings.SECRET_KEY_FALLBACKS = [old]
    assert Browser().post(path).status_code == 200
    assert email_on(practice.mom) == ALL - {"appointments"}


def test_its_page_is_in_the_language_of_the_login_E3(practice: Practice) -> None:
    with within(practice.organization):
        Login.objects.filter(pk=practice.mom.pk).update(language="fr")
    assert '<html lang="fr"' in Browser(headers={"accept-language": "en"}).get(path_for(practice.mom)).content.decode()


# What the email itself says.


def notice(login: Login) -> Rendered:
    """A notice of a real kind of template, as it is rendered for sending."""
    row = make_notification(login, Channel.EMAIL, feature=Feature.MESSAGES, kind="message.new")
    with within(login.organization_id):
        content = Content(template=TEMPLATES[Role(login.role)], context={"link": "https://x.example/", "zone": UTC})
        return render(Delivery(row, subject=None), content)


def test_the_headers_are_as_rfc_8058_wants_them_by_smtp_E3(smtp: SmtpStandin, practice: Practice) -> None:
    link = link_for(practice.mom, Feature.APPOINTMENTS)
    with open_connection() as connection:
        connection.send(make_email(practice.mom, unsubscribe=link))
        connection.send(make_email(practice.dad))
    with_link, without = (received.message for received in smtp.emails)
    assert with_link["List-Unsubscribe"].strip() == f"<{link}>"
    assert with_link["List-Unsubscribe-Post"] == ONE_CLICK
    assert link.startswith("https://")
    assert f"<{link}>".encode() in smtp.emails[0].raw, "the header may be folded, its address may not"
    assert "List-Unsubscribe" not in without
    assert parseaddr(with_link["Message-ID"])[1]


def test_the_headers_are_as_rfc_8058_wants_them_through_anymail_E3(
    mail_api: MailApiStandin, practice: Practice
) -> None:
    link = link_for(practice.mom, Feature.APPOINTMENTS)
    with open_connection() as connection:
        connection.send(make_email(practice.mom, unsubscribe=link, calendar=b"BEGIN:VCALENDAR"))
    headers = {header["Name"]: header["Value"] for header in mail_api.emails[0]["Headers"]}
    assert headers["List-Unsubscribe"] == f"<{link}>"
    assert headers["List-Unsubscribe-Post"] == ONE_CLICK
    assert "Message-ID" in headers
    assert mail_api.emails[0]["Attachments"]


def test_without_https_no_one_click_is_promised(smtp: SmtpStandin, practice: Practice, settings: Settings) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    with open_connection() as connection:
        connection.send(make_email(practice.mom, unsubscribe=link_for(practice.mom, Feature.APPOINTMENTS)))
    assert smtp.emails[0].message["List-Unsubscribe"].strip().startswith("<http://127.0.0.1:8000/unsubscribe/")
    assert "List-Unsubscribe-Post" not in smtp.emails[0].message


@pytest.mark.parametrize("role", [Role.CLIENT, Role.STAFF])
def test_every_notice_says_it_in_words_too_E3(practice: Practice, role: Role) -> None:
    login = practice.mom if role == Role.CLIENT else practice.therapist
    email = notice(login)
    link = link_for(login, Feature.MESSAGES)
    assert email.unsubscribe == link
    assert f"Stop emails about messages: {link}" in email.body
    assert re.search(rf'<a href="{re.escape(link)}"[^>]*>Stop emails about messages</a>', email.html)
    assert "My Account" in email.html
