"""Numbers without gaps and without doubles, however many issue at the same moment."""

from collections.abc import Callable
from itertools import count

import pytest

from accounts.tenancy import within
from billing.models import Invoice, InvoiceCounter
from tests.accounts.racing import race
from tests.billing.invoicing import make_draft, make_issued
from tests.conftest import Practice, make_practice

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 4
EACH = 5


@pytest.fixture
def racers() -> Practice:
    return make_practice()


def inside(practice: Practice, act: Callable[[], list[bool]]) -> Callable[[], list[bool]]:
    def run() -> list[bool]:
        with within(practice.organization):
            return act()

    return run


def numbers(practice: Practice) -> list[int | None]:
    with within(practice.organization):
        return list(Invoice.objects.exclude(number=None).order_by("number").values_list("number", flat=True))


def test_many_who_issue_at_once_count_on_without_a_gap(racers: Practice) -> None:
    """The first number too: nobody has a counter yet."""
    drafts = [[make_draft(racers) for _ in range(EACH)] for _ in range(THREADS)]
    turn = count()

    def issue_mine() -> list[bool]:
        return [draft.issue(by=racers.owner) for draft in drafts[next(turn)]]

    won = race(inside(racers, issue_mine), THREADS)
    assert won == [[True] * EACH] * THREADS
    assert numbers(racers) == list(range(1, THREADS * EACH + 1))


def test_the_same_draft_is_issued_once_and_takes_one_number(racers: Practice) -> None:
    drafts = [make_draft(racers).pk for _ in range(EACH)]

    def issue_all() -> list[bool]:
        return [Invoice.objects.get(pk=pk).issue(by=racers.owner) for pk in drafts]

    won = race(inside(racers, issue_all), THREADS)
    assert sum(sum(each) for each in won) == EACH
    assert numbers(racers) == list(range(1, EACH + 1))
    with within(racers.organization):
        assert InvoiceCounter.objects.get().last == EACH


def test_issuing_and_deleting_the_same_draft_leave_no_gap(racers: Practice) -> None:
    drafts = [make_draft(racers).pk for _ in range(EACH * 2)]
    turn = count()

    def either() -> list[bool]:
        issues = next(turn) % 2 == 0
        found = [Invoice.objects.filter(pk=pk).first() for pk in drafts]
        return [bool(each and (each.issue(by=racers.owner) if issues else each.discard())) for each in found]

    race(inside(racers, either), 2)
    issued = numbers(racers)
    assert issued == list(range(1, len(issued) + 1))


def test_paying_and_voiding_at_once_has_one_winner(racers: Practice) -> None:
    invoices = [make_issued(racers).pk for _ in range(EACH)]
    turn = count()

    def either() -> list[bool]:
        pays = next(turn) % 2 == 0
        found = [Invoice.objects.get(pk=pk) for pk in invoices]
        return [
            each.mark_paid(on=each.due_on, by=racers.owner) if pays else each.void(by=racers.owner) for each in found
        ]

    won = race(inside(racers, either), THREADS)
    assert [sum(each) for each in zip(*won, strict=True)] == [1] * EACH
