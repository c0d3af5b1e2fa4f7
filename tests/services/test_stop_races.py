"""A thousand times somebody replies STOP while texts to them are being claimed and sent (T6).

How the order is proved: `stop` has returned, so its transaction is committed; only then the same thread looks at the
row, in a transaction of its own. If no attempt is committed by then, there must never be one: the row ends as not sent
because the number replied STOP, and the provider never hears of the number. If there is one, the claim was first.
Without `hold_numbers` in `notifications.claiming._due` this fails (tried by hand): a claim that read "not stopped"
commits after the STOP.
"""

import random
import threading
import time
from collections import Counter
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.features import Channel, Feature
from accounts.models import ClientLink, Login, Preference, Role, TextStop, User
from accounts.tenancy import everywhere
from notifications import delivery, reasons
from notifications.delivery import deliver_batch
from notifications.models import Notification, State
from scheduling.models import Appointment
from tests.conftest import LONG_AGO, make_practice
from tests.notifications.conftest import twilio
from tests.services.figures import figures
from tests.services.test_races import race, until
from tests.standins.twilio import TwilioStandin

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

__all__ = ["twilio"]  # the stand-in, which pytest finds by its name

RACES = 1000
WAVE = 10  # texts that fall due at once, and whose numbers are stopped while they are claimed and sent
WORKERS = STOPPERS = 3
CLAIM = 0.005  # seconds' worth of texts that are claimed at once, at a thousand a second: five

# Whether an attempt was committed when the STOP was: the moment of it, by row.
Seen = dict[int, datetime | None]


def make_parents(number: int) -> tuple[list[Login], Appointment]:
    """So many who want texts, each at a number of their own, and an appointment of which they are to be reminded."""
    practice = make_practice()
    ours, since = practice.organization, timezone.now() - LONG_AGO
    with everywhere("a thousand at once"):
        users = User.objects.bulk_create(User(email=f"parent{each}@mail.example") for each in range(number))
        parents = Login.objects.bulk_create(
            Login(
                organization=ours,
                user=user,
                role=Role.CLIENT,
                name=f"Parent {each}",
                phone=str(2065550000 + each),
                active_since=since,
            )
            for each, user in enumerate(users)
        )
        ClientLink.objects.bulk_create(
            ClientLink(organization=ours, login=parent, client=practice.child, linked_since=since) for parent in parents
        )
        Preference.objects.bulk_create(
            Preference(organization=ours, login=parent, feature=Feature.APPOINTMENTS, text_since=since)
            for parent in parents
        )
    return parents, practice.appointment(timedelta(minutes=40))


def fall_due(parents: list[Login], appointment: Appointment) -> dict[int, str]:
    """A text for each; the numbers by row."""
    now = timezone.now()
    with everywhere("the test writes the ledger"):
        rows = Notification.objects.bulk_create(
            Notification(
                organization_id=parent.organization_id,
                login=parent,
                client_id=appointment.client_id,
                feature=Feature.APPOINTMENTS,
                kind="appointment.reminder",
                channel=Channel.TEXT,
                key=f"race:{parent.pk}",
                subject_id=appointment.pk,
                due_at=appointment.starts_at - timedelta(hours=1),
                useful_until=now + timedelta(minutes=30),
                next_attempt_at=now,
            )
            for parent in parents
        )
    return {row.pk: parent.phone for row, parent in zip(rows, parents, strict=True)}


def stop_them(parents: list[Login], appointment: Appointment, seen: Seen, dice: random.Random) -> None:
    """In waves: let a few texts fall due, and stop their numbers a moment later, in any order."""
    for first in range(0, len(parents), WAVE):
        due = fall_due(parents[first : first + WAVE], appointment)
        time.sleep(dice.uniform(0, 0.05))
        for row in dice.sample(sorted(due), len(due)):
            assert TextStop.objects.stop(due[row])
            with everywhere("the test looks"):
                seen[row] = Notification.objects.values_list("attempted_at", flat=True).get(pk=row)


def test_nothing_is_claimed_after_a_stop_is_committed_T6(
    transactional_db: None, twilio: TwilioStandin, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DELIVERY = "providers"
    monkeypatch.setattr(delivery, "SOON", CLAIM)
    parents, appointment = make_parents(RACES)
    seen: Seen = {}
    stop = threading.Event()

    def stop_some(number: int) -> None:
        stop_them(parents[number::STOPPERS], appointment, seen, random.Random(number))
        over.append(number)
        if len(over) == STOPPERS:
            stop.set()

    over: list[int] = []
    begun = time.monotonic()
    race(
        stop,
        [*(partial(stop_some, number) for number in range(STOPPERS)), *[partial(until, stop, deliver_batch)] * WORKERS],
    )
    while deliver_batch():
        pass
    took = time.monotonic() - begun

    with everywhere("the test looks"):
        rows = list(Notification.objects.filter(channel=Channel.TEXT).select_related("login"))
    told = {text.to.removeprefix("+1") for text in twilio.messages}
    assert len(rows) == len(seen) == RACES
    outcomes: Counter[str] = Counter()
    for row in rows:
        was_told = row.login.phone in told
        if seen[row.pk] is None:
            outcomes["stopped before any claim: never claimed"] += 1
            assert row.attempted_at is None, "claimed after the STOP was committed"
            assert not was_told
        elif was_told:
            outcomes["claimed first: sent"] += 1
        else:
            outcomes["claimed first: held back at the last look"] += 1
        assert row.state == (State.SENT if was_told else State.SKIPPED)
        assert row.reason == ("" if was_told else reasons.REPLIED_STOP.code)
    figures(f"{RACES} races in {took:.1f} s:", ", ".join(f"{how}: {often}" for how, often in sorted(outcomes.items())))
    assert outcomes["stopped before any claim: never claimed"] > RACES / 10
    assert outcomes["claimed first: sent"] > RACES / 10
