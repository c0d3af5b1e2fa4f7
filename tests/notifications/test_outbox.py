"""The outbox pages: what was "sent", as people see it, and the record in words."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.features import Channel
from accounts.models import Login, Organization, TextStop, User
from accounts.tenancy import everywhere, within
from notifications.delivery import deliver_batch
from notifications.models import Notification, OutboxMessage
from scheduling.scan import scan
from tests.conftest import Practice, choose, link, make_client, make_login, make_practice

HOSTILE = "<script>alert(1)</script>"
ADDRESSES = ["/outbox/", "/outbox/record/", "/outbox/people/{login}/", "/outbox/emails/{email}/",
             "/outbox/emails/{email}/html", "/outbox/emails/{email}/appointment.ics"]  # fmt: skip


def run_now() -> None:
    scan(timezone.now())
    while deliver_batch():
        pass


def tell(practice: Practice, *, texts: bool = True) -> None:
    """An email to mom and dad an hour ago, a text to mom now."""
    now = timezone.now().replace(second=0, microsecond=0)
    with time_machine.travel(now - timedelta(hours=1), tick=False):
        practice.appointment(starts_in=timedelta(hours=24))
        if texts:
            choose(practice.mom, Channel.TEXT)
            practice.appointment(starts_in=timedelta(hours=2), booked=timedelta(minutes=30))
        run_now()
    run_now()


def messages(login: Login, channel: Channel = Channel.EMAIL) -> list[OutboxMessage]:
    with within(login.organization_id):
        return list(OutboxMessage.objects.filter(notification__login=login, channel=channel).order_by("pk"))


def seen(client: Client, address: str, **query: str) -> str:
    """The words of a page, without its tags."""
    answer = client.get(address, query)
    assert answer.status_code == 200, address
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.content.decode())).split())


def without_token(html: str) -> str:
    """Each page has another one."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", html)


def live_part(client: Client, address: str) -> tuple[str, str]:
    """The address that the page will fetch its live part from, and that part."""
    page = client.get(address).content.decode()
    again = re.search(r'hx-get="([^"]+)"', page)
    assert again
    return unescape(again[1]), page


def test_everyone_who_was_told_something_is_there_with_their_practice(
    client: Client, practice: Practice, other_practice: Practice
) -> None:
    tell(practice)
    tell(other_practice, texts=False)
    page = seen(client, "/outbox/")
    assert "Maria Rivera Harbor Kids Therapy 1 text 1 email" in page
    assert "Maria Rivera Outside Counseling 0 texts 1 email" in page
    assert "Theo Therapist" not in page


def test_a_phone_shows_its_texts_the_oldest_first(client: Client, practice: Practice) -> None:
    tell(practice)
    with time_machine.travel(timezone.now() + timedelta(minutes=5)), within(practice.organization):
        appointment = practice.child.appointments.order_by("starts_at")[0]
        appointment.move(appointment.starts_at + timedelta(hours=3))
        run_now()
    page = seen(client, f"/outbox/people/{practice.mom.pk}/")
    bodies = [text.body for text in messages(practice.mom, Channel.TEXT)]
    assert len(bodies) == 2
    assert page.index(bodies[0]) < page.index(bodies[1])
    assert "(206) 555-0143" in page


def test_one_phone_in_two_practices_shows_what_both_sent(
    client: Client, practice: Practice, other_practice: Practice
) -> None:
    # The cast's moms have the same number.
    tell(practice)
    tell(other_practice)
    page = seen(client, f"/outbox/people/{practice.mom.pk}/")
    assert "Harbor Kids Therapy: Mia has an appointment" in page
    assert "Outside Counseling: Mia has an appointment" in page
    assert "Texts from" in page


def test_a_mailbox_lists_its_emails_and_opens_them(client: Client, practice: Practice) -> None:
    tell(practice)
    (email,) = messages(practice.mom)
    page = client.get(f"/outbox/people/{practice.mom.pk}/").content.decode()
    assert email.subject in page
    assert f'href="/outbox/emails/{email.pk}/"' in page

    opened = seen(client, f"/outbox/emails/{email.pk}/")
    assert email.subject in opened
    assert "From Harbor Kids Therapy <reminders@blink.example>" in opened
    assert "To maria.rivera@harbor-kids-therapy.example" in opened
    assert f"Message-ID {email.message_id}" in opened

    assert "Hello Maria Rivera," in seen(client, f"/outbox/emails/{email.pk}/", form="text")
    calendar = seen(client, f"/outbox/emails/{email.pk}/", form="calendar")
    assert "BEGIN:VCALENDAR" in calendar


