"""Weekly series: the clock on the wall, "this one" and "this and following", and what the past keeps (R6, R7)."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo, available_timezones

import pytest
import time_machine
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.features import Channel
from accounts.tenancy import everywhere, within
from notifications.delivery import deliver_batch
from notifications.models import OutboxMessage
from scheduling.actions import Arrangement, BookedAlready, book, call_off, change
from scheduling.models import Appointment, Series, at_wall_clock
from scheduling.overlaps import mark_of, overlapping
from scheduling.scan import scan
from tests.conftest import Practice, choose, make_practice

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2031, 2, 17, 15, 0, tzinfo=UTC)  # a Monday; New York's clocks change on March 9
Status = Appointment.Status


def local(appointment: Appointment) -> str:
    return appointment.starts_at.astimezone(NEW_YORK).strftime("%a %b %d %H:%M")


@pytest.fixture
def new_york(db: None) -> Practice:
    with time_machine.travel(NOW, tick=False):
        return make_practice(time_zone="America/New_York")


def weekly(practice: Practice, times: int = 6, **fields: object) -> list[Appointment]:
    """Tuesdays at 3 pm from the next day on, booked now."""
    arrangement = {
        "staff": practice.therapist,
        "day": date(2031, 2, 18),
        "clock": time(15),
        "minutes": 50,
        "times": times,
    }
    with within(practice.organization), time_machine.travel(NOW, tick=False):
        return book(practice.child, Arrangement(**(arrangement | fields)))  # type: ignore[arg-type]  # one table of fields for all


def plan_of(appointment: Appointment, **fields: object) -> Arrangement:
    """The appointment as it is, but for these."""
    start = appointment.starts_at.astimezone(appointment.organization.zone)
    now = {
        "staff": appointment.staff,
        "day": start.date(),
        "clock": start.time(),
        "minutes": appointment.minutes,
        "location": appointment.location,
    }
    return Arrangement(**(now | fields))  # type: ignore[arg-type]  # one table of fields for all


def all_of(practice: Practice) -> list[Appointment]:
    return list(Appointment.objects.filter(organization=practice.organization).order_by("starts_at"))


def test_a_weekly_three_o_clock_stays_three_o_clock_over_a_clock_change_R2(new_york: Practice) -> None:
    booked = weekly(new_york, times=5)
    assert [local(one) for one in booked] == [
        "Tue Feb 18 15:00",
        "Tue Feb 25 15:00",
        "Tue Mar 04 15:00",
        "Tue Mar 11 15:00",
        "Tue Mar 18 15:00",
    ]
    assert booked[3].starts_at - booked[2].starts_at == timedelta(days=7, hours=-1)
    # And the reminders are 24 elapsed hours before each, as for any appointment.
    assert all(one.email_due_at == one.starts_at - timedelta(hours=24) for one in booked)


@pytest.mark.parametrize(
    ("day", "clock", "utc"),
    [
        # 2:30 does not occur: it counts from the offset before the change, so it is 3:30 daylight time (RFC 5545).
        (date(2031, 3, 9), time(2, 30), datetime(2031, 3, 9, 7, 30, tzinfo=UTC)),
        # 1:30 occurs twice: the first is meant.
        (date(2031, 11, 2), time(1, 30), datetime(2031, 11, 2, 5, 30, tzinfo=UTC)),
        (date(2031, 11, 2), time(1, 30, fold=1), datetime(2031, 11, 2, 5, 30, tzinfo=UTC)),
    ],
)
def test_times_that_the_clocks_skip_or_repeat(day: date, clock: time, utc: datetime) -> None:
    assert at_wall_clock(day, clock, NEW_YORK) == utc


@given(
    zone=st.sampled_from(sorted(available_timezones())),
    day=st.dates(date(2000, 1, 1), date(2060, 1, 1)),
    clock=st.times(),
    every=st.integers(1, 12),
)
def test_every_week_shows_the_same_clock_wherever_it_can(zone: str, day: date, clock: time, every: int) -> None:
    clock = clock.replace(second=0, microsecond=0)
    for week in range(12):
        wanted = datetime.combine(day + timedelta(weeks=every * week), clock)
        there = at_wall_clock(wanted.date(), clock, ZoneInfo(zone)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        # Only a clock that skips this time may show another, later one.
        assert there == wanted or timedelta() < there - wanted <= timedelta(hours=24)


@pytest.mark.django_db
def test_one_form_books_once_however_often_it_is_sent(in_practice: Practice) -> None:
    form = uuid4()
    arrangement = Arrangement(in_practice.therapist, date(2031, 3, 4), time(9), 50, times=3)
    booked = book(in_practice.child, arrangement, form=form)
    with pytest.raises(BookedAlready) as refused:
        book(in_practice.child, arrangement, form=form)
    assert refused.value.appointment == booked[0]
    assert Appointment.objects.count() == 3
    assert Series.objects.count() == 1


def test_a_form_of_another_practice_says_nothing_here_S1(new_york: Practice, other_practice: Practice) -> None:
    form = uuid4()
    for practice in (new_york, other_practice):
        with within(practice.organization):
            assert (
                len(book(practice.child, Arrangement(practice.therapist, date(2031, 3, 4), time(9), 50), form=form))
                == 1
            )


def test_a_place_in_a_series_is_taken_once(new_york: Practice) -> None:
    booked = weekly(new_york)
    with within(new_york.organization), pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.filter(pk=booked[1].pk).update(position=1)


def test_moving_this_one_leaves_the_others_R7(new_york: Practice) -> None:
    booked = weekly(new_york)
    with within(new_york.organization), time_machine.travel(NOW, tick=False):
        assert change(booked[1], plan_of(booked[1], day=date(2031, 2, 26), clock=time(9))) == 1
        assert [local(one) for one in all_of(new_york)][:3] == [
            "Tue Feb 18 15:00",
            "Wed Feb 26 09:00",
            "Tue Mar 04 15:00",
        ]
        assert Series.objects.count() == 1


def test_moving_this_and_following_splits_the_series_and_keeps_the_clock_R7(new_york: Practice) -> None:
    booked = weekly(new_york)
    with within(new_york.organization), time_machine.travel(NOW, tick=False):
        moved = change(booked[2], plan_of(booked[2], day=date(2031, 3, 6), clock=time(10, 30)), following=True)
        assert moved == 4
        assert [local(one) for one in all_of(new_york)] == [
            "Tue Feb 18 15:00",
            "Tue Feb 25 15:00",
            "Thu Mar 06 10:30",
            "Thu Mar 13 10:30",
            "Thu Mar 20 10:30",
            "Thu Mar 27 10:30",
        ]
        before, after = Series.objects.order_by("pk")
        assert (before.first_day, before.clock, before.times) == (date(2031, 2, 18), time(15), 2)
        assert (after.first_day, after.clock, after.times) == (date(2031, 3, 6), time(10, 30), 4)
        assert [one.position for one in all_of(new_york)] == [1, 2, 1, 2, 3, 4]
        assert [one.starts_at for one in all_of(new_york)[2:]] == [after.start(number) for number in range(1, 5)]


def test_from_the_first_on_is_the_whole_series_and_splits_nothing(new_york: Practice) -> None:
    booked = weekly(new_york)
    with within(new_york.organization), time_machine.travel(NOW, tick=False):
        assert change(booked[0], plan_of(booked[0], clock=time(16)), following=True) == 6
        assert {local(one)[-5:] for one in all_of(new_york)} == {"16:00"}
        assert [series.clock for series in Series.objects.all()] == [time(16)]


def test_staff_length_and_place_change_without_moving_what_was_moved_alone(new_york: Practice) -> None:
    booked = weekly(new_york)
    with within(new_york.organization), time_machine.travel(NOW, tick=False):
        booked[3].move(booked[3].starts_at + timedelta(days=1))
        booked[4].arrange(location="Room 9")
        change(booked[2], plan_of(booked[2], staff=new_york.owner, minutes=30), following=True)
        after = all_of(new_york)
        assert [one.staff for one in after] == [new_york.therapist] * 2 + [new_york.owner] * 4
        assert [one.minutes for one in after] == [50, 50, 30, 30, 30, 30]
        assert local(after[3]) == "Wed Mar 12 15:00"  # moved alone, and still
        assert after[4].location == "Room 9"  # the form said nothing about where
        assert all(one.sequence for one in after[2:])  # calendars take the new length (R10)


def test_what_is_over_or_cancelled_never_changes_with_the_others(new_york: Practice) -> None:
    booked = weekly(new_york)
    with within(new_york.organization):
        with time_machine.travel(NOW, tick=False):
            booked[4].set_status(Status.CANCELLED)
        with time_machine.travel(datetime(2031, 3, 5, 12, tzinfo=UTC), tick=False):
            booked[1].refresh_from_db()
            # From one that is over: it changes, being named; the one after it is over as well, and does not.
            change(booked[1], plan_of(booked[1], minutes=45), following=True)
        assert [one.minutes for one in all_of(new_york)] == [50, 45, 50, 45, 50, 45]


def test_cancelling_this_and_following_R7(new_york: Practice) -> None:
    booked = weekly(new_york)
    with within(new_york.organization), time_machine.travel(NOW, tick=False):
        assert call_off(booked[3], Status.LATE_CANCELLED, following=True) == 3
        statuses = [one.status for one in all_of(new_york)]
    # Late is only the one at hand.
    assert statuses == ["scheduled"] * 3 + ["late_cancelled", "cancelled", "cancelled"]


def test_a_bulk_change_is_all_or_nothing(new_york: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    booked = weekly(new_york, times=30)
    last = booked[-1].pk
    move = Appointment.move

    def break_at_the_last(self: Appointment, starts_at: datetime) -> bool:
        if self.pk == last:
            raise RuntimeError("the power went out")
        return move(self, starts_at)

    monkeypatch.setattr(Appointment, "move", break_at_the_last)
    with within(new_york.organization), time_machine.travel(NOW, tick=False):
        with pytest.raises(RuntimeError):
            change(booked[0], plan_of(booked[0], clock=time(16)), following=True)
        assert {local(one)[-5:] for one in all_of(new_york)} == {"15:00"}
        assert Series.objects.get().clock == time(15)


def test_whoever_was_reminded_is_corrected_when_the_series_moves_R7(new_york: Practice) -> None:
    """Only of the one that was told: the reminders of the others have not left."""
    choose(new_york.mom, Channel.TEXT)
    booked = weekly(new_york)
    with time_machine.travel(booked[0].starts_at - timedelta(hours=22), tick=False):
        deliver()
        with within(new_york.organization):
            change(booked[0], plan_of(booked[0], clock=time(16)), following=True)
        deliver()
    with within(new_york.organization):
        to_mom = OutboxMessage.objects.filter(recipient=new_york.mom.user.email).order_by("pk")
        assert [("4:00 PM" in message.body, "3:00 PM" in message.body) for message in to_mom] == [
            (False, True),
            (True, True),
        ]


def deliver() -> None:
    with everywhere("the test runs a scan"):
        scan()
        while deliver_batch():
            pass


def test_two_places_at_once_are_found_for_staff_and_for_the_client(new_york: Practice) -> None:
    booked = weekly(new_york, times=2)
    with within(new_york.organization):
        child, therapist, owner = new_york.child, new_york.therapist, new_york.owner

        def met(arrangement: Arrangement, **fields: object) -> list[Appointment]:
            return overlapping(arrangement.spans(child), staff=arrangement.staff, client=child, reader=owner, **fields)  # type: ignore[arg-type]  # ids or nothing

        at_two = Arrangement(therapist, date(2031, 2, 18), time(14, 30), 50, times=3)
        assert met(at_two) == booked
        assert met(at_two, leaving_out=[booked[0].pk]) == booked[1:]
        # One that ends as the other starts shares no time with it.
        assert met(Arrangement(therapist, date(2031, 2, 18), time(14, 10), 50)) == []
        assert met(Arrangement(therapist, date(2031, 2, 18), time(15, 50), 50)) == []
        # The same child with somebody else is in two places as well.
        assert met(Arrangement(owner, date(2031, 2, 18), time(15, 49), 50)) == booked[:1]
        booked[0].set_status(Status.CANCELLED)
        assert met(at_two) == booked[1:]
        # What was read is what "book anyway" goes through for.
        mark = mark_of(booked[1:])
        booked[1].move(booked[1].starts_at + timedelta(minutes=5))
        assert mark_of(met(at_two)) != mark


def test_the_overlaps_of_a_year_are_one_query(new_york: Practice, django_assert_num_queries: object) -> None:
    weekly(new_york, times=52)
    arrangement = Arrangement(new_york.therapist, date(2031, 2, 18), time(15, 30), 50, times=52)
    with within(new_york.organization), django_assert_num_queries(1):  # type: ignore[operator]  # a fixture of pytest-django
        met = overlapping(
            arrangement.spans(new_york.child), staff=new_york.therapist, client=new_york.child, reader=new_york.owner
        )
        assert len(met) == 52


ACTS = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from(["move", "shorten", "cancel", "hand over"]), st.booleans()),
    min_size=1,
    max_size=6,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_however_a_series_is_changed_each_part_still_describes_its_own(
    new_york: Practice, acts: list[tuple[int, str, bool]]
) -> None:
    with within(new_york.organization), time_machine.travel(NOW, tick=False), transaction.atomic():
        booked = weekly(new_york, times=8)
        for number, (which, act, following) in enumerate(acts):
            one = Appointment.objects.get(pk=booked[which].pk)
            if act == "cancel":
                call_off(one, Status.CANCELLED, following=following)
            else:
                wanted: dict[str, dict[str, object]] = {
                    "move": {"clock": time(9 + number)},
                    "shorten": {"minutes": 20 + number},
                    "hand over": {"staff": new_york.owner},
                }
                change(one, plan_of(one, **wanted[act]), following=following)
        parts = Series.objects.all()
        for part in parts:
            positions = part.appointments.order_by("position").values_list("position", flat=True)
            assert list(positions) == list(range(1, part.times + 1))
        assert sum(part.times for part in parts) == 8
        # Nobody is booked on another day of the week, and no two swap places.
        assert [one.pk for one in all_of(new_york)] == [one.pk for one in booked]
        assert {local(one)[:3] for one in all_of(new_york)} == {"Tue"}
        transaction.set_rollback(True)


def test_one_in_the_second_of_a_repeated_hour_stays_there_when_its_place_changes(new_york: Practice) -> None:
    """November 2, 2031, in New York: 1:30 comes twice, and the form cannot say which."""
    second = new_york.appointment(starts_at=datetime(2031, 11, 2, 6, 30, tzinfo=UTC))
    with within(new_york.organization), time_machine.travel(NOW, tick=False):
        change(second, plan_of(second, location="Room 9"))
        second.refresh_from_db()
    assert (second.starts_at, second.location) == (datetime(2031, 11, 2, 6, 30, tzinfo=UTC), "Room 9")
