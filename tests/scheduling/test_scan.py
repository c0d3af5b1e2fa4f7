"""The scan takes what is due, once, whatever happens, and costs what is due (R2, R9)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.features import Channel
from accounts.tenancy import everywhere, within
from notifications.claiming import BATCH
from notifications.delivery import RECORD_EVERY, deliver_batch
from notifications.models import Notification, OutboxMessage, State
from scheduling import scan as scanning
from scheduling.models import Appointment, Mention
from scheduling.scan import scan
from tests.conftest import Practice, choose, link, make_client, make_login

NOW = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def deliver_all() -> None:
    while deliver_batch():
        pass


def ledger() -> list[Notification]:
    with everywhere("the test reads the ledger"):
        return list(Notification.objects.order_by("pk"))


@time_machine.travel(NOW, tick=False)
def test_a_second_scan_finds_nothing_R9(practice: Practice) -> None:
    practice.appointment(timedelta(hours=24))
    assert scan() == 1
    assert scan() == 0
    assert len(ledger()) == 2  # mom and dad, by email


@time_machine.travel(NOW, tick=False)
def test_a_scan_that_died_before_it_marked_them_doubles_nothing_R9(practice: Practice) -> None:
    appointment = practice.appointment(timedelta(hours=24))
    scan()
    with within(practice.organization):
        Appointment.objects.filter(pk=appointment.pk).update(email_due_at=NOW)
    scan()
    deliver_all()
    assert len(ledger()) == 2
    with everywhere("the test looks into the outbox"):
        assert OutboxMessage.objects.count() == 2


@time_machine.travel(NOW, tick=False)
def test_more_than_one_chunk_is_taken_in_one_scan_R2(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "CHUNK", 3)
    for minutes in range(8):
        practice.appointment(timedelta(hours=24, minutes=-minutes))
    assert scan() == 8


@time_machine.travel(NOW, tick=False)
def test_every_linked_client_login_is_on_record_and_no_staff_R3_L1(practice: Practice) -> None:
    practice.appointment(timedelta(hours=24))
    scan()
    assert {row.login_id for row in ledger()} == {practice.mom.pk, practice.dad.pk}


@time_machine.travel(NOW, tick=False)
def test_a_practice_is_never_told_about_anothers_client_S1(practice: Practice, other_practice: Practice) -> None:
    practice.appointment(timedelta(hours=24))
    other_practice.appointment(timedelta(hours=24))
    scan()
    deliver_all()
    with everywhere("the test compares both"):
        for row in Notification.objects.select_related("login", "client"):
            assert row.client is not None
            assert row.organization_id == row.login.organization_id == row.client.organization_id
        for told in Mention.objects.select_related("login", "appointment"):
            assert told.organization_id == told.login.organization_id == told.appointment.organization_id
    assert len(ledger()) == 4


@time_machine.travel(NOW, tick=False)
def test_appointments_of_the_past_are_left_alone_O5(practice: Practice) -> None:
    practice.appointment(timedelta(days=-3), booked=timedelta(0))
    assert scan() == 0
    assert ledger() == []


@time_machine.travel(NOW, tick=False)
def test_who_is_not_reminded_is_on_record_with_the_reason_L1(practice: Practice) -> None:
    practice.appointment(timedelta(minutes=40), booked=timedelta(minutes=1))
    scan()
    deliver_all()
    assert {(row.channel, row.words) for row in ledger()} == {
        ("email", "Not emailed: it was put on the schedule less than 24 hours ahead"),
        ("text", "Not texted: this login has it turned off"),
    }


@time_machine.travel(NOW, tick=False)
def test_what_fell_due_in_an_outage_and_is_too_late_is_on_record_R8(practice: Practice) -> None:
    choose(practice.mom, Channel.TEXT)
    practice.appointment(timedelta(minutes=9))
    scan()
    deliver_all()
    words = {(row.login_id, row.channel): row.words for row in ledger()}
    assert words[practice.mom.pk, "email"] == "Not emailed: it was too late by the time it could be sent"
    assert words[practice.mom.pk, "text"] == "Not texted: it was too late by the time it could be sent"


def test_a_batch_of_a_hundred_takes_as_many_queries_as_one_of_one(practice: Practice) -> None:
    """Fifty families with an appointment each: scanned, decided, sent to the outbox and recorded."""
    queries = []
    for families in (1, BATCH // 2 - 1):
        for number in range(families):
            child = make_client(practice.organization, f"Child {families}-{number}")
            for parent in ("mother", "father"):
                link(make_login(practice.organization, f"{parent} {families} {number}"), child)
            practice.appointment(timedelta(hours=24, minutes=-1), client=child)
        with CaptureQueriesContext(connection) as scanned:
            assert scan() == families
        with CaptureQueriesContext(connection) as delivered:
            assert deliver_batch() == 2 * families
        # The outbox is the stand-in for a provider's network: what it does per message is not ours to count.
        ours = [
            query["sql"]
            for query in delivered
            if "outbox" not in query["sql"].lower() and "SAVEPOINT" not in query["sql"]
        ]
        queries.append((len(scanned), len(ours)))
    (scan_of_one, send_of_one), (scan_of_many, send_of_many) = queries
    assert scan_of_one == scan_of_many
    # Answers are recorded every twenty, in two statements, so that a crash leaves few in doubt.
    assert send_of_many - send_of_one <= 2 * BATCH // RECORD_EVERY
    with everywhere("the test reads the ledger"):
        assert Notification.objects.filter(state=State.SENT).count() == BATCH