def test_the_html_of_an_email_is_in_a_sandbox_with_a_policy_of_its_own(client: Client, practice: Practice) -> None:
    tell(practice)
    (email,) = messages(practice.mom)
    page = client.get(f"/outbox/emails/{email.pk}/").content.decode()
    frame = re.search(r"<iframe[^>]*>", page)
    assert frame
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame[0]
    assert f'src="/outbox/emails/{email.pk}/html"' in frame[0]
    assert "title=" in frame[0]

    answer = client.get(f"/outbox/emails/{email.pk}/html")
    assert answer.content.decode() == email.html
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == "'unsafe-inline'"
    assert policy["frame-ancestors"] == "'self'"
    assert "script-src" not in policy
    assert "allow-scripts" not in policy["sandbox"]
    # Every other page keeps out of frames.
    assert client.get(f"/outbox/emails/{email.pk}/").headers["X-Frame-Options"] == "DENY"


def test_the_calendar_file_can_be_opened(client: Client, practice: Practice) -> None:
    tell(practice)
    (email,) = messages(practice.mom)
    answer = client.get(f"/outbox/emails/{email.pk}/appointment.ics")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "appointment.ics" in answer.headers["Content-Disposition"]
    assert answer.content.decode() == email.calendar


def test_a_text_is_not_an_email(client: Client, practice: Practice) -> None:
    tell(practice)
    (text,) = messages(practice.mom, Channel.TEXT)
    for address in ("", "html", "appointment.ics"):
        assert client.get(f"/outbox/emails/{text.pk}/{address}").status_code == 404
    assert client.get("/outbox/people/999999/").status_code == 404


def test_the_record_says_in_words_why_not_L1(client: Client, db: None) -> None:
    london = make_practice("Willow Practice", country="GB", region="", postal_code="N1 9GU", time_zone="Europe/London")
    tell(london)
    page = seen(client, "/outbox/record/")
    assert "Appointment reminder · Text" in page
    assert "Maria Rivera about Mia Rivera Willow Practice" in page
    assert "Not sent Not texted: texts are only sent by practices in the U.S. and Canada" in page
    assert "Sent maria.rivera@willow-practice.example" in page
    assert re.search(r"Due \w{3}, \w{3} \d+, \d+:\d\d [AP]M (GMT|BST)", page)


def test_the_record_leads_to_where_a_reason_is_mended_L1(client: Client, practice: Practice) -> None:
    """Each place is a page of Django admin; where there is nothing to mend, nothing is offered."""
    with within(practice.organization):
        Login.objects.filter(pk=practice.mom.pk).update(phone="20655501430")
        Login.objects.filter(pk=practice.dad.pk).update(phone="2065550144")
        for login in (practice.mom, practice.dad):
            choose(login, Channel.TEXT)
        TextStop.objects.stop("2065550144")
    tell(practice)
    rows = client.get("/outbox/record/", {"channel": "text"}).content.decode().split('class="ledger-row"')[1:]
    (wrong_number,) = [row for row in rows if "the phone number has 11 digits" in row]
    (stopped,) = [row for row in rows if "replied STOP" in row]
    address = f"/admin/accounts/login/{practice.mom.pk}/change/"
    assert f'href="{address}">Mend it in Platform admin</a>' in wrong_number
    assert "/admin/" not in stopped
    client.force_login(User.objects.create_superuser("pat@blink.example"))
    assert client.get(address).status_code == 200


def test_the_record_is_filtered_by_practice_channel_state_and_login(
    client: Client, practice: Practice, other_practice: Practice
) -> None:
    tell(practice)
    tell(other_practice)
    everything = seen(client, "/outbox/record/")
    assert "Harbor Kids Therapy Sent" in everything
    assert "Outside Counseling Sent" in everything

    one = seen(client, "/outbox/record/", organization=str(practice.organization.pk))
    assert "Outside Counseling Sent" not in one
    texts = seen(client, "/outbox/record/", channel="text", state="sent")
    assert "2 decisions" in texts
    assert "· Email" not in texts
    skipped = seen(client, "/outbox/record/", state="skipped", login=str(practice.dad.pk))
    assert "Only what was decided for Daniel Rivera" in skipped
    assert "Not texted: this login has it turned off" in skipped
    assert "Nothing like this on record" in seen(client, "/outbox/record/", state="failed")


@pytest.mark.parametrize("value", ["nonsense", "-1", "9" * 30, HOSTILE, ""])
def test_a_filter_that_is_no_choice_is_left_out(client: Client, practice: Practice, value: str) -> None:
    tell(practice)
    query = dict.fromkeys(("organization", "channel", "state", "login", "page", "seen", "form"), value)
    page = seen(client, "/outbox/record/", **query)
    assert "6 decisions" in page
    assert HOSTILE not in client.get("/outbox/record/", query).content.decode()


def test_the_record_has_pages_that_keep_the_filter(client: Client, practice: Practice) -> None:
    many(practice, 51)
    first = client.get("/outbox/record/", {"channel": "text"}).content.decode()
    assert "Page 1 of 2" in first
    assert 'href="?channel=text&amp;page=2"' in first
    second = client.get("/outbox/record/", {"channel": "text", "page": "2"}).content.decode()
    assert second.count('class="ledger-row"') == 1
    assert 'href="?channel=text&amp;page=1"' in second


