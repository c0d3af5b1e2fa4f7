"""The record in the browser: who may read what of it, in words, with filters and links to mend (L1, L2, S1, S3)."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser
from django.utils import timezone

from accounts.features import Channel, Feature
from accounts.models import FeatureToggle, Login, Role
from accounts.tenancy import within
from notifications import reasons
from notifications.models import Notification, State
from notifications.reasons import Reason
from tests.conftest import Practice, link, make_client, make_login
from tests.notifications.conftest import make_notification
from tests.pages import same_queries, signed_in

pytestmark = pytest.mark.django_db

RECORD = "/record/"


def read(browser: Browser, url: str, **query: str) -> str:
    """The words of what a page says, menus and forms aside."""
    response = browser.get(url, query)
    assert response.status_code == 200
    html = response.content.decode()
    main = html[html.index("<main") : html.index("</main>")]
    main = re.sub(r"<form.*?</form>", " ", main, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def links(browser: Browser, url: str) -> list[str]:
    """Where "Mend it" leads."""
    html = browser.get(url).content.decode()
    return re.findall(r'<a(?: class="mend")? href="([^"]*)">Mend it', html)


def not_sent(login: Login, channel: Channel = Channel.TEXT, reason: Reason = reasons.NO_PHONE, **fields: Any) -> Any:
    return make_notification(login, channel, state=State.SKIPPED, reason=reason.code, **fields)


def sent(login: Login, channel: Channel = Channel.EMAIL, **fields: Any) -> Notification:
    to = login.user.email if channel == Channel.EMAIL else "2065550143"
    return make_notification(login, channel, state=State.SENT, sent_at=timezone.now(), sent_to=to, **fields)


def rows(browser: Browser, url: str = RECORD, **query: str) -> int:
    """How many decisions are listed."""
    html = browser.get(url, query).content.decode()
    return html.count('<span class="state ')


@time_machine.travel(datetime(2031, 3, 3, 18, 0, tzinfo=UTC), tick=False)
def test_each_decision_is_told_in_words_L1_L2(practice: Practice) -> None:
    not_sent(practice.mom, reason=reasons.PHONE_NOT_TEN_DIGITS, reason_detail="11", client=practice.child)
    sent(practice.dad, Channel.TEXT, client=practice.child)
    make_notification(practice.dad, Channel.EMAIL, client=practice.child)
    words = read(signed_in(practice.owner), RECORD)
    assert "Mon, Mar 3, 10:00 AM PST Maria Rivera Mia Rivera Appointment reminder · Text" in words
    assert "Not sent Not texted: the phone number has 11 digits" in words
    assert "Sent Mon, Mar 3, 10:00 AM PST, to (206) 555-0143" in words
    assert "Daniel Rivera Mia Rivera Appointment reminder · Email Waiting" in words


MENDED = {
    reasons.PHONE_NOT_TEN_DIGITS: "/logins/{mom}/",
    reasons.PREFERENCE_OFF: "/logins/{mom}/#preferences",
    reasons.CLIENT_DISCHARGED: "/clients/{child}/",
    reasons.FEATURE_OFF: "/organization/",
    reasons.REPLIED_STOP: None,
    reasons.TOO_LATE: None,
}


@pytest.mark.parametrize("reason", MENDED, ids=lambda reason: reason.code)
def test_each_reason_leads_to_the_page_of_staff_that_mends_it_L1(reason: Reason, practice: Practice) -> None:
    not_sent(practice.mom, reason=reason, client=practice.child)
    expected = MENDED[reason]
    found = links(signed_in(practice.owner), RECORD)
    assert found == ([expected.format(mom=practice.mom.pk, child=practice.child.pk)] if expected else [])
    for url in found:
        assert signed_in(practice.owner).get(url).status_code == 200


def test_no_link_leads_where_its_reader_is_refused_L1(practice: Practice) -> None:
    not_sent(practice.mom, reason=reasons.FEATURE_OFF, client=practice.child)
    not_sent(practice.therapist, reason=reasons.NO_PHONE)
    not_sent(practice.therapist, reason=reasons.PREFERENCE_OFF, client=practice.child)
    therapist = signed_in(practice.therapist)
    assert links(therapist, RECORD) == ["/account/#preferences", "/account/"]
    assert links(signed_in(practice.owner), RECORD) == [f"/staff/{practice.therapist.pk}/", "/organization/"]


def test_every_link_of_the_record_opens_for_its_reader_S3(practice: Practice) -> None:
    """Also of people who left a client since, of colleagues, and for admins of one thing who are not of the other."""
    gone, other = make_login(practice.organization, "Gone Grandma"), make_client(practice.organization, "Noor")
    for login in (practice.mom, gone, practice.therapist, practice.owner):
        for client in (practice.child, other):
            for reason in (reasons.NOT_LINKED, reasons.PREFERENCE_OFF, reasons.CLIENT_DISCHARGED, reasons.FEATURE_OFF):
                not_sent(login, reason=reason, client=client)
    manager = make_login(practice.organization, "Max Manager", Role.STAFF, is_organization_admin=True)
    link(manager, practice.child)
    receptionist = make_login(practice.organization, "Rita Reception", Role.STAFF, is_user_admin=True)
    for reader in (practice.therapist, manager, receptionist, practice.owner):
        browser = signed_in(reader)
        html = browser.get(RECORD).content.decode()
        table = html[html.index("<tbody") : html.index("</tbody>")]
        found = set(re.findall(r'href="([^"]*)"', table))
        assert len(found) > 4
        assert {url: browser.get(url).status_code for url in found} == dict.fromkeys(found, 200)


def test_staff_read_what_concerns_their_clients_user_admins_everything_L2_S3(practice: Practice) -> None:
    other_child = make_client(practice.organization, "Noor")
    link(practice.dad, other_child)
    sent(practice.mom, client=practice.child)
    sent(practice.dad, client=other_child)
    sent(practice.therapist)
    sent(practice.owner)
    manager = make_login(practice.organization, "Max Manager", Role.STAFF, is_organization_admin=True)
    colleague = make_login(practice.organization, "Cora Colleague", Role.STAFF)
    counts = {who.name: rows(signed_in(who)) for who in (practice.owner, manager, practice.therapist, colleague)}
    assert counts == {"Olive Owner": 4, "Max Manager": 0, "Theo Therapist": 2, "Cora Colleague": 0}
    # Dad is theirs, dad's other child is not.
    assert rows(signed_in(practice.therapist), f"/record/logins/{practice.dad.pk}/") == 0
    assert signed_in(practice.therapist).get(f"/record/clients/{other_child.pk}/").status_code == 404
    assert rows(signed_in(practice.owner), f"/record/clients/{other_child.pk}/") == 1
    assert rows(signed_in(practice.owner), f"/record/logins/{practice.therapist.pk}/") == 1
    # Running the practice is another permission than seeing its clients.
    assert signed_in(manager).get(f"/record/clients/{other_child.pk}/").status_code == 404
    assert signed_in(manager).get(f"/record/logins/{practice.mom.pk}/").status_code == 404
    assert signed_in(practice.therapist).get(f"/record/logins/{practice.owner.pk}/").status_code == 404
    assert signed_in(colleague).get(f"/record/logins/{practice.mom.pk}/").status_code == 404


def test_nothing_of_another_practice_is_in_it_S1(practice: Practice, other_practice: Practice) -> None:
    sent(practice.mom, client=practice.child)
    browser = signed_in(other_practice.owner)
    assert rows(browser) == 0
    assert rows(browser, RECORD, q="Maria") == 0
    for url in (f"/record/clients/{practice.child.pk}/", f"/record/logins/{practice.mom.pk}/"):
        assert browser.get(url).status_code == 404


def test_families_have_no_record_of_the_practice_S3(practice: Practice) -> None:
    for url in (RECORD, f"/record/clients/{practice.child.pk}/", f"/record/logins/{practice.mom.pk}/"):
        assert signed_in(practice.mom).get(url).status_code == 404


def test_nobody_edits_it_L2(practice: Practice) -> None:
    sent(practice.mom, client=practice.child)
    for url in (RECORD, f"/record/clients/{practice.child.pk}/", "/account/notifications/", "/forecast/"):
        assert signed_in(practice.owner).post(url).status_code == 405


def test_it_is_narrowed_down_L2(practice: Practice) -> None:
    now = timezone.now()
    sent(practice.mom, client=practice.child)
    not_sent(practice.dad, feature=Feature.MESSAGES, kind="message.sent", client=practice.child)
    make_notification(practice.dad, Channel.TEXT, due_at=now - timedelta(days=9))
    make_notification(
        practice.owner, Channel.EMAIL, state=State.UNDELIVERED, reason=reasons.FILTERED.code, reason_detail="30007"
    )
    browser = signed_in(practice.owner)
    today = timezone.localdate(now, practice.organization.zone)
    assert rows(browser) == 4
    expected = {
        ("feature", "messages"): 1,
        ("kind", "appointment.reminder"): 3,
        ("channel", "text"): 2,
        ("state", "waiting"): 1,
        ("state", "sent"): 1,
        ("state", "not-sent"): 1,
        ("state", "trouble"): 1,
        ("q", "maria"): 1,
        ("q", "mia rivera"): 2,
        ("q", "Olive"): 1,
        ("q", "nobody"): 0,
        ("since", f"{today}"): 3,
        ("until", f"{today - timedelta(days=1)}"): 1,
        ("until", f"{today}"): 4,
    }
    assert {(name, value): rows(browser, RECORD, **{name: value}) for name, value in expected} == expected
    assert rows(browser, RECORD, channel="email", state="sent", q="maria") == 1
    assert "Nothing like this on record" in read(browser, RECORD, q="nobody")


def test_a_day_is_a_day_of_the_practice_L2(practice: Practice) -> None:
    sent(practice.mom, due_at=datetime(2031, 3, 4, 7, 59, tzinfo=UTC))  # 11:59 PM on March 3 in Seattle
    browser = signed_in(practice.owner)
    assert rows(browser, RECORD, since="2031-03-03", until="2031-03-03") == 1
    assert rows(browser, RECORD, since="2031-03-04") == 0


def test_what_cannot_be_asked_is_said_beside_the_field_W2(practice: Practice) -> None:
    sent(practice.mom, client=practice.child)
    browser = signed_in(practice.owner)
    html = browser.get(RECORD, {"since": "the 3rd", "state": "sent"}).content.decode()
    assert "Enter a valid date." in html
    assert 'value="the 3rd"' in html
    assert rows(browser, RECORD, since="the 3rd", state="sent", kind="no.such", q="\0") == 1


def test_a_feature_that_is_off_leaves_no_trace_O2(practice: Practice) -> None:
    sent(practice.mom, feature=Feature.INVOICES, kind="invoice.issued", client=practice.child)
    lost = {"state": State.UNDELIVERED, "client": practice.child}
    make_notification(practice.mom, Channel.EMAIL, feature=Feature.INVOICES, kind="invoice.issued", **lost)
    urls = {
        RECORD: practice.owner,
        f"/record/clients/{practice.child.pk}/": practice.owner,
        f"/clients/{practice.child.pk}/": practice.owner,
        f"/logins/{practice.mom.pk}/": practice.owner,
        "/": practice.owner,
        "/account/": practice.mom,
        "/account/notifications/": practice.mom,
    }
    for on in (True, False):
        with within(practice.organization):
            FeatureToggle.objects.filter(feature=Feature.INVOICES).turn(Feature.INVOICES, on=on)
        traces = {
            url: "nvoice" in re.sub(r"<head.*?</head>", "", signed_in(who).get(url).content.decode(), flags=re.DOTALL)
            for url, who in urls.items()
        }
        assert set(traces.values()) == {on}, traces


def test_families_read_their_own_history_in_the_second_person_L1_S3(practice: Practice) -> None:
    not_sent(practice.mom, reason=reasons.PREFERENCE_OFF, client=practice.child)
    not_sent(practice.mom, reason=reasons.PHONE_NOT_TEN_DIGITS, reason_detail="11", client=practice.child)
    sent(practice.mom, client=practice.child)
    not_sent(practice.dad, reason=reasons.LOGIN_INACTIVE, client=practice.child)
    for url in ("/account/", "/account/notifications/"):
        words = read(signed_in(practice.mom), url)
        assert "Not texted: you have it turned off" in words
        assert "Not texted: your phone number has 11 digits" in words
        assert "Mend it" not in words
        assert rows(signed_in(practice.mom), url) == 3
    assert rows(signed_in(practice.therapist), "/account/notifications/") == 0


def test_who_is_unlinked_reads_what_they_were_told_and_no_more_S3(practice: Practice) -> None:
    """What waited then, and was not sent, would tell when the child has an appointment."""
    sent(practice.mom, client=practice.child)
    not_sent(practice.mom, reason=reasons.NOT_LINKED, client=practice.child)
    with within(practice.organization):
        practice.mom.unlink(practice.child)
    for url in ("/account/", "/account/notifications/"):
        assert rows(signed_in(practice.mom), url) == 1


def test_pages_of_clients_and_logins_show_the_latest_L2(practice: Practice) -> None:
    for number in range(7):
        sent(practice.mom, client=practice.child, due_at=timezone.now() - timedelta(hours=number))
    for url, whole in (
        (f"/clients/{practice.child.pk}/", f"/record/clients/{practice.child.pk}/"),
        (f"/logins/{practice.mom.pk}/", f"/record/logins/{practice.mom.pk}/"),
    ):
        browser = signed_in(practice.therapist)
        assert rows(browser, url) == 5
        assert f'href="{whole}"' in browser.get(url).content.decode()
        assert rows(browser, whole) == 7


def test_failures_are_on_the_home_page_of_staff_with_where_to_mend_them_L2(practice: Practice) -> None:
    browser = signed_in(practice.therapist)
    assert "Did not arrive" not in read(browser, "/")
    fields = {"state": State.FAILED, "reason": reasons.NUMBER_NOT_IN_USE.code, "reason_detail": "21211"}
    make_notification(practice.mom, Channel.TEXT, client=practice.child, **fields)
    make_notification(
        practice.dad, Channel.TEXT, client=practice.child, due_at=timezone.now() - timedelta(days=8), **fields
    )
    words = read(browser, "/")
    assert "Maria Rivera about Mia Rivera Not texted: the number is not in use (code 21211) Mend it" in words
    assert "Daniel" not in words
    assert links(browser, "/") == [f"/logins/{practice.mom.pk}/"]
    colleague = make_login(practice.organization, "Cora Colleague", Role.STAFF)
    for who in (colleague, practice.mom):
        assert "Did not arrive" not in read(signed_in(who), "/")


def test_the_home_page_leads_to_all_failures_L2(practice: Practice) -> None:
    for _ in range(6):
        make_notification(practice.mom, Channel.TEXT, client=practice.child, state=State.UNDELIVERED, reason="filtered")
    browser = signed_in(practice.owner)
    html = browser.get("/").content.decode()
    (url,) = re.findall(r'href="([^"]*)">Show all of them', html)
    assert rows(browser, unescape(url)) == 6


def test_lists_ask_the_same_for_1_and_50_L2(practice: Practice) -> None:
    def add(number: int) -> None:
        parent = make_login(practice.organization, f"Parent {number}", phone="20655501411")
        child = make_client(practice.organization, f"Child {number}")
        link(parent, child)
        link(practice.therapist, child)
        reason = (reasons.PREFERENCE_OFF, reasons.CLIENT_DISCHARGED, reasons.PHONE_NOT_TEN_DIGITS)[number % 3]
        not_sent(parent, reason=reason, reason_detail="11", client=child)

    same_queries(signed_in(practice.therapist), f"{RECORD}?q=child", add)


def test_a_history_asks_the_same_for_1_and_50_L2(practice: Practice) -> None:
    def add(number: int) -> None:
        child = make_client(practice.organization, f"Child {number}")
        not_sent(practice.mom, reason=reasons.PREFERENCE_OFF, client=child)

    same_queries(signed_in(practice.mom), "/account/notifications/", add)


def test_a_long_record_is_counted_no_further_than_is_of_use_L2(practice: Practice) -> None:
    now = timezone.now()
    with within(practice.organization):
        Notification.objects.bulk_create(
            Notification(
                organization=practice.organization,
                login=practice.mom,
                client=practice.child,
                feature=Feature.APPOINTMENTS,
                kind="appointment.reminder",
                channel=Channel.EMAIL,
                key=f"many:{number}",
                subject_id=number,
                state=State.SENT,
                due_at=now - timedelta(minutes=number),
                useful_until=now,
                next_attempt_at=now,
            )
            for number in range(10_500)
        )
    browser = signed_in(practice.owner)
    assert "Page 1 of 200" in read(browser, RECORD)
    assert rows(browser, RECORD, page="200") == 50
    assert "Page 200 of 200" in read(browser, RECORD, page="9999")


def test_days_at_the_ends_of_the_calendar_are_told_apart_from_real_ones_W2(practice: Practice) -> None:
    sent(practice.mom)
    browser = signed_in(practice.owner)
    for query in ({"since": "0001-01-01"}, {"until": "9999-12-31"}):
        assert rows(browser, RECORD, **query) == 1
        assert "Ensure this value is" in browser.get(RECORD, query).content.decode()
