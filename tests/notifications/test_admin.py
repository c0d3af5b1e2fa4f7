"""The record in Django admin: everything can be read, nothing can be touched (L1, L2)."""

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client as Browser
from django.utils import timezone
from django.utils.html import strip_tags

from accounts.admin import lists
from accounts.features import Channel, Feature
from accounts.models import Client, Login, User
from accounts.tenancy import everywhere, within
from notifications import reasons
from notifications.delivery import deliver_batch
from notifications.models import Notification, State
from scheduling.models import Appointment
from scheduling.scan import scan
from tests.conftest import Practice, choose

RECORD = "/admin/notifications/notification/"
APPOINTMENTS = "/admin/scheduling/appointment/"


@pytest.fixture
def browser(db: None) -> Browser:
    """A platform admin's browser, signed in."""
    browser = Browser()
    browser.force_login(User.objects.create_superuser("pat@blink.example"))
    return browser


def make_row(login: Login, client: Client | None = None, **fields: Any) -> Notification:
    """A row of the record, due an hour ago and sent, unless told otherwise."""
    due_at = fields.setdefault("due_at", timezone.now() - timedelta(hours=1))
    with within(login.organization_id):
        return Notification.objects.create(
            **{
                "organization_id": login.organization_id,
                "login": login,
                "client": client,
                "feature": Feature.APPOINTMENTS,
                "kind": "appointment.reminder",
                "channel": Channel.EMAIL,
                "key": f"row:{Notification.objects.count()}",
                "subject_id": 1,
                "useful_until": due_at + timedelta(hours=2),
                "next_attempt_at": due_at,
                "state": State.SENT,
                **fields,
            }
        )


def page(browser: Browser, url: str = RECORD, **query: Any) -> str:
    response = browser.get(url, query)
    assert response.status_code == 200
    return response.content.decode()


def listed(browser: Browser, **query: Any) -> set[int]:
    """The ids of the rows that the list shows."""
    return {int(pk) for pk in re.findall(rf'href="{RECORD}(\d+)/change/', page(browser, **query))}


def words_of(html: str) -> str:
    return " ".join(unescape(strip_tags(html.replace("<", " <"))).split())


def everything() -> list[Any]:
    with everywhere("the test compares the record"):
        return list(Notification.objects.order_by("pk").values_list())