def test_with_nothing_sent_each_page_says_what_happens_next(client: Client, practice: Practice) -> None:
    assert "The first reminders leave within a minute" in seen(client, "/outbox/")
    assert "Reminders are decided when they fall due" in seen(client, "/outbox/record/")
    person = seen(client, f"/outbox/people/{practice.mom.pk}/")
    assert "No texts yet" in person
    assert "No emails yet" in person


@pytest.mark.parametrize("address", ["/outbox/", "/outbox/record/", "/outbox/people/{login}/"])
def test_a_page_fetches_its_part_again_and_moves_only_for_news(
    client: Client, practice: Practice, address: str
) -> None:
    tell(practice, texts=False)
    again, page = live_part(client, address.format(login=practice.mom.pk))
    assert "htmx" in page
    htmx = {"hx-request": "true"}
    unchanged = client.get(again, headers=htmx)
    assert unchanged.status_code == 204
    assert unchanged.content == b""

    tell(practice, texts=False)
    news = client.get(again, headers=htmx)
    assert news.status_code == 200
    part = news.content.decode()
    assert "<html" not in part
    # What htmx swaps in is what the whole page has.
    assert without_token(part).strip() in without_token(
        client.get(address.format(login=practice.mom.pk)).content.decode()
    )


def test_hostile_words_are_words_everywhere(client: Client, practice: Practice) -> None:
    with everywhere("the test"):
        Organization.objects.update(name=HOSTILE)
        Login.objects.update(name=HOSTILE)
        practice.child.first_name = HOSTILE
        practice.child.save()
    tell(practice)
    (email,) = messages(practice.mom)
    for address in ADDRESSES[:-1]:
        page = client.get(address.format(login=practice.mom.pk, email=email.pk)).content.decode()
        assert HOSTILE not in page
        assert "&lt;script&gt;" in page or address.endswith("emails/{email}/")


def many(practice: Practice, count: int) -> None:
    """So many people, each told of one appointment by email."""
    now = timezone.now().replace(second=0, microsecond=0)
    with time_machine.travel(now, tick=False):
        for number in range(count):
            login = make_login(practice.organization, f"Parent {number}", phone=f"206555{number:04}")
            child = make_client(practice.organization, f"Child {number}")
            link(login, child)
            practice.appointment(starts_in=timedelta(hours=24), client=child)
            practice.appointment(starts_in=timedelta(hours=1), client=child)
            choose(login, Channel.TEXT)
        run_now()


@pytest.mark.parametrize("address", ["/outbox/", "/outbox/record/"])
def test_a_list_takes_as_many_queries_with_50_rows_as_with_one(
    client: Client, practice: Practice, address: str
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    many(practice, 1)
    few = queries()
    many_more(practice)
    assert queries() == few <= 8


def many_more(practice: Practice) -> None:
    with within(practice.organization):
        row = Notification.objects.filter(channel=Channel.TEXT).latest("pk")
        message = OutboxMessage.objects.get(notification=row)
        for number in range(50):
            row.pk, row.key = None, f"again:{number}"
            row.save()
            message.pk, message.notification = None, row
            message.save()


def test_a_person_takes_as_many_queries_with_50_texts_as_with_one(client: Client, practice: Practice) -> None:
    many(practice, 1)
    with within(practice.organization):
        login = Login.objects.get(name="Parent 0")
    with CaptureQueriesContext(connection) as few:
        client.get(f"/outbox/people/{login.pk}/")
    many_more(practice)
    with CaptureQueriesContext(connection) as more:
        page = client.get(f"/outbox/people/{login.pk}/").content.decode()
    assert page.count('class="bubble"') == 51
    assert len(few) == len(more) <= 8


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("setting", [{"DELIVERY": "providers"}, {"PRODUCTION": True}])
def test_where_messages_really_leave_there_is_no_outbox(
    client: Client, practice: Practice, settings: Settings, address: str, setting: dict[str, object]
) -> None:
    tell(practice)
    (email,) = messages(practice.mom)
    page = address.format(login=practice.mom.pk, email=email.pk)
    assert client.get(page).status_code == 200
    assert client.post(page).status_code == 405
    for name, value in setting.items():
        setattr(settings, name, value)
    assert client.get(page).status_code == 404


def test_the_pages_are_in_french_for_a_french_browser(client: Client, practice: Practice) -> None:
    with within(practice.organization):
        Login.objects.filter(pk=practice.mom.pk).update(phone="20655501430")
    choose(practice.mom, Channel.TEXT)
    tell(practice)
    page = client.get("/outbox/record/", headers={"accept-language": "fr"}).content.decode()
    assert "Texto non envoyé : le numéro de téléphone a 11 chiffres" in page
    assert "Rappel de rendez-vous" in page
