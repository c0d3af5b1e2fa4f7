"""Reports in every order, each twice: one final state (T10)."""

from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import permutations

import pytest
from django.db import transaction

from accounts.features import Channel
from accounts.tenancy import everywhere
from notifications import reasons
from notifications.models import EarlierAttempt, Notification, State
from notifications.reports import note, state_of
from tests.conftest import Practice
from tests.notifications.conftest import make_notification

pytestmark = pytest.mark.django_db

SID = "SM" + "a" * 32
ON_ITS_WAY = ("accepted", "queued", "sending", "sent")
ENDS = [
    # end, code, final state, its reason, is the attempt kept as an earlier one
    ("delivered", None, State.DELIVERED, "", False),
    ("undelivered", 30006, State.UNDELIVERED, reasons.NUMBER_TAKES_NO_TEXTS.code, False),
    ("failed", 30036, State.FAILED, reasons.WAITED_TOO_LONG.code, False),
    ("undelivered", 30003, State.PENDING, "", True),  # and goes once more
    ("failed", 30034, State.PENDING, "", True),  # and is held
]
Known = tuple[str, ...]
"""All that the record knows of a text, but for moments."""


def known(row: Notification) -> Known:
    now = Notification.objects.get(pk=row.pk)
    earlier = EarlierAttempt.objects.filter(notification=row).values_list("provider_id", flat=True)
    return (
        now.state,
        now.reason,
        now.reason_detail,
        str(now.in_doubt),
        now.provider_id,
        *earlier,
    )


def one_after_another(row: Notification, reports: tuple[str, ...], end: str, code: int | None) -> Known:
    """What the record knows after these reports; everything is as before again."""
    before = transaction.savepoint()
    for status in reports:
        assert note(row.pk, state_of(status), sid=SID, error_code=code if status == end else None)
    after = known(row)
    transaction.savepoint_rollback(before)
    return after


def all_mixtures(statuses: tuple[str, ...], after: Callable[[tuple[str, ...]], Known]) -> Counter[Known]:
    """How many of all orders of the doubled reports end in which way.

    There are 10! / 2⁵ of them. What a report does depends on what the record knows and on nothing else, so each
    distinct step is taken once in the database, and the orders are counted over the steps.
    """
    shortest: dict[Known, tuple[str, ...]] = {after(()): ()}

    @cache
    def step(at: Known, status: str) -> Known:
        reports = (*shortest[at], status)
        to = after(reports)
        shortest.setdefault(to, reports)
        return to

    @cache
    def ends(at: Known, left: tuple[int, ...]) -> Counter[Known]:
        if not any(left):
            return Counter([at])
        total: Counter[Known] = Counter()
        for place, times in enumerate(left):
            if times:
                rest = (*left[:place], times - 1, *left[place + 1 :])
                total.update(ends(step(at, statuses[place]), rest))
        return total

    return ends(after(()), (2,) * len(statuses))


@pytest.mark.parametrize(("end", "code", "state", "reason", "is_kept"), ENDS, ids=lambda value: str(value))
def test_all_orders_of_five_statuses_each_doubled_end_in_one_state_T10(
    practice: Practice, end: str, code: int | None, state: State, reason: str, is_kept: bool
) -> None:
    row = make_notification(
        practice.mom, Channel.TEXT, state=State.SENDING, in_doubt=True, attempts=1, sent_to="2065550143"
    )
    statuses: tuple[str, ...] = (*ON_ITS_WAY, end)
    with everywhere("the test"):
        orders = list(permutations(statuses))
        ends = Counter(one_after_another(row, order * 2, end, code) for order in orders)
        mixtures = all_mixtures(statuses, lambda reports: one_after_another(row, reports, end, code))
    print(  # noqa: T201 (the figures that were asked for)
        f"\n{end} ({code}): {ends.total()} orders twice over, {mixtures.total()} orders of all ten reports; "
        f"{len(ends | mixtures)} final state: {state}"
    )
    assert (ends.total(), mixtures.total()) == (120, 113_400)
    ((final, _count),) = (ends | mixtures).items()
    detail = str(code) if code else ""
    kept = ("", SID) if is_kept else (SID,)
    assert final == (state, reason, detail, "False", *kept)


@pytest.mark.parametrize(
    ("end", "code"), [("undelivered", 30003), ("failed", 30008), ("undelivered", 30006), ("failed", 30034)]
)
def test_an_arrival_stands_whatever_else_is_said_of_the_same_text_T10(practice: Practice, end: str, code: int) -> None:
    """Contradictions as well, with a retry between them or not."""
    row = make_notification(practice.mom, Channel.TEXT, state=State.SENDING, in_doubt=True, sent_to="2065550143")
    with everywhere("the test"):
        for order in permutations(("sent", "delivered", end)):
            assert one_after_another(row, order * 2, end, code)[:4] == (State.DELIVERED, "", "", "False"), order
