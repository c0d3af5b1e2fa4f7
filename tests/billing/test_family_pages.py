"""Families read their invoices: unpaid first, never a draft, void ones as void (S3, W)."""

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.tenancy import within
from billing.models import Invoice
from tests.billing.invoicing import make_draft, make_issued, make_line, make_overdue
from tests.conftest import Practice, link, make_client, make_login
from tests.pages import same_queries, signed_in


@pytest.fixture
def mom(practice: Practice) -> Browser:
    return signed_in(practice.mom)


def page(browser: Browser, url: str) -> str:
    response = browser.get(url)
    assert response.status_code == 200, (url, response.status_code)
    return response.content.decode()


def pay(practice: Practice, invoice: Invoice) -> Invoice:
    with within(practice.organization):
        assert invoice.mark_paid(on=timezone.localdate(), by=practice.owner)
    return invoice


def void(practice: Practice, invoice: Invoice) -> Invoice:
    with within(practice.organization):
        assert invoice.void(by=practice.owner)
    return invoice


def test_unpaid_ones_come_first_and_the_first_due_of_them(practice: Practice, mom: Browser) -> None:
    pay(practice, make_issued(practice))
    make_issued(practice, due_in=20)
    make_overdue(practice, make_line(price="77"))
    void(practice, make_issued(practice))
    response = mom.get("/my/invoices/")
    assert [invoice.label for invoice in response.context["listing"].rows] == ["0003", "0002", "0004", "0001"]
    shown = response.content.decode()
    for words in ("Outstanding", "$197.00", "Overdue", "$77.00", "Void", "Paid"):
        assert words in shown, words


def test_a_draft_is_nowhere_S3(practice: Practice, mom: Browser) -> None:
    draft = make_draft(practice, make_line("Secret draft", "4321"))
    for url in ("/my/invoices/", "/"):
        assert "4,321" not in page(mom, url)
    for act in ("", "print/", "pdf"):
        assert mom.get(f"/my/invoices/{draft.pk}/{act}").status_code == 404


def test_no_one_elses_invoice_is_found_S3(practice: Practice, other_practice: Practice, mom: Browser) -> None:
    sibling = make_client(practice.organization, "Noah")
    link(make_login(practice.organization, "Other Parent"), sibling)
    for strange in (make_issued(practice, client=sibling), make_issued(other_practice)):
        for act in ("", "print/", "pdf"):
            assert mom.get(f"/my/invoices/{strange.pk}/{act}").status_code == 404
    assert "No invoices" in page(mom, "/my/invoices/")


def test_a_parent_of_two_sees_whose_each_is(practice: Practice, mom: Browser) -> None:
    sibling = make_client(practice.organization, "Noah", last_name="Rivera")
    link(practice.mom, sibling)
    make_issued(practice), make_issued(practice, client=sibling)
    shown = page(mom, "/my/invoices/")
    assert "Mia Rivera" in shown
    assert "Noah Rivera" in shown
    assert "Mia Rivera" not in page(mom, "/my/invoices/?q=noah").split('id="list"')[1]


def test_an_invoice_is_read_printed_and_kept(practice: Practice, mom: Browser) -> None:
    invoice = make_issued(practice, note="By card.")
    for url in (f"/my/invoices/{invoice.pk}/", f"/my/invoices/{invoice.pk}/print/"):
        shown = page(mom, url)
        for words in ("Invoice 0001", "Harbor Kids Therapy", "Family session", "$120.00", "By card."):
            assert words in shown, (url, words)
    pdf = mom.get(f"/my/invoices/{invoice.pk}/pdf")
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf["Content-Disposition"] == 'inline; filename="invoice-0001.pdf"'
    assert pdf.content.startswith(b"%PDF")


def test_families_read_nothing_of_what_staff_do(practice: Practice, mom: Browser) -> None:
    invoice = make_issued(practice)
    shown = page(mom, f"/my/invoices/{invoice.pk}/")
    for staff_only in ("Olive Owner", "Who was told", "Void this", "Edit", "/invoices/new/"):
        assert staff_only not in shown, staff_only


def test_a_void_invoice_says_that_nothing_is_owed(practice: Practice, mom: Browser) -> None:
    invoice = void(practice, make_issued(practice))
    assert "you owe nothing for it" in page(mom, f"/my/invoices/{invoice.pk}/")
    assert "Outstanding" not in page(mom, "/my/invoices/")


def test_home_and_menu_show_what_is_unpaid(practice: Practice, mom: Browser) -> None:
    assert "Nothing to pay." in page(mom, "/")
    assert 'class="count"' not in page(mom, "/")
    first, second = make_issued(practice), make_issued(practice)
    shown = page(mom, "/")
    assert f"/my/invoices/{first.pk}/" in shown
    assert f"/my/invoices/{second.pk}/" in shown
    assert '<span class="count">2' in shown
    pay(practice, first)
    assert '<span class="count">1' in page(mom, "/")


def test_an_empty_list_says_what_will_be_here_W2(mom: Browser) -> None:
    assert "When the practice issues one, you find it here." in page(mom, "/my/invoices/")
    assert "Try fewer letters" in page(mom, "/my/invoices/?q=zebra")


@pytest.mark.parametrize("url", ["/my/invoices/", "/"])
def test_lists_cost_the_same_with_fifty_rows(practice: Practice, url: str) -> None:
    def add(number: int) -> None:
        sibling = make_client(practice.organization, f"Child {number}")
        link(practice.mom, sibling)
        make_issued(practice, client=sibling)

    same_queries(signed_in(practice.mom), url, add)
