"""What people are told of invoices: families once, when one is issued (N2); staff, when one is paid (P5)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.db.models import CharField, TextField
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.features import Channel, Feature
from accounts.models import FeatureToggle, Login, Role
from accounts.tenancy import everywhere, within
from billing.models import Invoice, InvoiceLine, NotReady
from notifications.delivery import deliver_batch
from notifications.models import Notification, OutboxMessage
from tests.billing.invoicing import make_draft, make_issued, make_line
from tests.conftest import Practice, choose, link, make_client, make_login, make_practice

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW) as traveller:
        yield traveller


def let_go_out() -> None:
    while deliver_batch():
        pass


def received(login: Login, channel: Channel = Channel.EMAIL) -> list[OutboxMessage]:
    """What this login received, the latest last."""
    with within(login.organization_id):
        return list(OutboxMessage.objects.filter(notification__login=login, channel=channel).order_by("pk"))


def told() -> set[tuple[str, str]]:
    """Who was sent something, by which channel."""
    let_go_out()
    with everywhere("the test looks at all that left"):
        return set(OutboxMessage.objects.values_list("notification__login__name", "channel"))


def why_not(login: Login, channel: Channel = Channel.EMAIL) -> str:
    """In words, why the one notice to this login did not leave."""
    let_go_out()
    with within(login.organization_id):
        return Notification.objects.get(login=login, channel=channel).words


FAMILY = {("Maria Rivera", "email"), ("Daniel Rivera", "email")}


# --- N2: told once, when it is issued


def test_both_parents_are_told_when_it_is_issued_N2(practice: Practice) -> None:
    choose(practice.mom, Channel.TEXT, feature=Feature.INVOICES)
    make_issued(practice)
    assert told() == FAMILY | {("Maria Rivera", "text")}


def test_nobody_is_told_of_a_draft_N2(in_practice: Practice) -> None:
    draft = make_draft(in_practice)
    draft.rewrite(due_on=draft.due_on, note="Changed", lines=[make_line("Another", "9")])
    draft.discard()
    assert told() == set()
    assert Notification.objects.count() == 0


def test_nobody_is_told_again_however_often_it_is_edited_or_issued_N2(in_practice: Practice) -> None:
    invoice = make_issued(in_practice)
    let_go_out()
    for day in range(1, 4):
        assert invoice.rewrite(due_on=invoice.due_on + timedelta(days=day), note="Later", lines=[make_line()])
    invoice.save()
    assert not invoice.issue(by=in_practice.owner)
    assert told() == FAMILY
    assert [len(received(login)) for login in (in_practice.mom, in_practice.dad)] == [1, 1]


def test_who_joins_the_family_later_is_not_told_by_an_edit_N2(in_practice: Practice) -> None:
    invoice = make_issued(in_practice)
    let_go_out()
    link(make_login(in_practice.organization, "Grandma Rivera"), in_practice.child)
    invoice.rewrite(due_on=invoice.due_on, note="New", lines=[make_line()])
    assert told() == FAMILY


def test_marking_paid_unpaid_and_voiding_tell_families_nothing(in_practice: Practice) -> None:
    invoice = make_issued(in_practice)
    let_go_out()
    invoice.mark_paid(on=timezone.localdate(), by=in_practice.owner)
    invoice.take_back_payment()
    invoice.void(by=in_practice.owner)
    let_go_out()
    assert [len(received(login)) for login in (in_practice.mom, in_practice.dad)] == [1, 1]


def test_only_active_logins_of_this_client_are_told_S3(in_practice: Practice) -> None:
    sibling = make_client(in_practice.organization, "Noah")
    link(make_login(in_practice.organization, "Other Parent"), sibling)
    in_practice.dad.deactivate()
    make_issued(in_practice)
    assert told() == {("Maria Rivera", "email")}


def test_nobody_of_another_practice_hears_of_it_S1(practice: Practice, other_practice: Practice) -> None:
    make_issued(practice)
    let_go_out()
    assert received(other_practice.mom) == received(other_practice.owner) == []


def test_if_issuing_fails_nobody_is_told(in_practice: Practice) -> None:
    draft = make_draft(in_practice, due_in=-3)
    with pytest.raises(NotReady):
        draft.issue(by=in_practice.owner)
    assert told() == set()


# --- N5: what changed before it left


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("void", "Not emailed: the invoice was voided before this could be sent"),
        ("paid", "Not emailed: the invoice was paid before this could be sent"),
        ("discharged", "Not emailed: the client is discharged"),
        ("unlinked", "Not emailed: this login is no longer linked to the client"),
        ("deactivated", "Not emailed: this login is deactivated"),
        ("feature off", "Not emailed: this feature is turned off for the practice"),
        ("preference off", "Not emailed: this login has it turned off"),
        ("gone", "Not emailed: what it was about is no longer there"),
        ("a week", "Not emailed: it was too late by the time it could be sent"),
    ],
)
def test_what_changes_before_it_leaves_stops_it_and_the_record_says_why_N5(
    in_practice: Practice, clock: time_machine.Traveller, change: str, words: str
) -> None:
    invoice = make_issued(in_practice)
    acts: dict[str, Callable[[], object]] = {
        "void": lambda: invoice.void(by=in_practice.owner),
        "paid": lambda: invoice.mark_paid(on=timezone.localdate(), by=in_practice.owner),
        "discharged": in_practice.child.discharge,
        "unlinked": lambda: in_practice.mom.unlink(in_practice.child),
        "deactivated": in_practice.mom.deactivate,
        "feature off": lambda: FeatureToggle.objects.turn(Feature.INVOICES, on=False),
        "preference off": lambda: choose(in_practice.mom, Channel.EMAIL, on=False, feature=Feature.INVOICES),
        "gone": lambda: Invoice.objects.all().delete(),
        "a week": lambda: clock.shift(timedelta(days=7, minutes=1)),
    }
    acts[change]()
    assert why_not(in_practice.mom) == words
    assert received(in_practice.mom) == []


# --- P5: staff are told of payments, but not of their own act


def test_staff_concerned_are_told_that_it_was_paid_but_not_who_noted_it_P5(in_practice: Practice) -> None:
    colleague = make_login(in_practice.organization, "Cleo Colleague", Role.STAFF)
    biller = make_login(in_practice.organization, "Bill Biller", Role.STAFF)
    left = make_login(in_practice.organization, "Lee Left", Role.STAFF, active_since=None)
    link(left, in_practice.child)
    invoice = make_draft(in_practice, by=biller)
    invoice.issue(by=in_practice.owner)
    let_go_out()
    assert invoice.mark_paid(on=timezone.localdate(), by=in_practice.owner)
    assert not invoice.mark_paid(on=timezone.localdate(), by=colleague)
    assert told() - FAMILY == {("Bill Biller", "email"), ("Theo Therapist", "email")}


def test_whoever_drafts_issues_and_notes_the_payment_alone_hears_nothing_of_it_P5(in_practice: Practice) -> None:
    in_practice.therapist.unlink(in_practice.child)
    make_issued(in_practice).mark_paid(on=timezone.localdate(), by=in_practice.owner)
    let_go_out()
    assert Notification.objects.filter(kind="invoice.paid").count() == 0


def test_a_payment_that_was_a_mistake_is_not_told_N5(in_practice: Practice) -> None:
    invoice = make_issued(in_practice)
    invoice.mark_paid(on=timezone.localdate(), by=in_practice.owner)
    invoice.take_back_payment()
    let_go_out()
    row = Notification.objects.get(login=in_practice.therapist, channel=Channel.EMAIL)
    assert row.words == "Not emailed: the invoice is no longer marked as paid"


def test_the_payment_after_a_mistake_is_told_P5(in_practice: Practice, clock: time_machine.Traveller) -> None:
    """Marked as paid by mistake, taken back, and paid in the end: the first is no news, the second is, once."""
    invoice = make_issued(in_practice)
    invoice.mark_paid(on=timezone.localdate(), by=in_practice.owner)
    invoice.take_back_payment()
    let_go_out()
    clock.shift(timedelta(days=3))
    invoice.mark_paid(on=timezone.localdate(), by=in_practice.owner)
    let_go_out()
    assert len(received(in_practice.therapist)) == 1


def test_a_payment_that_was_noted_twice_before_it_was_told_is_told_once_P5(
    in_practice: Practice, clock: time_machine.Traveller
) -> None:
    invoice = make_issued(in_practice)
    invoice.mark_paid(on=timezone.localdate(), by=in_practice.owner)
    invoice.take_back_payment()
    clock.shift(timedelta(seconds=20))
    invoice.mark_paid(on=timezone.localdate(), by=in_practice.owner)
    let_go_out()
    assert len(received(in_practice.therapist)) == 1


# --- the very words, and what is not among them


def test_the_email_says_who_what_and_when_and_leads_to_the_invoice(in_practice: Practice) -> None:
    invoice = make_issued(in_practice)
    let_go_out()
    (email,) = received(in_practice.mom)
    assert email.subject == "New invoice from Harbor Kids Therapy"
    link_to_it = f"/at/harbor-kids-therapy/my/invoices/{invoice.pk}/"
    for words in (email.body, email.html):
        assert "issued an invoice for Mia on November 24, 2026" in words
        assert link_to_it in words
        assert "emails about invoices are turned on for you" in words


def test_the_text_is_one_segment_without_a_link_T4_T5(in_practice: Practice) -> None:
    choose(in_practice.mom, Channel.TEXT, feature=Feature.INVOICES)
    make_issued(in_practice)
    let_go_out()
    (text,) = received(in_practice.mom, Channel.TEXT)
    assert text.body == (
        "Harbor Kids Therapy: there is a new invoice for Mia of Nov 24. Sign in to see it. "
        "Reply STOP to stop, UNSTOP to resume."
    )
    assert len(text.body) <= 160


def test_staff_read_whose_invoice_was_paid_and_get_there(in_practice: Practice) -> None:
    choose(in_practice.therapist, Channel.TEXT, feature=Feature.INVOICES)
    with within(in_practice.organization):
        in_practice.therapist.phone = "2065550150"
        in_practice.therapist.save()
    invoice = make_issued(in_practice)
    invoice.mark_paid(on=timezone.localdate(), by=in_practice.owner)
    let_go_out()
    (email,) = received(in_practice.therapist)
    assert email.subject == "An invoice was paid at Harbor Kids Therapy"
    assert "The invoice for Mia of November 24, 2026 is marked as paid." in email.body
    assert f"/at/harbor-kids-therapy/invoices/{invoice.pk}/" in email.body
    (text,) = received(in_practice.therapist, Channel.TEXT)
    assert text.body.startswith("Harbor Kids Therapy: the invoice for Mia of Nov 24 was paid.")


CANARY = "canary"


def test_nothing_of_an_invoices_content_is_in_any_notice_N4() -> None:
    """Every text field of an invoice and its lines holds a canary, every amount is one that is found nowhere else."""
    practice = make_practice(phone="206-555-0100")
    for login in (practice.mom, practice.therapist):
        choose(login, Channel.TEXT, feature=Feature.INVOICES)
    with within(practice.organization):
        practice.therapist.phone = "2065550150"
        practice.therapist.save()
    texts = {"note": f"{CANARY} note"}
    line = make_line(f"{CANARY} session", "7531.86", quantity="3", tax_rate="8.642")
    with within(practice.organization):
        invoice = make_draft(practice, line, note=texts["note"])
        Invoice.objects.filter(pk=invoice.pk).update(total=Decimal("7777.77"))
        invoice.issue(by=practice.owner)
        let_go_out()
        invoice.mark_paid(on=timezone.localdate(), by=practice.owner)
        let_go_out()
        messages = list(OutboxMessage.objects.all())
    assert {message.channel for message in messages} == {"email", "text"}
    assert len(messages) == 5
    written = [field.name for field in Invoice._meta.get_fields() if isinstance(field, (CharField, TextField))]
    assert set(written) == {"status", "currency", "note"}, "a new text field needs a canary too"
    written = [field.name for field in InvoiceLine._meta.get_fields() if isinstance(field, (CharField, TextField))]
    assert written == ["description"]
    for message in messages:
        everything = " ".join((message.subject, message.body, message.html)).lower()
        for secret in (CANARY, "7531", "7,531", "7777", "7,777", "8.642", "22595", "22,595", "rivera's", "$", "usd"):
            assert secret not in everything, (secret, message.channel)
        assert "rivera" not in everything.replace("hello maria rivera", "").replace("hello daniel rivera", "")


def test_a_batch_takes_the_same_number_of_queries_however_many_are_in_it() -> None:
    practice = make_practice()

    def cost(invoices: int) -> int:
        for _ in range(invoices):
            make_issued(practice)
        with CaptureQueriesContext(connection) as captured:
            assert deliver_batch() == 4 * invoices  # two parents, two channels
        # The outbox is the stand-in for a provider's network: what it does per message is not ours to count.
        return len(
            [each for each in captured if "outbox" not in each["sql"].lower() and "SAVEPOINT" not in each["sql"]]
        )

    cost(1)
    assert cost(1) == cost(9)  # eighteen emails: from twenty on, answers are recorded in more than one go