def test_the_record_cannot_be_edited_by_any_method_L2(browser: Browser, practice: Practice) -> None:
    row = make_row(practice.mom, practice.child)
    before = everything()
    one = f"{RECORD}{row.pk}"
    assert browser.get(f"{one}/change/").status_code == 200
    refused = [
        browser.get(f"{RECORD}add/"),
        browser.post(f"{RECORD}add/", {"state": "sent"}),
        browser.post(f"{one}/change/", {"state": "failed", "_save": "Save"}),
        browser.get(f"{one}/delete/"),
        browser.post(f"{one}/delete/", {"post": "yes"}),
    ]
    assert [response.status_code for response in refused] == [403] * 5
    for action in ("delete_selected", "resend"):
        browser.post(RECORD, {"action": action, "index": 0, "_selected_action": [row.pk], "post": "yes"})
    browser.post(RECORD, {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": row.pk, "_save": "Save"})
    for method in (browser.put, browser.patch, browser.delete):
        method(f"{one}/change/")
    assert everything() == before
    assert not LogEntry.objects.exists()
    assert 'name="action"' not in page(browser)


def test_what_was_not_sent_is_listed_with_its_reason_and_where_to_mend_it_L1(
    browser: Browser, practice: Practice
) -> None:
    for reason, detail, channel, words, address in (
        (
            reasons.PHONE_NOT_TEN_DIGITS,
            "11",
            Channel.TEXT,
            "Not texted: the phone number has 11 digits",
            f"/admin/accounts/login/{practice.mom.pk}/change/",
        ),
        (
            reasons.FEATURE_OFF,
            "",
            Channel.EMAIL,
            "Not emailed: this feature is turned off for the practice",
            f"/admin/accounts/organization/{practice.organization.pk}/change/",
        ),
        (
            reasons.CLIENT_DISCHARGED,
            "",
            Channel.EMAIL,
            "Not emailed: the client is discharged",
            f"/admin/accounts/client/{practice.child.pk}/change/",
        ),
        (
            reasons.PREFERENCE_OFF,
            "",
            Channel.TEXT,
            "Not texted: this login has it turned off",
            f"/admin/accounts/login/{practice.mom.pk}/change/",
        ),
    ):
        row = make_row(
            practice.mom,
            practice.child,
            channel=channel,
            state=State.SKIPPED,
            reason=reason.code,
            reason_detail=detail,
        )
        link = f'<a href="{address}">{words}</a>'
        assert link in page(browser, reason=reason.code)
        assert link in page(browser, f"{RECORD}{row.pk}/change/")
        assert browser.get(address).status_code == 200


def test_the_records_words_are_those_of_a_real_reminder_L1(browser: Browser, practice: Practice) -> None:
    """From the schedule to the record: mom is emailed, dad, who turned it off, is not."""
    choose(practice.dad, Channel.EMAIL, on=False)
    practice.appointment(timedelta(hours=23))
    with everywhere("the test runs the scan"):
        scan(timezone.now())
        while deliver_batch():
            pass
    shown = words_of(page(browser))
    assert "Maria Rivera Mia Rivera Appointment reminder Email Sent" in shown
    assert "Daniel Rivera Mia Rivera Appointment reminder Email Not emailed: this login has it turned off" in shown


def test_the_list_has_few_enough_columns_to_show_the_reason(browser: Browser, practice: Practice) -> None:
    make_row(practice.mom, practice.child, due_at=timezone.now().replace(hour=16, minute=30))
    html = page(browser)
    assert re.findall(r'class="column-(\w+)', html) == ["due_for", "login", "client", "what_by", "outcome"]
    assert "4:30 p.m. Harbor Kids Therapy Maria Rivera" in words_of(html)


def test_a_failure_says_that_it_failed_and_why_L1(browser: Browser, practice: Practice) -> None:
    make_row(practice.mom, state=State.FAILED, reason="refused", reason_detail="30006", channel=Channel.TEXT)
    assert "Failed. Not texted: the provider refused it for good (code 30006)" in words_of(page(browser))


def test_the_page_of_one_notification_has_all_its_facts_L1(browser: Browser, practice: Practice) -> None:
    row = make_row(
        practice.mom, practice.child, provider_id="SM123", sent_to="maria@home.example", attempts=3, key="appointment:9"
    )
    shown = words_of(page(browser, f"{RECORD}{row.pk}/change/"))
    for fact in ("Appointment reminder", "SM123", "maria@home.example", "appointment:9", row.message_id, "Mia Rivera"):
        assert fact in shown
    for field in Notification._meta.concrete_fields:
        if not field.primary_key and field.name not in {"organization", "login", "client", "state"}:
            assert f"field-{field.name}" in page(browser, f"{RECORD}{row.pk}/change/"), field.name


def test_a_row_whose_kind_or_reason_is_no_longer_known_is_still_shown_L1(browser: Browser, practice: Practice) -> None:
    row = make_row(practice.mom, kind="fax.reminder", state=State.SKIPPED, reason="paper_jam")
    assert "fax.reminder" in page(browser)
    assert "paper_jam" in page(browser, f"{RECORD}{row.pk}/change/")


def test_the_record_is_narrowed_by_each_filter_L2(
    browser: Browser, practice: Practice, other_practice: Practice
) -> None:
    plain = make_row(practice.mom)
    odd = make_row(
        other_practice.dad,
        channel=Channel.TEXT,
        feature=Feature.INVOICES,
        kind="appointment.changed",
        state=State.SKIPPED,
        reason="no_phone",
    )
    assert listed(browser) == {plain.pk, odd.pk}
    for query in (
        {"state__exact": "skipped"},
        {"reason": "no_phone"},
        {"channel__exact": "text"},
        {"feature__exact": "invoices"},
        {"kind": "appointment.changed"},
        {"organization": other_practice.organization.pk},
        {"login__id__exact": other_practice.dad.pk},
    ):
        assert listed(browser, **query) == {odd.pk}, query
    assert listed(browser, organization="nonsense") == set()
    assert "there is no phone number" in page(browser)
    assert "the phone number has … digits" in page(browser)


def test_the_record_shows_the_last_week_and_what_is_to_come_unless_asked_otherwise(
    browser: Browser, practice: Practice
) -> None:
    now = timezone.now()
    ages = {"old": 90, "month": 20, "recent": 3, "ahead": -1}
    rows = {name: make_row(practice.mom, due_at=now - timedelta(days=days)).pk for name, days in ages.items()}
    assert listed(browser) == {rows["recent"], rows["ahead"]}
    assert listed(browser, due="ahead") == {rows["ahead"]}
    assert listed(browser, due="month") == {rows["month"], rows["recent"], rows["ahead"]}
    assert listed(browser, due="all") == set(rows.values())
    day: datetime = now - timedelta(days=90)
    assert listed(browser, due=f"{day:%Y-%m-%d}") == {rows["old"]}
    assert listed(browser, due="2026-13-45") == listed(browser, due="nonsense") == listed(browser)


def test_a_persons_record_is_found_by_name_email_and_number(browser: Browser, practice: Practice) -> None:
    of_mom = make_row(practice.mom, practice.child, provider_id="SMabc")
    of_dad = make_row(practice.dad, sent_to="elsewhere@home.example")
    for typed, found in (
        ("Maria", {of_mom.pk}),
        ("mia rivera", {of_mom.pk}),
        ("daniel.rivera@harbor", {of_dad.pk}),
        ("elsewhere@home.example", {of_dad.pk}),
        ("(206) 555-0144", {of_dad.pk}),
        ("+1 206 555 0143", {of_mom.pk}),
        ("SMabc", {of_mom.pk}),
        ("Rivera", {of_mom.pk, of_dad.pk}),
        ("nobody", set()),
    ):
        assert listed(browser, q=typed) == found, typed


def test_the_record_takes_as_many_queries_for_fifty_rows_as_for_one(
    browser: Browser, practice: Practice, django_assert_max_num_queries: Any
) -> None:
    def shown() -> int:
        with django_assert_max_num_queries(9) as queries:  # one asks what is held
            page(browser)
        return len(queries)

    logins = [practice.mom, practice.dad, practice.therapist]
    make_row(practice.mom, practice.child)
    shown()
    with_one = shown()
    for number in range(49):
        make_row(logins[number % 3], practice.child, state=State.SKIPPED, reason="no_phone")
    assert shown() == with_one
    assert len(listed(browser)) == 50


def test_a_long_record_is_counted_only_so_far(
    browser: Browser, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        make_row(practice.mom)
    assert "4 notifications" in words_of(page(browser))
    monkeypatch.setattr(lists, "MOST_COUNTED", 3)
    assert "3 or more notifications" in words_of(page(browser))


def test_a_login_leads_to_its_own_record_of_all_time_L2(browser: Browser, practice: Practice) -> None:
    old = make_row(practice.mom, due_at=timezone.now() - timedelta(days=400))
    make_row(practice.dad)
    [address] = re.findall(
        rf'href="({RECORD}\?[^"]+)"', page(browser, f"/admin/accounts/login/{practice.mom.pk}/change/")
    )
    shown = browser.get(unescape(address)).content.decode()
    assert re.findall(rf'href="{RECORD}(\d+)/change/', shown) == [str(old.pk)]


# Appointments


def test_appointments_are_shown_in_the_clients_time_zone_and_not_changed_R4(
    browser: Browser, practice: Practice
) -> None:
    starts_at = timezone.now().replace(hour=20, minute=30, second=0, microsecond=0) + timedelta(days=3)
    with within(practice.organization):
        practice.child.time_zone = "Asia/Kolkata"
        practice.child.save()
    appointment = practice.appointment(starts_at=starts_at)
    day = starts_at + timedelta(days=1)
    shown = words_of(page(browser, APPOINTMENTS))
    assert f"{day:%Y-%m-%d}, 2:00 AM IST Mia Rivera Theo Therapist Harbor Kids Therapy Scheduled" in shown

    one = f"{APPOINTMENTS}{appointment.pk}"
    assert "2:00 AM IST" in page(browser, f"{one}/change/")
    refused = [
        browser.get(f"{APPOINTMENTS}add/"),
        browser.post(f"{one}/change/", {"status": "cancelled"}),
        browser.post(f"{one}/delete/", {"post": "yes"}),
    ]
    assert [response.status_code for response in refused] == [403] * 3
    with within(practice.organization):
        assert Appointment.objects.get().is_scheduled


def test_appointments_take_as_many_queries_for_thirty_rows_as_for_one(
    browser: Browser, practice: Practice, django_assert_max_num_queries: Any
) -> None:
    def shown(**query: Any) -> int:
        with django_assert_max_num_queries(9) as queries:  # one asks what is held
            page(browser, APPOINTMENTS, **query)
        return len(queries)

    practice.appointment()
    shown()
    with_one = shown()
    for number in range(29):
        practice.appointment(timedelta(hours=number + 1))
    assert shown() == with_one
    assert shown(organization=practice.organization.pk) == with_one
