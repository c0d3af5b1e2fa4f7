"""Many at once: beats, workers, threads and people who move appointments. One reminder each, and none stays wrong."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial
from itertools import count

import pytest
from django.db import connection
from django.utils import timezone, translation
from icalendar import Calendar

from accounts.features import Channel
from accounts.models import Login
from accounts.tenancy import everywhere
from notifications.delivery import deliver_batch
from notifications.models import Notification, OutboxMessage, State
from scheduling.lines import Line
from scheduling.models import Appointment, Mention
from scheduling.scan import scan
from tests.conftest import Practice, choose, link, make_client, make_login, make_practice
from tests.servers import PrivateRedis
from tests.services.processes import PRODUCTION, Processes, database_url_of_this_run
from tests.standins.smtp import SmtpStandin
from tests.standins.twilio import TwilioStandin

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

FAMILIES = 25
WAVES = 10
ROUNDS = 20

# login, channel, appointment
Told = Counter[tuple[int, str, int]]


def make_families(practice: Practice, families: int) -> dict[int, tuple[Login, Login]]:
    """Children by id, each with a mom and a dad who want emails and texts."""
    phones = map(str, count(2065550200))
    made = {}
    for number in range(families):
        child = make_client(practice.organization, f"Child{number}")
        parents = [make_login(practice.organization, f"{role} {number}", phone=next(phones)) for role in ("Mom", "Dad")]
        for parent in parents:
            link(parent, child)
            choose(parent, Channel.TEXT)
        made[child.pk] = (parents[0], parents[1])
    return made


def book(practice: Practice, channel: Channel, clients: list[int], *, each: int = 1) -> list[Appointment]:
    """Appointments whose reminder by this channel is due now, booked a week ago; nothing is due by the other."""
    now = timezone.now()
    first = now + (timedelta(hours=22) if channel == Channel.EMAIL else timedelta(minutes=20))
    appointments = [
        Appointment(
            organization=practice.organization,
            client_id=client,
            staff=practice.therapist,
            starts_at=first + timedelta(minutes=number),
            on_schedule_since=now - timedelta(days=7),
        )
        for client in clients
        for number in range(each)
    ]
    for appointment in appointments:
        appointment.put_on_schedule(appointment.on_schedule_since)
    with everywhere("the races"):
        return Appointment.objects.bulk_create(appointments)


def expected(appointments: list[Appointment], channel: Channel, families: dict[int, tuple[Login, Login]]) -> Told:
    return Counter(
        (parent.pk, channel.value, appointment.pk)
        for appointment in appointments
        for parent in families[appointment.client_id]
    )


@pytest.fixture
def private_redis() -> Iterator[PrivateRedis]:
    with PrivateRedis() as server:
        yield server


def test_two_beats_and_four_workers_send_one_reminder_each_R9(
    transactional_db: None, private_redis: PrivateRedis
) -> None:
    """Real beats whose every task is due every 0.4 seconds, real workers, and a thousand appointments in waves."""
    practice = make_practice()
    families = make_families(practice, FAMILIES)
    by_email: list[Appointment] = []
    by_text: list[Appointment] = []
    with (
        SmtpStandin() as smtp,
        TwilioStandin() as twilio,
        Processes(
            **PRODUCTION,
            DATABASE_URL=database_url_of_this_run(),
            REDIS_URL=private_redis.url,
            EMAIL_HOST=smtp.host,
            EMAIL_PORT=str(smtp.port),
            EMAIL_USE_TLS="False",
            TWILIO_ACCOUNT_SID=twilio.account_sid,
            TWILIO_AUTH_TOKEN=twilio.auth_token,
            TWILIO_API_URL=twilio.url,
            TEXT_RATE="1000",  # what is limited has its own test
            EMAIL_RATE="1000",
        ) as processes,
    ):
        workers = [processes.start_worker(f"worker{number}", "--concurrency", 1) for number in range(4)]
        processes.wait_for_words("ready.", *workers)
        beats = [processes.start_quick_beat(f"beat{number}", seconds=0.4) for number in range(2)]
        processes.wait_for_words("Sending due task scan", *beats)
        for _wave in range(WAVES):
            by_email += book(practice, Channel.EMAIL, list(families), each=2)
            by_text += book(practice, Channel.TEXT, list(families), each=2)
        assert len(by_email) + len(by_text) == 1000
        processes.wait_for(is_settled, what="every reminder has left", within=90)
        scans = [worker.said.count("scan[") for worker in workers]

    emailed, texted = expected(by_email, Channel.EMAIL, families), expected(by_text, Channel.TEXT, families)
    everything = emailed + texted
    assert sum(number > 0 for number in scans) > 1, "one worker alone scanned; nothing raced"

    # What arrived: every appointment in exactly one calendar of each parent, and one text for each.
    uids = {str(appointment.uid): appointment.pk for appointment in by_email}
    addresses = {parent.user.email: parent.pk for parents in families.values() for parent in parents}
    arrived: Told = Counter(
        (addresses[email.recipients[0]], Channel.EMAIL.value, uids[uid])
        for email in smtp.emails
        for uid in uids_in(calendar_in(email.message))
    )
    assert arrived == emailed
    numbers = {f"+1{parent.phone}": parent.pk for parents in families.values() for parent in parents}
    with everywhere("the ledger"):
        sent = Notification.objects.filter(state=State.SENT)
        rows = {row.provider_id: row for row in sent.filter(channel=Channel.TEXT)}
        assert Counter((numbers[text.to], "text", rows[text.sid].subject_id) for text in twilio.messages) == texted
        assert len({text.body for text in twilio.messages}) > 1

        # What the ledger says was sent, or needed no email of its own as an agenda had listed it.
        told_of = [*sent, *Notification.objects.filter(state=State.SKIPPED, reason="already_listed")]
        assert Counter((row.login_id, row.channel, row.subject_id) for row in told_of) == everything
        assert len(smtp.emails) == sent.filter(channel=Channel.EMAIL).count()

        # What it says was told.
        mentions = Mention.objects.filter(is_reminder=True)
        assert Counter(mentions.values_list("login_id", "channel", "appointment_id")) == everything
        assert Mention.objects.count() == mentions.count()


def is_settled() -> bool:
    with everywhere("the ledger"):
        unfinished = Notification.objects.unfinished().exists()
        untaken = any(Appointment.objects.due(channel, timezone.now()).exists() for channel in Channel)
    return not unfinished and not untaken


def calendar_in(message: EmailMessage) -> str:
    (attached,) = (part for part in message.walk() if part.get_content_type() == "text/calendar")
    calendar = attached.get_payload(decode=True)
    assert isinstance(calendar, bytes)
    return calendar.decode()


def uids_in(calendar: str) -> list[str]:
    return [str(event["UID"]).partition("@")[0] for event in Calendar.from_ical(calendar).walk("VEVENT")]


class Mover:
    """Someone who books appointments that are due at once, and changes each while it is being reminded of."""

    def __init__(self, practice: Practice, clients: list[int]) -> None:
        self.practice = practice
        self.clients = clients
        self.starts: dict[int, set[datetime]] = {}
        self.over = threading.Event()

    def run(self) -> None:
        dice = random.Random(self.clients[0])
        with everywhere("people of every practice change their minds"):
            for _round in range(ROUNDS):
                booked = [
                    appointment for channel in Channel for appointment in book(self.practice, channel, self.clients)
                ]
                time.sleep(dice.uniform(0, 0.3))  # so that some changes come before the sending, some amid, some after
                for appointment in dice.sample(booked, len(booked)):
                    before = appointment.starts_at
                    if dice.random() < 0.2:
                        appointment.set_status(Appointment.Status.CANCELLED)
                    else:
                        appointment.move(before + timedelta(minutes=dice.choice([1, 2, 3, 5])))
                    self.starts[appointment.pk] = {before, appointment.starts_at}
        self.over.set()


def test_what_people_were_last_told_is_true_however_changes_race_with_sending_R7(
    transactional_db: None,
) -> None:
    """Two threads scan, two send, two move and cancel; then each message is read as its receiver would."""
    practice = make_practice()
    clients = list(make_families(practice, 8))
    movers = [Mover(practice, clients[:4]), Mover(practice, clients[4:])]
    stop = threading.Event()

    def move(mover: Mover) -> None:
        mover.run()
        if all(each.over.is_set() for each in movers):
            stop.set()

    race(
        stop,
        [
            *(partial(move, mover) for mover in movers),
            *[partial(until, stop, scan)] * 2,
            *[partial(until, stop, deliver_batch)] * 2,
        ],
    )
    scan()
    while deliver_batch():
        pass
    starts = movers[0].starts | movers[1].starts
    assert len(starts) == ROUNDS * len(clients) * 2

    with everywhere("the truth"):
        truth = Appointment.objects.select_related("client__organization").in_bulk()
        believed = last_beliefs(truth, starts)
        for (login, channel, appointment_id), (start, called_off) in believed.items():
            appointment = truth[appointment_id]
            assert called_off == appointment.is_called_off, f"{login} by {channel}"
            assert called_off or start == appointment.starts_at, f"{login} by {channel}"
        reminded = Counter(
            Mention.objects.reminders().values_list("login_id", "channel", "appointment_id", "starts_at")
        )
        ledger = Counter(Notification.objects.values_list("kind", "state"))
        assert not Notification.objects.unfinished().exists()
    assert len(believed) > 100, "hardly anybody was told anything"
    assert set(reminded.values()) == {1}
    assert ledger["appointment.changed", "sent"] > 10, "no change came after the sending"
    assert ledger["appointment.reminder", "skipped"] > 10, "no change came before the sending"


def last_beliefs(
    appointments: dict[int, Appointment], starts: dict[int, set[datetime]]
) -> dict[tuple[int, str, int], tuple[datetime, bool]]:
    """By login, channel and appointment: the start in the latest message, and whether it says cancelled.

    Emails are read by the calendar file in them, texts by their words.
    """
    by_uid = {str(appointment.uid): pk for pk, appointment in appointments.items()}
    believed: dict[tuple[int, str, int], tuple[datetime, bool]] = {}
    for message in OutboxMessage.objects.select_related("notification").order_by("pk"):
        row = message.notification
        if message.channel == Channel.EMAIL:
            calendar = Calendar.from_ical(message.calendar)
            for event in calendar.walk("VEVENT"):
                appointment_id = by_uid[str(event["UID"]).partition("@")[0]]
                start = event.decoded("DTSTART")
                assert isinstance(start, datetime)
                believed[row.login_id, message.channel, appointment_id] = (start, calendar["METHOD"] == "CANCEL")
        else:
            start = printed(appointments[row.subject_id], starts[row.subject_id], message.body)
            believed[row.login_id, message.channel, row.subject_id] = (start, "cancelled" in message.body)
    return believed


def printed(appointment: Appointment, starts: set[datetime], body: str) -> datetime:
    """The one of an appointment's starts that these words name."""
    with translation.override("en"):
        lines = {start: Line(appointment, as_told=start) for start in starts}
        (start,) = (start for start, line in lines.items() if f"{line.short_day} at {line.time}" in body)
    return start


def until(stop: threading.Event, do: Callable[[], int]) -> None:
    """Do it again and again, with a breath where there was nothing to do, until told to stop."""
    while not stop.is_set():
        if not do():
            stop.wait(0.01)


def race(stop: threading.Event, runs: Sequence[Callable[[], object]]) -> None:
    """Run all of these at once, each in a thread; what one raises stops and is raised, once all have ended."""
    line = threading.Barrier(len(runs))

    def run(do: Callable[[], object]) -> None:
        line.wait(10)
        try:
            do()
        except BaseException:
            stop.set()
            raise
        finally:
            connection.close()

    with ThreadPoolExecutor(len(runs)) as threads:
        for future in [threads.submit(run, do) for do in runs]:
            future.result()
