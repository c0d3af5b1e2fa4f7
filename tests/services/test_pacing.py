"""Five hundred texts from two numbers by four workers: as fast as each may, no faster, and what is urgent first.

The figures that docs/decisions/0014-pacing.md quotes: `pytest tests/services/test_pacing.py -s`.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.features import Channel, Feature
from accounts.models import Login
from accounts.tenancy import everywhere
from notifications.models import Notification, State
from notifications.senders import sender_for
from scheduling.models import Appointment
from scheduling.scan import scan
from tests.billing.invoicing import make_issued
from tests.conftest import Practice, choose, link, make_login, make_practice
from tests.servers import PrivateRedis
from tests.services.figures import figures
from tests.services.processes import PRODUCTION, Processes, database_url_of_this_run
from tests.standins.twilio import ACCOUNT_SID, AUTH_TOKEN

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

RATE = 15.0  # segments a second, from each number
NUMBERS = "+12065550100", "+16045550100"
PARENTS = 20  # half of them texted from each number
INVOICES = 22  # each told to every parent: 440 texts
APPOINTMENTS = 6  # of which ten parents are reminded: 60 texts
REMINDED = 10


@dataclass(frozen=True)
class Accepted:
    """One text that the stand-in took."""

    sid: str
    at: datetime
    sender: str


@pytest.fixture
def private_redis() -> Iterator[PrivateRedis]:
    with PrivateRedis() as server:
        yield server


def make_family(practice: Practice, first_phone: int, size: int, feature: Feature) -> list[Login]:
    """So many who want texts of one feature, about the practice's child, and no emails."""
    family = [
        make_login(practice.organization, f"Parent {number}", phone=str(first_phone + number)) for number in range(size)
    ]
    for login in family:
        link(login, practice.child)
        choose(login, Channel.TEXT, feature=feature)
    return family


def fall_due(practice: Practice, number: int) -> None:
    """Appointments whose reminder by text is due now."""
    now = timezone.now()
    booked = [
        Appointment(
            organization=practice.organization,
            client=practice.child,
            staff=practice.therapist,
            starts_at=now + timedelta(minutes=20 + each),
            on_schedule_since=now - timedelta(days=7),
        )
        for each in range(number)
    ]
    for appointment in booked:
        appointment.put_on_schedule(appointment.on_schedule_since)
    with everywhere("the test books"):
        Appointment.objects.bulk_create(booked)


def accepted(log: Path) -> list[Accepted]:
    lines = map(json.loads, log.read_text().rpartition("\n")[0].splitlines()) if log.exists() else ()
    return [Accepted(line["sid"], datetime.fromisoformat(line["accepted_at"]), line["From"]) for line in lines]


def unfinished() -> bool:
    with everywhere("the test looks"):
        return Notification.objects.unfinished().filter(channel=Channel.TEXT).exists()


def test_each_number_keeps_its_rate_and_reminders_overtake_invoices_R2(
    transactional_db: None, private_redis: PrivateRedis, settings: Settings
) -> None:
    billing, reminding = make_practice("Busy Billing"), make_practice()
    parents = make_family(billing, 2065550200, PARENTS, Feature.INVOICES)
    make_family(reminding, 2065550300, REMINDED, Feature.APPOINTMENTS)
    for login in (*parents, billing.mom, billing.dad):
        choose(login, Channel.EMAIL, on=False, feature=Feature.INVOICES)
    for _ in range(INVOICES):
        make_issued(billing)
    settings.TWILIO_FROM = ",".join(NUMBERS)  # for this process, which looks who texts whom
    with Processes(
        **{**PRODUCTION, "TWILIO_FROM": settings.TWILIO_FROM},
        DATABASE_URL=database_url_of_this_run(),
        REDIS_URL=private_redis.url,
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT="9",
        TWILIO_ACCOUNT_SID=ACCOUNT_SID,
        TWILIO_AUTH_TOKEN=AUTH_TOKEN,
        TEXT_RATE=str(RATE),
    ) as processes:
        log = processes.folder / "accepted.log"
        twilio = processes.start("twilio", "python", "-m", "tests.standins.twilio", "--log", log)
        processes.wait_for_words("ready", twilio)
        (address,) = re.findall(r"ready (\S+)", twilio.said)
        workers = [
            processes.start_worker(f"worker{number}", "--concurrency", 1, TWILIO_API_URL=address) for number in range(4)
        ]
        processes.wait_for_words("ready.", *workers)
        processes.start_late_beat("beat")
        processes.wait_for(lambda: len(accepted(log)) > 150, what="a good part of the invoices is told")
        fall_due(reminding, APPOINTMENTS)
        scan()
        due_at = timezone.now()
        processes.wait_for(lambda: not unfinished(), what="every text has left", within=60)
        texts = accepted(log)
        worked = sum("deliver[" in worker.said for worker in workers)

    with everywhere("the test looks"):
        rows = {row.provider_id: row for row in Notification.objects.filter(state=State.SENT)}
        phones = dict(Login.objects.values_list("pk", "phone"))
    assert len(texts) == len(rows) == PARENTS * INVOICES + REMINDED * APPOINTMENTS == 500
    assert {row.segments for row in rows.values()} == {1}
    assert worked == 4
    assert all(text.sender == sender_for(phones[rows[text.sid].login_id]) for text in texts)

    # As fast as each may, and no faster.
    by_sender = defaultdict(list)
    for text in sorted(texts, key=lambda text: text.at):
        by_sender[text.sender].append(text.at)
    assert sorted(by_sender) == sorted(NUMBERS)
    for sender, times in by_sender.items():
        seconds = (times[-1] - times[0]).total_seconds()
        rate = (len(times) - 1) / seconds
        fullest = max(sum(begins <= at < begins + timedelta(seconds=1) for at in times) for begins in times)
        figures(
            f"{sender}: {len(times)} texts in {seconds:.2f} s, {rate:.2f} a second, at most {fullest} in one second"
        )
        assert rate == pytest.approx(RATE, rel=0.05)

    # Reminders first.
    reminders = [text for text in texts if rows[text.sid].feature == Feature.APPOINTMENTS]
    waited = sorted((text.at - due_at).total_seconds() for text in reminders)
    figures(f"{len(waited)} reminders left after {waited[0]:.2f} to {waited[-1]:.2f} s; {len(texts)} texts in all")
    assert waited[-1] < 6
    ahead: Counter[str] = Counter()
    claimed_later: Counter[str] = Counter()
    for sender in NUMBERS:
        last = max(text.at for text in reminders if text.sender == sender)
        last_claim = max(rows[text.sid].attempted_at or due_at for text in reminders if text.sender == sender)
        for text in texts:
            row = rows[text.sid]
            if text.sender == sender and row.feature == Feature.INVOICES and due_at < text.at < last:
                ahead[sender] += 1
                # A claim locks a few rows more than it takes; another claim at that moment passes them by.
                claimed_later[sender] += due_at < (row.attempted_at or due_at) < last_claim
    figures(f"invoices between them, claimed before they were due, or at the same moment: {dict(ahead)}")
    assert all(number <= 3 * RATE for number in ahead.values())
    assert all(number <= RATE for number in claimed_later.values()), claimed_later
