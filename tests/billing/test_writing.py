"""Staff write an invoice: what is typed is kept, what is wrong is said beside it, and no JavaScript is needed."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client as Browser
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from accounts.tenancy import within
from billing.fields import AmountField
from billing.models import Invoice
from billing.money import money, percent, plain
from notifications.models import Notification
from tests.billing.invoicing import make_draft, make_issued, make_line
from tests.conftest import Practice, make_client, make_practice
from tests.pages import signed_in


@pytest.fixture
def owner(practice: Practice) -> Browser:
    return signed_in(practice.owner)


def typed(*lines: tuple[str, str, str, str], **fields: str) -> dict[str, str]:
    """What a browser posts: lines of description, quantity, price and tax."""
    data = {"count": str(len(lines)), "due_on": "2999-01-31", "note": "", "action": "save"}
    for position, values in enumerate(lines):
        names = ("description", "quantity", "unit_price", "tax_rate")
        data |= {f"line-{position}-{name}": value for name, value in zip(names, values, strict=True)}
    return data | fields


SESSION = ("Family session", "1.5", "120", "0")
REPORT = ("Report", "1", "80.00", "14.975")


def new_url(practice: Practice) -> str:
    return f"/invoices/new/?client={practice.child.pk}"


def the_invoice(practice: Practice) -> Invoice:
    """The only one, with its lines."""
    with within(practice.organization):
        return Invoice.objects.prefetch_related("lines").get()


def lines_of(invoice: Invoice) -> list[tuple[Any, ...]]:
    return [(line.description, line.quantity, line.unit_price, line.tax_rate) for line in invoice.lines.all()]


# --- writing


def test_first_the_client_is_picked_then_the_invoice_written(practice: Practice, owner: Browser) -> None:
    for number in range(30):
        make_client(practice.organization, f"Child {number}")
    asked = owner.get("/invoices/new/?q=riv").content.decode()
    assert f"?client={practice.child.pk}" in asked
    assert "Child" not in asked
    shown = owner.get(new_url(practice)).content.decode()
    assert "New invoice for Mia Rivera" in shown
    in_thirty_days = timezone.localdate(timezone=practice.organization.zone) + timedelta(days=30)
    assert f'value="{in_thirty_days.isoformat()}"' in shown


def test_saving_makes_a_draft_and_says_that_nobody_is_told_N2(practice: Practice, owner: Browser) -> None:
    response = owner.post(new_url(practice), typed(SESSION, REPORT, note=" By card. "), follow=True)
    assert "Nobody is told before you issue it." in response.content.decode()
    invoice = the_invoice(practice)
    assert (invoice.status, invoice.due_on, invoice.note) == ("draft", date(2999, 1, 31), "By card.")
    assert invoice.total == Decimal("271.98")
    assert lines_of(invoice) == [
        ("Family session", Decimal("1.5"), Decimal(120), 0),
        ("Report", 1, Decimal(80), Decimal("14.975")),
    ]
    with within(practice.organization):
        assert not Notification.objects.exists()


def test_a_line_that_is_left_empty_is_no_line(practice: Practice, owner: Browser) -> None:
    blank = ("", "1", "", "0"), (" ", "", "", "")
    shown = owner.post(new_url(practice), typed(SESSION, *blank, due_on="")).content.decode()
    assert shown.count("This field is required.") == 1, "the due date's"
    owner.post(new_url(practice), typed(SESSION, *blank))
    assert len(lines_of(the_invoice(practice))) == 1


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (("", "1", "120", "0"), "This field is required."),
        (("Session", "", "120", "0"), "This field is required."),
        (("Session", "1", "", "0"), "This field is required."),
        (("Session", "none", "120", "0"), "Enter a number."),
        (("Session", "0", "120", "0"), "Ensure this value is greater than or equal to 0.01."),
        (("Session", "1", "-5", "0"), "Ensure this value is greater than or equal to 0."),
        (("Session", "1", "1.999", "0"), "Ensure that there are no more than 2 decimal places."),
        (("Session", "1", "120", "101"), "Ensure this value is less than or equal to 100."),
        (("Session", "1", "99999999", "0"), "Ensure that there are no more than 7 digits before the decimal point."),
        (("Session", "1", "NaN", "0"), "Enter a number."),
        (("x" * 201, "1", "120", "0"), "Ensure this value has at most 200 characters (it has 201)."),
    ],
)
def test_what_is_wrong_with_a_line_is_said_beside_it_and_what_was_typed_is_kept_W2(
    practice: Practice, owner: Browser, line: tuple[str, str, str, str], problem: str
) -> None:
    shown = owner.post(new_url(practice), typed(SESSION, line, note="Keep me")).content.decode()
    assert problem in shown
    for kept in (*SESSION[:3], "Keep me", *(value for value in line if value)):
        assert kept in shown
    with within(practice.organization):
        assert not Invoice.objects.exists()


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"due_on": ""}, "This field is required."),
        ({"due_on": "2020-01-01"}, "It cannot be due before it is issued."),
        ({"due_on": "tomorrow"}, "Enter a valid date."),
        ({"note": "x" * 1001}, "Ensure this value has at most 1000 characters"),
        ({"count": "0"}, "Add at least one line"),
        ({"count": "many"}, "Add at least one line"),
        ({"count": ""}, "Add at least one line"),
    ],
)
def test_what_is_wrong_with_the_rest_is_said_too_W2(
    practice: Practice, owner: Browser, fields: dict[str, str], problem: str
) -> None:
    shown = owner.post(new_url(practice), typed(SESSION, **fields)).content.decode()
    assert problem in shown
    with within(practice.organization):
        assert not Invoice.objects.exists()


# --- without JavaScript: every button posts all of it


def test_add_a_line_keeps_what_was_typed_even_what_is_wrong_W3(practice: Practice, owner: Browser) -> None:
    wrong = ("", "three", "120,", "20")
    shown = owner.post(new_url(practice), typed(SESSION, wrong, action="add", note="Kept", due_on="soon"))
    text = shown.content.decode()
    assert 'name="count" value="3"' in text
    for kept in ("Family session", 'value="three"', 'value="120,"', ">\nKept", 'value="soon"'):
        assert kept in text, kept
    assert "errorlist" not in text, "nothing is wrong before it is saved"
    new = shown.context["writing"].lines[-1].initial
    assert (new["quantity"], new["tax_rate"]) == ("1", "20"), "the tax of the line before it"


def test_a_line_is_removed_W3(practice: Practice, owner: Browser) -> None:
    data = typed(SESSION, REPORT, ("Third", "1", "5", "0"), remove="1")
    text = owner.post(new_url(practice), data).content.decode()
    assert 'name="count" value="2"' in text
    assert "Report" not in text
    assert "Family session" in text
    assert 'value="Third"' in text


def test_the_total_is_worked_out_before_anything_is_saved_W3(practice: Practice, owner: Browser) -> None:
    unreadable = ("Later", "1", "a lot", "0")
    without_words = ("", "2", "10", "0")
    text = owner.post(new_url(practice), typed(SESSION, REPORT, unreadable, without_words, action="total")).content
    assert "$291.98" in text.decode()
    with within(practice.organization):
        assert not Invoice.objects.exists()


def test_there_are_at_most_fifty_lines(practice: Practice, owner: Browser) -> None:
    text = owner.post(new_url(practice), typed(*[SESSION] * 50, action="add")).content.decode()
    assert 'name="count" value="50"' in text
    assert "Add a line" not in text
    owner.post(new_url(practice), typed(*[SESSION] * 50, count="9" * 30))
    with within(practice.organization):
        assert not Invoice.objects.exists()
    owner.post(new_url(practice), typed(*[SESSION] * 60))
    assert len(lines_of(the_invoice(practice))) == 50


@pytest.mark.parametrize("client", ["abc", "-1", "9" * 40, "0"])
def test_a_client_that_is_none_is_not_found(practice: Practice, owner: Browser, client: str) -> None:
    assert owner.get(f"/invoices/new/?client={client}").status_code == 404


# --- editing


def test_an_issued_invoice_is_edited_without_telling_anybody_N2(practice: Practice, owner: Browser) -> None:
    invoice = make_issued(practice)
    with within(practice.organization):
        before = Notification.objects.count()
    shown = owner.get(f"/invoices/{invoice.pk}/edit/").content.decode()
    assert "nobody is told of it" in shown
    assert 'value="120.00"' in shown
    assert 'value="Family session"' in shown
    done = owner.post(f"/invoices/{invoice.pk}/edit/", typed(REPORT), follow=True).content.decode()
    assert "Nobody is told of the change." in done
    assert the_invoice(practice).total == Decimal("91.98")
    assert the_invoice(practice).label == "0001"
    with within(practice.organization):
        assert Notification.objects.count() == before


def test_an_issued_one_may_stay_overdue_but_not_be_due_before_it_was_issued(practice: Practice, owner: Browser) -> None:
    invoice = make_issued(practice, at=timezone.now() - timedelta(days=20), due_in=-5)
    assert invoice.issued_on
    data = typed(SESSION, due_on=(invoice.due_on - timedelta(days=1)).isoformat())
    assert owner.post(f"/invoices/{invoice.pk}/edit/", data).status_code == 302
    data = typed(SESSION, due_on=(invoice.issued_on - timedelta(days=1)).isoformat())
    assert "before it is issued" in owner.post(f"/invoices/{invoice.pk}/edit/", data).content.decode()


def test_an_edit_that_comes_after_the_payment_changes_nothing(practice: Practice, owner: Browser) -> None:
    invoice = make_issued(practice)
    with within(practice.organization):
        invoice.mark_paid(on=timezone.localdate(), by=practice.owner)
    shown = owner.post(f"/invoices/{invoice.pk}/edit/", typed(REPORT), follow=True).content.decode()
    assert "It is paid or void, and stays as it is." in shown
    assert the_invoice(practice).total == 120


def as_read(browser: Browser, invoice: Invoice) -> str:
    """What the page says the form is filled in upon."""
    found = re.search(r'name="seen" value="([^"]+)"', browser.get(f"/invoices/{invoice.pk}/edit/").content.decode())
    assert found
    return found[1]


def test_of_two_who_edit_the_same_the_second_is_asked_and_undoes_nothing(practice: Practice, owner: Browser) -> None:
    invoice = make_draft(practice)
    therapist = signed_in(practice.therapist)
    hers, his = as_read(owner, invoice), as_read(therapist, invoice)
    address = f"/invoices/{invoice.pk}/edit/"
    assert owner.post(address, typed(SESSION, REPORT, seen=hers)).status_code == 302
    page = therapist.post(address, typed(("Only mine", "1", "5", "0"), seen=his)).content.decode()
    assert "changed meanwhile" in page
    assert 'value="Only mine"' in page  # what was typed stays
    assert [line[0] for line in lines_of(the_invoice(practice))] == ["Family session", "Report"]
    # Whoever saves once more has read that.
    again = re.search(r'name="seen" value="([^"]+)"', page)
    assert again
    assert therapist.post(address, typed(("Only mine", "1", "5", "0"), seen=again[1])).status_code == 302
    assert [line[0] for line in lines_of(the_invoice(practice))] == ["Only mine"]


def test_a_draft_that_was_issued_meanwhile_is_not_edited_unseen_N2(practice: Practice, owner: Browser) -> None:
    """Whoever has the draft open believes that no family sees what they save."""
    invoice = make_draft(practice)
    seen = as_read(owner, invoice)
    with within(practice.organization):
        invoice.issue(by=practice.owner)
    page = owner.post(f"/invoices/{invoice.pk}/edit/", typed(REPORT, seen=seen)).content.decode()
    assert "changed meanwhile" in page
    assert "What you change here the family sees at once" in page
    assert the_invoice(practice).total == 120


def test_a_double_click_on_save_saves_once_and_asks_nothing(practice: Practice, owner: Browser) -> None:
    invoice = make_draft(practice)
    data = typed(SESSION, REPORT, seen=as_read(owner, invoice))
    for _click in range(2):
        assert owner.post(f"/invoices/{invoice.pk}/edit/", data).status_code == 302


def test_adding_a_line_does_not_forget_upon_what_the_form_was_filled_in(practice: Practice, owner: Browser) -> None:
    invoice = make_draft(practice)
    seen = as_read(owner, invoice)
    with within(practice.organization):
        invoice.issue(by=practice.owner)
    page = owner.post(f"/invoices/{invoice.pk}/edit/", typed(SESSION, action="add", seen=seen)).content.decode()
    assert f'name="seen" value="{seen}"' in page


def test_amounts_are_shown_for_editing_as_they_are_written_in_french(practice: Practice) -> None:
    with within(practice.organization):
        practice.owner.language = "fr"
        practice.owner.save()
    invoice = make_draft(practice, make_line(price="1250.50", quantity="1.25"))
    browser = signed_in(practice.owner)
    shown = browser.get(f"/invoices/{invoice.pk}/edit/").content.decode()
    assert 'value="1250,50"' in shown
    assert 'value="1,25"' in shown
    assert (
        browser.post(f"/invoices/{invoice.pk}/edit/", typed(("Séance", "1,25", "1 250,50", "9,975"))).status_code == 302
    )
    assert lines_of(the_invoice(practice)) == [("Séance", Decimal("1.25"), Decimal("1250.50"), Decimal("9.975"))]


def test_a_currency_without_cents_takes_none(db: None) -> None:
    tokyo = make_practice("Sakura Clinic", country="JP", region="", time_zone="Asia/Tokyo")
    browser = signed_in(tokyo.owner)
    assert (
        "no more than 0 decimal places"
        in browser.post(new_url(tokyo), typed(("A", "1", "1000.5", "0"))).content.decode()
    )
    browser.post(new_url(tokyo), typed(("A", "1.5", "1,001", "10")))
    assert the_invoice(tokyo).total == 1652  # 1501.5 is 1502, its tax 150.2 is 150


# --- amounts as typed and as shown


@pytest.mark.parametrize(
    ("written", "price", "rate"),
    [
        ("120", "120", "120"),
        ("120.5", "120.5", "120.5"),
        ("120,5", "120.5", "120.5"),
        ("$1,234.50", "1234.50", "1234.50"),
        ("1.234,50 €", "1234.50", "1234.50"),
        ("1 234,50 $", "1234.50", "1234.50"),
        ("1 234,50", "1234.50", "1234.50"),
        ("1,234", "1234", "1.234"),  # thousands of a price; thousandths of a rate
        ("1,234,567.5", "1234567.5", "1234567.5"),
        ("9,975", "9975", "9.975"),
        ("20 %", "20", "20"),
        ("1'000.00", "1000.00", "1000.00"),
    ],
)
def test_an_amount_is_understood_as_people_type_it(written: str, price: str, rate: str) -> None:
    assert AmountField(thousands=True).clean(written) == Decimal(price)
    assert AmountField().clean(written) == Decimal(rate)


@pytest.mark.parametrize("written", ["abc", "1-2", "--", "1.2.3,4,5", "Infinity", "∞", "1e5x"])
def test_what_is_no_amount_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        AmountField(thousands=True).clean(written)


@given(st.decimals("0", "9999999.99", places=2), st.sampled_from(["USD", "EUR", "GBP"]), st.sampled_from(["en", "fr"]))
def test_an_amount_that_is_shown_can_be_typed_again(amount: Decimal, currency: str, language: str) -> None:
    with translation.override(language):
        assert AmountField(thousands=True).clean(money(amount, currency)) == amount


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("1234.5", "USD", "$1,234.50"),
        ("1234.500", "CAD", "$1,234.50"),
        ("0", "GBP", "£0.00"),
        ("80", "CHF", "CHF 80.00"),
        ("1500.000", "JPY", "¥1,500"),
        ("1.5", "KWD", "KWD 1.500"),
    ],
)
def test_an_amount_is_written_with_its_sign_and_its_digits(amount: str, currency: str, shown: str) -> None:
    assert money(Decimal(amount), currency) == shown


def test_quantities_and_rates_have_no_needless_zeros() -> None:
    assert [plain(Decimal(each)) for each in ("1.00", "1.50", "20", "100")] == ["1", "1.5", "20", "100"]
    assert percent(Decimal("14.975")) == "14.975%"


def test_a_double_click_on_save_drafts_one_invoice_W2(owner: Browser, practice: Practice) -> None:
    address = f"/invoices/new/?client={practice.child.pk}"
    found = re.search(r'name="form_id" value="([^"]+)"', owner.get(address).content.decode())
    assert found
    form = typed(("Session", "1", "120", "0")) | {"form_id": found[1]}
    first, second = (owner.post(address, form)["Location"] for _click in range(2))
    assert first == second
    with within(practice.organization):
        assert Invoice.objects.count() == 1
    assert owner.post(address, typed(("Session", "1", "120", "0")))["Location"] != first


def test_what_a_colleague_changed_meanwhile_is_not_issued_unseen_N2(owner: Browser, practice: Practice) -> None:
    with within(practice.organization):
        draft = make_draft(practice)
    address = f"/invoices/{draft.pk}/issue/"
    found = re.search(r'name="seen" value="([^"]+)"', owner.get(address).content.decode())
    assert found
    with within(practice.organization):
        assert draft.rewrite(due_on=draft.due_on, note="One more hour.", lines=[make_line()])
    page = owner.post(address, {"seen": found[1]}).content.decode()
    assert "changed meanwhile" in page
    with within(practice.organization):
        assert Invoice.objects.drafts().count() == 1
    found = re.search(r'name="seen" value="([^"]+)"', page)
    assert found
    assert owner.post(address, {"seen": found[1]}).status_code == 302
    with within(practice.organization):
        assert Invoice.objects.drafts().count() == 0
