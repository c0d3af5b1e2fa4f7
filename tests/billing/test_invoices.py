"""Invoices: what each verb does, to which states, and what the database itself holds."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Role
from accounts.tenancy import OutOfScope, within
from billing.models import Invoice, InvoiceLine, NotReady
from tests.billing.invoicing import make_draft, make_issued, make_line, make_overdue
from tests.conftest import Practice, link, make_client, make_login, make_practice

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)


def test_a_draft_has_no_number_and_knows_what_it_comes_to(in_practice: Practice) -> None:
    draft = make_draft(in_practice, make_line(price="120", quantity="1.5"), make_line("Report", "80", tax_rate="10"))
    assert (draft.status, draft.number, draft.issued_on, draft.currency) == ("draft", None, None, "USD")
    assert draft.total == Decimal("268.00")
    assert [(line.position, line.description) for line in draft.lines.all()] == [(1, "Family session"), (2, "Report")]


@pytest.mark.parametrize(("country", "currency"), [("CA", "CAD"), ("GB", "GBP"), ("PR", "USD")])
def test_it_is_in_the_currency_of_the_practices_country(db: None, country: str, currency: str) -> None:
    assert make_draft(make_practice(country=country)).currency == currency


def test_numbers_count_from_one_and_a_void_keeps_its_own(in_practice: Practice) -> None:
    drafts = [make_draft(in_practice) for _ in range(4)]
    for draft in (drafts[2], drafts[0]):
        assert draft.issue(by=in_practice.owner)
    drafts[2].void(by=in_practice.owner)
    drafts[3].issue(by=in_practice.owner)
    assert [draft.label for draft in drafts] == ["0002", "", "0001", "0003"]
    assert drafts[2].is_void


def test_each_practice_has_numbers_of_its_own_S1(practice: Practice, other_practice: Practice) -> None:
    assert [make_issued(each).number for each in (practice, practice, other_practice)] == [1, 2, 1]


def test_a_number_that_came_to_nothing_is_given_again(in_practice: Practice) -> None:
    draft = make_draft(in_practice)

    with transaction.atomic():
        draft.issue(by=in_practice.owner)
        transaction.set_rollback(True)  # as if something after it had failed
    assert Invoice.objects.get(pk=draft.pk).is_draft
    assert make_issued(in_practice).number == 1


def test_it_is_issued_on_the_day_of_the_practice(in_practice: Practice) -> None:
    """Half past six in the evening of the 24th in Seattle is the 25th in UTC."""
    with time_machine.travel(datetime(2026, 11, 25, 2, 30, tzinfo=UTC), tick=False):
        invoice = make_issued(in_practice)
    assert invoice.issued_on == TODAY
    assert invoice.issued_by == in_practice.owner


def test_a_draft_without_lines_or_due_in_the_past_is_not_ready(in_practice: Practice) -> None:
    for draft in (make_draft(in_practice, due_in=-1), make_draft(in_practice)):
        if draft.due_on > timezone.localdate():
            draft.rewrite(due_on=draft.due_on, note="", lines=[])
        with pytest.raises(NotReady):
            draft.issue(by=in_practice.owner)
    assert make_issued(in_practice, due_in=0).number == 1


# Which verb works in which state: (state, verb) → the state after it.
VERBS = {
    ("draft", "issue"): "issued",
    ("draft", "discard"): "gone",
    ("draft", "rewrite"): "draft",
    ("issued", "rewrite"): "issued",
    ("issued", "mark_paid"): "paid",
    ("issued", "void"): "void",
    ("paid", "take_back_payment"): "issued",
}


def act(invoice: Invoice, verb: str, practice: Practice) -> bool:
    arguments: dict[str, dict[str, Any]] = {
        "issue": {"by": practice.therapist},
        "rewrite": {"due_on": invoice.due_on + timedelta(days=1), "note": "New", "lines": [make_line("New", "5")]},
        "mark_paid": {"on": timezone.localdate(), "by": practice.therapist},
        "void": {"by": practice.therapist},
    }
    return bool(getattr(invoice, verb)(**arguments.get(verb, {})))


def in_state(practice: Practice, state: str) -> Invoice:
    invoice = make_draft(practice) if state == "draft" else make_issued(practice)
    if state in ("paid", "void"):
        assert act(invoice, {"paid": "mark_paid", "void": "void"}[state], practice)
    return invoice


@pytest.mark.parametrize("state", ["draft", "issued", "paid", "void"])
@pytest.mark.parametrize("verb", ["issue", "discard", "rewrite", "mark_paid", "take_back_payment", "void"])
def test_a_verb_works_in_its_own_states_alone(in_practice: Practice, state: str, verb: str) -> None:
    invoice = in_state(in_practice, state)
    before = (invoice.due_on, invoice.note, invoice.total)
    after = VERBS.get((state, verb))
    assert act(invoice, verb, in_practice) is (after is not None)
    kept = Invoice.objects.filter(pk=invoice.pk).first()
    assert (kept.status if kept else "gone") == (after or state)
    if kept and verb != "rewrite":
        assert (kept.due_on, kept.note, kept.total) == before
    if kept and verb == "rewrite":
        assert ([line.description for line in kept.lines.all()] == ["New"]) is (after is not None)
        assert (kept.total == 5) is (after is not None)


def test_only_one_of_two_who_read_the_same_wins(in_practice: Practice) -> None:
    invoice = make_issued(in_practice)
    same = Invoice.objects.get(pk=invoice.pk)
    assert invoice.mark_paid(on=timezone.localdate(), by=in_practice.owner)
    assert not same.void(by=in_practice.therapist)
    assert same.is_paid, "the loser sees what became of it"


def test_overdue_is_unpaid_and_due_before_today(in_practice: Practice) -> None:
    late, today = make_overdue(in_practice, days=1), make_issued(in_practice, due_in=0)
    paid = make_overdue(in_practice)
    paid.mark_paid(on=timezone.localdate(), by=in_practice.owner)
    with timezone.override(in_practice.organization.zone):
        assert [invoice.is_overdue for invoice in (late, today, paid)] == [True, False, False]
        assert list(Invoice.objects.overdue(timezone.localdate())) == [late]


def test_unpaid_ones_come_first_and_of_them_the_first_due(in_practice: Practice) -> None:
    paid = make_issued(in_practice)
    paid.mark_paid(on=timezone.localdate(), by=in_practice.owner)
    later, sooner = make_issued(in_practice, due_in=20), make_issued(in_practice, due_in=3)
    void = make_issued(in_practice)
    void.void(by=in_practice.owner)
    assert list(Invoice.objects.unpaid_first()) == [sooner, later, void, paid]


def test_who_sees_which_S3(in_practice: Practice) -> None:
    draft, issued = make_draft(in_practice), make_issued(in_practice)
    theirs = make_client(in_practice.organization, "Noah")
    another = make_issued(in_practice, client=theirs)
    colleague = make_login(in_practice.organization, "Cleo Colleague", Role.STAFF)
    parent = make_login(in_practice.organization, "Pat Parent")
    link(parent, theirs)
    seen = {
        login.name: set(Invoice.objects.visible_to(login))
        for login in (in_practice.owner, in_practice.therapist, colleague, in_practice.mom, parent)
    }
    assert seen == {
        "Olive Owner": {draft, issued, another},
        "Theo Therapist": {draft, issued},
        "Cleo Colleague": set(),
        "Maria Rivera": {issued},
        "Pat Parent": {another},
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "sent"},
        {"number": 7},
        {"status": "issued"},
        {"status": "issued", "number": 0, "issued_on": TODAY, "issued_at": NOW},
        {"paid_on": TODAY},
        {"voided_at": NOW},
        {"total": Decimal(-1)},
    ],
    ids=str,
)
def test_the_database_keeps_a_draft_a_draft(in_practice: Practice, wrong: dict[str, object]) -> None:
    draft = make_draft(in_practice)
    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.filter(pk=draft.pk).update(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "draft"},
        {"number": None},
        {"number": 1},
        {"status": "paid"},
        {"status": "void"},
        {"due_on": date(2020, 1, 1)},
    ],
    ids=str,
)
def test_the_database_keeps_an_issued_one_numbered_once(in_practice: Practice, wrong: dict[str, object]) -> None:
    make_issued(in_practice)
    second = make_issued(in_practice)
    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.filter(pk=second.pk).update(**wrong)


@pytest.mark.parametrize("wrong", [{"quantity": 0}, {"unit_price": -1}, {"tax_rate": -1}, {"tax_rate": 101}], ids=str)
def test_the_database_keeps_the_amounts_of_a_line_sane(in_practice: Practice, wrong: dict[str, int]) -> None:
    draft = make_draft(in_practice)
    with pytest.raises(IntegrityError), transaction.atomic():
        InvoiceLine.objects.filter(invoice=draft).update(**wrong)


def test_nothing_is_drafted_for_a_client_of_another_practice_S1(practice: Practice, other_practice: Practice) -> None:
    with within(practice.organization), pytest.raises(OutOfScope):
        make_draft(practice, client=other_practice.child)
