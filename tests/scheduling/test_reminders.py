"""R1 to R9, sentence by sentence: what each login receives in a small story.

Every test runs twice: on the reference model, so that it can be trusted, and on Blink itself.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tests.scheduling.blink_world import BlinkWorld
from tests.scheduling.reference import Practice
from tests.scheduling.world import Channel, Received, Status, What, World

EMAIL, TEXT = Channel.EMAIL, Channel.TEXT
NOW = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)
START = NOW + timedelta(days=5)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
DUE = {EMAIL: START - DAY, TEXT: START - HOUR}
LAST_CALL = {EMAIL: START - 2 * HOUR, TEXT: START - 10 * MINUTE}

both_channels = pytest.mark.parametrize("channel", [EMAIL, TEXT])


@pytest.fixture(params=[Practice, BlinkWorld])
def practice(request: pytest.FixtureRequest, db: None) -> Iterator[World]:
    """Reminders on; mom linked to ana and ben, dad to ana; all have email on and text off (P2)."""
    world: World = request.param()
    world.toggle_feature(on=True, at=NOW)
    for client in ("ana", "ben"):
        world.add_client(client, at=NOW)
    for login in ("mom", "dad", "carer"):
        world.add_login(login, at=NOW)
    for login, client in (("mom", "ana"), ("mom", "ben"), ("dad", "ana")):
        world.link(login, client, at=NOW)
    yield world
    world.close()


def only(world: World, login: str, channel: Channel) -> None:
    """Leave `login` alone with `channel` on."""
    for other in ("mom", "dad", "carer"):
        for each in Channel:
            world.set_preference(other, each, on=(other, each) == (login, channel), at=NOW)


def notice(login: str, channel: Channel, what: What, *lines: tuple[str, datetime]) -> tuple[object, ...]:
    """What `said` makes of one email or text, for comparing."""
    return (login, channel, what, lines)


def said(received: Sequence[Received]) -> list[tuple[object, ...]]:
    """What was received, without when."""
    return sorted((each.login, each.channel, each.what, each.appointments) for each in received)


def run_every_minute(world: World, since: datetime, until: datetime) -> list[Received]:
    """Run from `since` up to and including `until`, at every minute in which something could fall due.

    These stories keep to round times: the other minutes of an hour have nothing to say, and take their time.
    """
    moments = [since + minute * MINUTE for minute in range(int((until - since) / MINUTE) + 1)]
    hourly, last_calls = (0, 1, 59), (10, 30, 50)
    worth_it = [
        moment
        for moment in moments
        if moment.minute in hourly
        or (moment.minute in last_calls and abs(moment - START) < 2 * HOUR)
        or moment in (since, until)
    ]
    return [each for moment in worth_it for each in world.run(at=moment)]


REMINDED = {channel: notice("mom", channel, What.REMINDER, ("a1", START)) for channel in Channel}

# R1: what must be true at the moment of sending.


@pytest.mark.parametrize("status", [status for status in Status if status != Status.SCHEDULED])
@both_channels
def test_only_scheduled_appointments_are_reminded_of_R1(practice: World, channel: Channel, status: Status) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    practice.set_status("a1", status, at=DUE[channel])
    assert practice.run(at=DUE[channel]) == []


@both_channels
def test_nothing_is_sent_while_the_feature_is_off_R1_O2(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    practice.toggle_feature(on=False, at=DUE[channel] + MINUTE)
    assert practice.run(at=DUE[channel] + MINUTE) == []


@both_channels
def test_nothing_is_sent_by_a_channel_that_is_off_R1(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    practice.set_preference("mom", channel, on=False, at=DUE[channel] + MINUTE)
    assert practice.run(at=DUE[channel] + MINUTE) == []


def test_preferences_survive_the_feature_being_off_R1_O3(practice: World) -> None:
    only(practice, "mom", TEXT)
    practice.toggle_feature(on=False, at=NOW)
    practice.toggle_feature(on=True, at=NOW + HOUR)
    practice.book("a1", "ana", START, at=NOW + HOUR)
    assert said(run_every_minute(practice, START - 25 * HOUR, START)) == [REMINDED[TEXT]]


# R2: when.


@both_channels
def test_sent_by_the_first_run_at_the_due_moment_and_not_before_R2(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    assert practice.run(at=DUE[channel] - MINUTE) == []
    assert said(practice.run(at=DUE[channel])) == [REMINDED[channel]]


def test_both_channels_on_means_an_email_and_a_text_R2(practice: World) -> None:
    only(practice, "mom", EMAIL)
    practice.set_preference("mom", TEXT, on=True, at=NOW)
    practice.book("a1", "ana", START, at=NOW)
    received = run_every_minute(practice, START - 25 * HOUR, START)
    assert [(each.at, each.channel) for each in received] == [(START - DAY, EMAIL), (START - HOUR, TEXT)]


# R3: who.


@both_channels
def test_both_parents_are_reminded_and_no_stranger_R3(practice: World, channel: Channel) -> None:
    for login in ("mom", "dad", "carer"):
        practice.set_preference(login, EMAIL, on=channel == EMAIL, at=NOW)
        practice.set_preference(login, TEXT, on=channel == TEXT, at=NOW)
    practice.book("a1", "ana", START, at=NOW)
    assert [each.login for each in practice.run(at=DUE[channel])] == ["mom", "dad"]


@both_channels
def test_a_deactivated_login_is_not_reminded_R3_N5(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    practice.set_login_active("mom", on=False, at=DUE[channel] + MINUTE)
    assert practice.run(at=DUE[channel] + MINUTE) == []


@both_channels
def test_an_unlinked_login_is_not_reminded_R3(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    practice.unlink("mom", "ana", at=DUE[channel] + MINUTE)
    assert practice.run(at=DUE[channel] + MINUTE) == []


@both_channels
def test_a_discharged_client_is_not_reminded_of_N5(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    practice.discharge("ana", at=DUE[channel] + MINUTE)
    assert practice.run(at=DUE[channel] + MINUTE) == []


# R5: agendas.


def test_one_email_lists_all_of_the_logins_clients_in_order_of_start_R5(practice: World) -> None:
    practice.book("late", "ana", START + 3 * HOUR, at=NOW)
    practice.book("mid", "ben", START + HOUR, at=NOW)
    practice.book("first", "ana", START, at=NOW)
    first, mid, late = ("first", START), ("mid", START + HOUR), ("late", START + 3 * HOUR)
    assert said(run_every_minute(practice, START - 25 * HOUR, START + DAY)) == [
        notice("dad", EMAIL, What.REMINDER, first, late),
        notice("mom", EMAIL, What.REMINDER, first, mid, late),
    ]


def test_an_agenda_ends_before_24_hours_after_its_first_start_R5(practice: World) -> None:
    only(practice, "mom", EMAIL)
    practice.book("first", "ana", START, at=NOW)
    practice.book("last", "ana", START + DAY - MINUTE, at=NOW)
    practice.book("next", "ana", START + DAY, at=NOW)
    received = run_every_minute(practice, START - 25 * HOUR, START + DAY)
    assert [(each.at, [name for name, _ in each.appointments]) for each in received] == [
        (START - DAY, ["first", "last"]),
        (START, ["next"]),
    ]


@pytest.mark.parametrize("status", [status for status in Status if status != Status.SCHEDULED])
def test_an_agenda_lists_only_scheduled_appointments_R5(practice: World, status: Status) -> None:
    only(practice, "mom", EMAIL)
    practice.book("a1", "ana", START, at=NOW)
    practice.book("a2", "ana", START + HOUR, at=NOW)
    practice.set_status("a2", status, at=NOW)
    assert said(practice.run(at=DUE[EMAIL])) == [REMINDED[EMAIL]]


def test_an_appointment_booked_after_the_agenda_gets_its_own_agenda_R5(practice: World) -> None:
    only(practice, "mom", EMAIL)
    practice.book("a1", "ana", START, at=NOW)
    practice.book("a2", "ana", START + 9 * HOUR, at=NOW)
    assert [name for name, _ in practice.run(at=DUE[EMAIL])[0].appointments] == ["a1", "a2"]
    practice.book("a3", "ben", START + 2 * HOUR, at=DUE[EMAIL] + MINUTE)
    practice.book("a4", "ana", START + 25 * HOUR, at=DUE[EMAIL] + MINUTE)
    later = run_every_minute(practice, DUE[EMAIL] + MINUTE, START + 2 * DAY)
    assert [(each.at, each.appointments) for each in later] == [
        (START - 22 * HOUR, (("a3", START + 2 * HOUR), ("a4", START + 25 * HOUR)))
    ]


def test_who_was_listed_is_kept_per_login_R5(practice: World) -> None:
    practice.book("a1", "ben", START, at=NOW)
    practice.book("a2", "ana", START + HOUR, at=NOW)
    received = run_every_minute(practice, START - 25 * HOUR, START + DAY)
    assert [(each.at, each.login, each.appointments) for each in received] == [
        (START - DAY, "mom", (("a1", START), ("a2", START + HOUR))),
        (START - 23 * HOUR, "dad", (("a2", START + HOUR),)),
    ]


def test_an_appointment_moved_after_it_was_listed_is_listed_at_its_new_time_R5_R7(practice: World) -> None:
    only(practice, "mom", EMAIL)
    practice.book("a1", "ana", START, at=NOW)
    practice.book("a2", "ana", START + HOUR, at=NOW)
    practice.run(at=DUE[EMAIL])
    moved = START + 30 * HOUR
    practice.move("a2", moved, at=DUE[EMAIL] + HOUR)
    assert said(run_every_minute(practice, DUE[EMAIL] + HOUR, START + 2 * DAY)) == [
        notice("mom", EMAIL, What.MOVED, ("a2", moved)),
        notice("mom", EMAIL, What.REMINDER, ("a2", moved)),
    ]


def test_when_the_first_may_not_be_sent_the_next_becomes_the_head_R5(practice: World) -> None:
    only(practice, "mom", EMAIL)
    practice.book("gone", "ana", START, at=NOW)
    practice.book("next", "ana", START + HOUR, at=NOW)
    practice.set_status("gone", Status.CANCELLED, at=DUE[EMAIL])
    received = run_every_minute(practice, DUE[EMAIL], START)
    assert [(each.at, each.appointments) for each in received] == [(START - 23 * HOUR, (("next", START + HOUR),))]


def test_an_agenda_leaves_out_a_client_linked_after_its_due_moment_R5_R9(practice: World) -> None:
    only(practice, "dad", EMAIL)
    practice.book("a1", "ana", START, at=NOW)
    practice.book("b1", "ben", START + HOUR, at=NOW)
    practice.link("dad", "ben", at=DUE[EMAIL] + MINUTE)
    received = run_every_minute(practice, DUE[EMAIL] + MINUTE, START)
    assert [(each.at, each.appointments) for each in received] == [
        (START - DAY + MINUTE, (("a1", START),)),
        (START - 23 * HOUR, (("b1", START + HOUR),)),  # linked in time for its own
    ]


def test_an_agenda_leaves_out_a_discharged_client_R5_N5(practice: World) -> None:
    only(practice, "mom", EMAIL)
    practice.book("a1", "ana", START, at=NOW)
    practice.book("b1", "ben", START + HOUR, at=NOW)
    practice.discharge("ben", at=NOW)
    assert said(run_every_minute(practice, DUE[EMAIL], START)) == [REMINDED[EMAIL]]


def test_texts_are_per_appointment_R5(practice: World) -> None:
    only(practice, "mom", TEXT)
    practice.book("a1", "ana", START, at=NOW)
    practice.book("b1", "ben", START, at=NOW)
    assert said(practice.run(at=DUE[TEXT])) == [
        REMINDED[TEXT],
        notice("mom", TEXT, What.REMINDER, ("b1", START)),
    ]


# R6: booked late.


@both_channels
def test_booked_exactly_the_lead_time_ahead_is_reminded_of_R6(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=DUE[channel])
    assert said(practice.run(at=DUE[channel] + MINUTE)) == [REMINDED[channel]]


@both_channels
def test_booked_less_than_the_lead_time_ahead_is_not_reminded_of_R6(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=DUE[channel] + MINUTE)
    assert run_every_minute(practice, DUE[channel] + MINUTE, START) == []


def test_booked_late_for_the_email_is_still_texted_R6(practice: World) -> None:
    only(practice, "mom", TEXT)
    practice.set_preference("mom", EMAIL, on=True, at=NOW)
    practice.book("a1", "ana", START, at=DUE[EMAIL] + MINUTE)
    assert said(run_every_minute(practice, DUE[EMAIL] + MINUTE, START)) == [REMINDED[TEXT]]


@both_channels
def test_moved_to_less_than_the_lead_time_ahead_is_not_reminded_of_R6(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START + 5 * DAY, at=NOW)
    practice.move("a1", START, at=DUE[channel] + MINUTE)
    assert run_every_minute(practice, DUE[channel] + MINUTE, START) == []


@pytest.mark.parametrize("status", [status for status in Status if status != Status.SCHEDULED])
@both_channels
def test_on_the_schedule_counts_from_the_status_becoming_scheduled_R6(
    practice: World, channel: Channel, status: Status
) -> None:
    only(practice, "mom", channel)
    practice.book("late", "ana", START, at=NOW)
    practice.set_status("late", status, at=NOW)
    practice.set_status("late", Status.SCHEDULED, at=DUE[channel] + MINUTE)
    assert run_every_minute(practice, DUE[channel] + MINUTE, START) == []


@both_channels
def test_reinstated_in_time_is_reminded_of_R6(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    practice.set_status("a1", Status.CANCELLED, at=NOW)
    practice.set_status("a1", Status.SCHEDULED, at=DUE[channel])
    assert said(practice.run(at=DUE[channel])) == [REMINDED[channel]]


@both_channels
def test_saving_the_same_start_and_status_again_is_no_new_booking_R6(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    practice.move("a1", START, at=DUE[channel] + MINUTE)
    practice.set_status("a1", Status.SCHEDULED, at=DUE[channel] + MINUTE)
    assert said(run_every_minute(practice, DUE[channel] + MINUTE, START)) == [REMINDED[channel]]


def test_booked_late_may_be_listed_but_never_causes_an_agenda_R6(practice: World) -> None:
    only(practice, "mom", EMAIL)
    practice.book("a1", "ana", START, at=NOW)
    practice.book("late", "ben", START + HOUR, at=START - 23 * HOUR + MINUTE)
    received = run_every_minute(practice, START - 22 * HOUR, START)  # no run when a1 fell due
    assert [each.appointments for each in received] == [(("a1", START), ("late", START + HOUR))]


# R7: moved, cancelled, reinstated.


@both_channels
def test_reminders_follow_the_new_time_R7(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START - DAY, at=NOW)
    practice.move("a1", START, at=NOW + HOUR)
    received = run_every_minute(practice, START - 2 * DAY, START)
    assert [each.at for each in received] == [DUE[channel]]
    assert said(received) == [REMINDED[channel]]


@both_channels
def test_moved_after_the_reminder_is_corrected_at_once_and_reminded_again_R7(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    practice.run(at=DUE[channel])
    changed, moved = DUE[channel] + MINUTE, START + 2 * DAY
    practice.move("a1", moved, at=changed)
    received = run_every_minute(practice, changed, moved)
    assert [(each.at, each.what, each.appointments) for each in received] == [
        (changed, What.MOVED, (("a1", moved),)),
        (moved - (START - DUE[channel]), What.REMINDER, (("a1", moved),)),
    ]


@both_channels
def test_moved_to_less_than_the_lead_time_ahead_is_corrected_but_not_reminded_again_R7(
    practice: World, channel: Channel
) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    practice.run(at=DUE[channel])
    practice.move("a1", START - MINUTE, at=DUE[channel])
    assert said(run_every_minute(practice, DUE[channel], START)) == [
        notice("mom", channel, What.MOVED, ("a1", START - MINUTE))
    ]


@both_channels
def test_moved_to_exactly_the_lead_time_ahead_is_corrected_then_reminded_R7(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    practice.run(at=DUE[channel])
    practice.move("a1", START + HOUR, at=DUE[channel] + HOUR)
    assert [each.what for each in practice.run(at=DUE[channel] + HOUR)] == [What.MOVED, What.REMINDER]


@both_channels
def test_moved_back_and_forth_before_anything_went_out_is_one_reminder_R7(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    for hours in range(1, 4):
        practice.move("a1", START + 3 * DAY, at=NOW + hours * HOUR)
        practice.run(at=NOW + hours * HOUR)
        practice.move("a1", START, at=NOW + hours * HOUR)
    assert said(run_every_minute(practice, START - 25 * HOUR, START + 3 * DAY)) == [REMINDED[channel]]


@both_channels
def test_moved_and_back_between_two_runs_says_nothing_R7(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    practice.run(at=DUE[channel])
    practice.move("a1", START + 3 * DAY, at=DUE[channel])
    practice.move("a1", START, at=DUE[channel])
    assert run_every_minute(practice, DUE[channel], START) == []


def test_moved_twice_between_two_runs_is_one_correction_R7(practice: World) -> None:
    only(practice, "mom", EMAIL)
    practice.book("a1", "ana", START, at=NOW)
    practice.run(at=DUE[EMAIL])
    practice.move("a1", START + HOUR, at=DUE[EMAIL] + 2 * HOUR)
    practice.move("a1", START + 2 * HOUR, at=DUE[EMAIL] + 3 * HOUR)
    assert said(practice.run(at=DUE[EMAIL] + 4 * HOUR)) == [notice("mom", EMAIL, What.MOVED, ("a1", START + 2 * HOUR))]


def test_moved_away_and_back_with_runs_between_is_corrected_twice_and_not_reminded_again_R7_R9(
    practice: World,
) -> None:
    only(practice, "mom", EMAIL)
    practice.book("a1", "ana", START, at=NOW)
    practice.run(at=DUE[EMAIL])
    practice.move("a1", START + 9 * DAY, at=DUE[EMAIL])
    away = practice.run(at=DUE[EMAIL])
    practice.move("a1", START, at=DUE[EMAIL])  # exactly 24 hours ahead: R6 would allow another reminder
    back = run_every_minute(practice, DUE[EMAIL], START)
    assert said(away) == [notice("mom", EMAIL, What.MOVED, ("a1", START + 9 * DAY))]
    assert said(back) == [notice("mom", EMAIL, What.MOVED, ("a1", START))]


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.LATE_CANCELLED])
@both_channels
def test_cancelled_after_the_reminder_is_one_notice_R7(practice: World, channel: Channel, status: Status) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    practice.run(at=DUE[channel])
    practice.set_status("a1", status, at=DUE[channel])
    assert said(run_every_minute(practice, DUE[channel], START)) == [
        notice("mom", channel, What.CANCELLED, ("a1", START))
    ]


def test_cancelled_then_late_cancelled_is_one_notice_R7(practice: World) -> None:
    only(practice, "mom", EMAIL)
    practice.book("a1", "ana", START, at=NOW)
    practice.run(at=DUE[EMAIL])
    practice.set_status("a1", Status.CANCELLED, at=DUE[EMAIL])
    practice.run(at=DUE[EMAIL])
    practice.set_status("a1", Status.LATE_CANCELLED, at=DUE[EMAIL])
    assert practice.run(at=DUE[EMAIL]) == []


@both_channels
def test_cancelled_before_the_reminder_says_nothing_R7(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    practice.set_status("a1", Status.CANCELLED, at=NOW)
    assert run_every_minute(practice, DUE[channel], START) == []


@pytest.mark.parametrize("start", [START, START + 2 * HOUR])
@both_channels
def test_reinstated_after_the_cancelled_notice_is_on_again_R7(
    practice: World, channel: Channel, start: datetime
) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    practice.run(at=DUE[channel])
    practice.set_status("a1", Status.CANCELLED, at=DUE[channel])
    practice.run(at=DUE[channel])
    practice.move("a1", start, at=DUE[channel] + MINUTE)
    practice.set_status("a1", Status.SCHEDULED, at=DUE[channel] + MINUTE)
    assert said(practice.run(at=DUE[channel] + MINUTE)) == [notice("mom", channel, What.ON_AGAIN, ("a1", start))]


@both_channels
def test_cancelled_and_reinstated_between_two_runs_says_nothing_R7(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    practice.run(at=DUE[channel])
    practice.set_status("a1", Status.CANCELLED, at=DUE[channel])
    practice.set_status("a1", Status.SCHEDULED, at=DUE[channel])
    assert run_every_minute(practice, DUE[channel], START) == []


def test_moved_and_cancelled_between_two_runs_names_the_time_that_was_told_R7(practice: World) -> None:
    only(practice, "mom", EMAIL)
    practice.book("a1", "ana", START, at=NOW)
    practice.run(at=DUE[EMAIL])
    practice.move("a1", START + 3 * DAY, at=DUE[EMAIL])
    practice.set_status("a1", Status.CANCELLED, at=DUE[EMAIL])
    assert said(practice.run(at=DUE[EMAIL])) == [notice("mom", EMAIL, What.CANCELLED, ("a1", START))]


def test_no_cancelled_notice_names_a_time_that_has_come_R7_R8(practice: World) -> None:
    only(practice, "mom", EMAIL)
    practice.book("a1", "ana", START, at=NOW)
    practice.run(at=DUE[EMAIL])
    practice.move("a1", START + 3 * DAY, at=START)
    practice.set_status("a1", Status.CANCELLED, at=START)
    assert practice.run(at=START) == []


def test_a_later_change_to_late_cancelled_tells_what_was_not_told_R7(practice: World) -> None:
    only(practice, "mom", EMAIL)
    practice.book("a1", "ana", START, at=NOW)
    practice.run(at=DUE[EMAIL])
    practice.set_status("a1", Status.CANCELLED, at=DUE[EMAIL])
    practice.set_preference("mom", EMAIL, on=False, at=DUE[EMAIL])
    assert practice.run(at=DUE[EMAIL]) == []
    practice.set_preference("mom", EMAIL, on=True, at=DUE[EMAIL] + MINUTE)
    practice.set_status("a1", Status.LATE_CANCELLED, at=DUE[EMAIL] + MINUTE)
    assert said(practice.run(at=DUE[EMAIL] + MINUTE)) == [notice("mom", EMAIL, What.CANCELLED, ("a1", START))]


@pytest.mark.parametrize("status", [Status.ATTENDED, Status.NO_SHOW])
def test_attended_and_no_show_tell_nothing_R7(practice: World, status: Status) -> None:
    only(practice, "mom", EMAIL)
    practice.book("a1", "ana", START, at=NOW)
    practice.run(at=DUE[EMAIL])
    practice.set_status("a1", status, at=DUE[EMAIL])
    assert practice.run(at=DUE[EMAIL]) == []
    practice.set_status("a1", Status.SCHEDULED, at=DUE[EMAIL])
    assert practice.run(at=DUE[EMAIL]) == []


def test_only_the_channel_that_told_corrects_R7(practice: World) -> None:
    only(practice, "mom", EMAIL)
    practice.set_preference("mom", TEXT, on=True, at=NOW)
    practice.book("a1", "ana", START, at=NOW)
    practice.run(at=DUE[EMAIL])
    practice.set_status("a1", Status.CANCELLED, at=DUE[EMAIL])
    assert said(practice.run(at=DUE[EMAIL])) == [notice("mom", EMAIL, What.CANCELLED, ("a1", START))]


def test_only_the_logins_that_were_told_are_corrected_R7(practice: World) -> None:
    practice.set_preference("dad", EMAIL, on=False, at=NOW)
    practice.book("a1", "ana", START, at=NOW)
    practice.run(at=DUE[EMAIL])
    practice.set_preference("dad", EMAIL, on=True, at=DUE[EMAIL])
    practice.set_status("a1", Status.CANCELLED, at=DUE[EMAIL] + MINUTE)
    assert said(practice.run(at=DUE[EMAIL] + MINUTE)) == [notice("mom", EMAIL, What.CANCELLED, ("a1", START))]


def test_being_listed_in_an_agenda_counts_as_told_R7(practice: World) -> None:
    only(practice, "mom", EMAIL)
    practice.book("a1", "ana", START, at=NOW)
    practice.book("b1", "ben", START + HOUR, at=NOW)
    practice.run(at=DUE[EMAIL])
    practice.set_status("b1", Status.CANCELLED, at=DUE[EMAIL])
    assert said(practice.run(at=DUE[EMAIL])) == [notice("mom", EMAIL, What.CANCELLED, ("b1", START + HOUR))]


def test_an_older_agenda_that_already_tells_the_new_time_needs_no_correction_R7(practice: World) -> None:
    only(practice, "mom", EMAIL)
    practice.book("b1", "ben", START + HOUR, at=NOW)
    practice.run(at=START - 23 * HOUR)
    practice.book("a1", "ana", START + 3 * HOUR, at=START - 22 * HOUR)
    practice.move("b1", START + 4 * HOUR, at=START - 20 * HOUR)  # no run since a1 fell due
    assert said(practice.run(at=START - 20 * HOUR)) == [
        notice("mom", EMAIL, What.REMINDER, ("a1", START + 3 * HOUR), ("b1", START + 4 * HOUR))
    ]


def turn(world: World, thing: str, channel: Channel, *, on: bool, at: datetime) -> None:
    """Turn one of the things on or off that must be on for mom to hear of ana by that channel."""
    match thing:
        case "feature":
            world.toggle_feature(on=on, at=at)
        case "preference":
            world.set_preference("mom", channel, on=on, at=at)
        case "link":
            (world.link if on else world.unlink)("mom", "ana", at=at)
        case "login":
            world.set_login_active("mom", on=on, at=at)
        case "client":
            (world.readmit if on else world.discharge)("ana", at=at)


everything_that_can_be_off = pytest.mark.parametrize("thing", ["feature", "preference", "link", "login", "client"])


@everything_that_can_be_off
@both_channels
def test_what_is_off_stops_a_correction_for_good_until_the_next_change_R7(
    practice: World, channel: Channel, thing: str
) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    practice.run(at=DUE[channel])
    practice.move("a1", START + HOUR - MINUTE, at=DUE[channel] + HOUR // 2)
    turn(practice, thing, channel, on=False, at=DUE[channel] + HOUR // 2)
    assert practice.run(at=DUE[channel] + HOUR // 2) == []
    turn(practice, thing, channel, on=True, at=DUE[channel] + HOUR // 2)
    assert practice.run(at=DUE[channel] + HOUR // 2) == []
    practice.set_status("a1", Status.CANCELLED, at=DUE[channel] + HOUR // 2 + MINUTE)
    assert said(practice.run(at=DUE[channel] + HOUR // 2 + MINUTE)) == [
        notice("mom", channel, What.CANCELLED, ("a1", START))
    ]


@everything_that_can_be_off
@both_channels
def test_what_was_off_between_the_change_and_the_sending_stops_a_correction_R7_R9(
    practice: World, channel: Channel, thing: str
) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    practice.run(at=DUE[channel])
    practice.set_status("a1", Status.CANCELLED, at=DUE[channel] + MINUTE)
    turn(practice, thing, channel, on=False, at=DUE[channel] + 2 * MINUTE)
    turn(practice, thing, channel, on=True, at=DUE[channel] + 3 * MINUTE)
    assert run_every_minute(practice, DUE[channel] + 4 * MINUTE, START) == []


@both_channels
def test_a_correction_may_leave_until_the_start_and_not_at_it_R7_R8(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    practice.book("a2", "ana", START + MINUTE, at=NOW)
    practice.run(at=DUE[channel] + MINUTE)
    practice.set_status("a1", Status.CANCELLED, at=START - MINUTE)
    practice.set_status("a2", Status.CANCELLED, at=START - MINUTE)
    assert said(practice.run(at=START)) == [notice("mom", channel, What.CANCELLED, ("a2", START + MINUTE))]


# R8: after an outage.


@both_channels
def test_after_an_outage_the_reminder_goes_out_late_R8(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    assert said(practice.run(at=LAST_CALL[channel])) == [REMINDED[channel]]


@both_channels
def test_after_the_last_call_it_is_never_sent_R8(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    assert run_every_minute(practice, LAST_CALL[channel] + MINUTE, START + HOUR) == []


def test_one_too_late_causes_no_agenda_and_the_next_does_R8(practice: World) -> None:
    only(practice, "mom", EMAIL)
    practice.book("a1", "ana", START, at=NOW)
    practice.book("a2", "ana", START + HOUR, at=NOW)
    practice.book("a3", "ana", START + DAY, at=NOW)
    received = practice.run(at=START - HOUR)
    assert [each.appointments for each in received] == [(("a2", START + HOUR), ("a3", START + DAY))]


def test_an_outage_longer_than_an_agenda_sends_one_email_per_24_hours_of_schedule_R5_R8(
    practice: World,
) -> None:
    only(practice, "mom", EMAIL)
    for name, hours in (("a1", 0), ("a2", 23), ("a3", 24), ("a4", 30), ("a5", 60)):
        practice.book(name, "ana", START + hours * HOUR, at=NOW)
    received = practice.run(at=START - 2 * HOUR)
    assert [[name for name, _ in each.appointments] for each in received] == [["a1", "a2"]]
    received = practice.run(at=START + 10 * HOUR)
    assert [[name for name, _ in each.appointments] for each in received] == [["a3", "a4"]]


# R9: decided once.


@everything_that_can_be_off
@both_channels
def test_what_is_turned_on_after_the_due_moment_changes_nothing_R9(
    practice: World, channel: Channel, thing: str
) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    turn(practice, thing, channel, on=False, at=NOW)
    turn(practice, thing, channel, on=True, at=DUE[channel] + MINUTE)
    assert run_every_minute(practice, DUE[channel] + MINUTE, START) == []


@everything_that_can_be_off
@both_channels
def test_what_is_turned_on_by_the_due_moment_counts_R9(practice: World, channel: Channel, thing: str) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    turn(practice, thing, channel, on=False, at=NOW)
    turn(practice, thing, channel, on=True, at=DUE[channel])
    assert said(practice.run(at=DUE[channel] + MINUTE)) == [REMINDED[channel]]


@everything_that_can_be_off
@both_channels
def test_what_is_turned_off_before_the_sending_stops_it_R9(practice: World, channel: Channel, thing: str) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    turn(practice, thing, channel, on=False, at=DUE[channel] + MINUTE)
    assert practice.run(at=DUE[channel] + MINUTE) == []
    turn(practice, thing, channel, on=True, at=DUE[channel] + 2 * MINUTE)
    assert run_every_minute(practice, DUE[channel] + 2 * MINUTE, START) == []


@everything_that_can_be_off
@both_channels
def test_off_and_on_again_before_the_sending_stops_it_R9(practice: World, channel: Channel, thing: str) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    turn(practice, thing, channel, on=False, at=DUE[channel] + MINUTE)
    turn(practice, thing, channel, on=True, at=DUE[channel] + 2 * MINUTE)
    assert run_every_minute(practice, DUE[channel] + 3 * MINUTE, START) == []


def test_turning_the_feature_on_causes_no_flood_R9_O5(practice: World) -> None:
    practice.toggle_feature(on=False, at=NOW)
    for hours in range(12):
        practice.book(f"a{hours}", "ana", START + hours * HOUR, at=NOW)
    practice.toggle_feature(on=True, at=START - 12 * HOUR)
    assert run_every_minute(practice, START - 12 * HOUR, START) == []


def test_an_agenda_decided_away_stays_so_in_the_same_minute_R9(practice: World) -> None:
    only(practice, "mom", EMAIL)
    practice.set_preference("mom", EMAIL, on=False, at=NOW)
    practice.book("a1", "ana", START, at=NOW)
    assert practice.run(at=DUE[EMAIL]) == []
    practice.set_preference("mom", EMAIL, on=True, at=DUE[EMAIL])
    assert practice.run(at=DUE[EMAIL]) == []


@both_channels
def test_moved_after_it_was_decided_away_is_a_new_decision_R9_R7(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.set_preference("mom", channel, on=False, at=NOW)
    practice.book("a1", "ana", START - 2 * DAY, at=NOW)
    practice.run(at=START - 2 * DAY - HOUR)
    practice.set_preference("mom", channel, on=True, at=START - 2 * DAY - HOUR)
    practice.move("a1", START, at=START - 2 * DAY - HOUR)
    assert said(run_every_minute(practice, START - 2 * DAY, START)) == [REMINDED[channel]]


@both_channels
def test_two_runs_at_the_same_moment_send_once_R9(practice: World, channel: Channel) -> None:
    only(practice, "mom", channel)
    practice.book("a1", "ana", START, at=NOW)
    assert said(practice.run(at=DUE[channel])) == [REMINDED[channel]]
    assert practice.run(at=DUE[channel]) == []
    practice.set_status("a1", Status.CANCELLED, at=DUE[channel])
    assert len(practice.run(at=DUE[channel])) == 1
    assert practice.run(at=DUE[channel]) == []


def test_everything_received_is_remembered(practice: World) -> None:
    practice.book("a1", "ana", START, at=NOW)
    first = practice.run(at=DUE[EMAIL])
    practice.set_status("a1", Status.CANCELLED, at=DUE[EMAIL])
    second = practice.run(at=DUE[EMAIL])
    assert practice.received() == first + second
    assert [each.login for each in practice.received()] == ["mom", "dad", "mom", "dad"]


# T: whether a phone can be texted is looked at when sending.


def test_a_number_that_may_not_be_texted_is_not_T2_T3(practice: World) -> None:
    only(practice, "mom", TEXT)
    practice.set_phone("mom", ok=False, at=NOW)
    practice.book("a1", "ana", START, at=NOW)
    assert practice.run(at=DUE[TEXT]) == []
    practice.set_phone("mom", ok=True, at=DUE[TEXT])
    assert practice.run(at=DUE[TEXT]) == []  # R9: decided once


def test_a_number_mended_before_the_sending_is_texted_T2(practice: World) -> None:
    only(practice, "mom", TEXT)
    practice.set_phone("mom", ok=False, at=NOW)
    practice.book("a1", "ana", START, at=NOW)
    practice.set_phone("mom", ok=True, at=DUE[TEXT] + MINUTE)
    assert said(practice.run(at=DUE[TEXT] + MINUTE)) == [REMINDED[TEXT]]


def test_stop_halts_texts_but_not_emails_T6(practice: World) -> None:
    only(practice, "mom", TEXT)
    practice.set_preference("mom", EMAIL, on=True, at=NOW)
    practice.stop("mom", at=NOW)
    practice.book("a1", "ana", START, at=NOW)
    assert said(run_every_minute(practice, DUE[EMAIL], START)) == [REMINDED[EMAIL]]


def test_unstop_resumes_texts_T6(practice: World) -> None:
    only(practice, "mom", TEXT)
    practice.stop("mom", at=NOW)
    practice.book("a1", "ana", START, at=NOW)
    practice.unstop("mom", at=DUE[TEXT] + MINUTE)
    assert said(practice.run(at=DUE[TEXT] + MINUTE)) == [REMINDED[TEXT]]
