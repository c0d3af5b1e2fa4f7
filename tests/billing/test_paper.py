"""The invoice on paper: the PDF is read back, and says what the page says, in any alphabet."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from accounts.tenancy import within
from billing.models import Invoice
from billing.paper import Paper
from billing.pdf import UNKNOWN, pdf_of, printable
from tests.billing.invoicing import make_draft, make_issued, make_line
from tests.conftest import Practice, make_client, make_practice
from tests.pages import signed_in

pytestmark = pytest.mark.django_db

LETTER, A4 = (612, 792), (595, 842)  # points


def read(practice: Practice, invoice: Invoice) -> PdfReader:
    with within(practice.organization), timezone.override(practice.organization.zone):
        found = Invoice.objects.select_related("client", "organization").get(pk=invoice.pk)
        return PdfReader(BytesIO(pdf_of(Paper(found))))


def text_of(practice: Practice, invoice: Invoice) -> str:
    """All its words, however the lines fall."""
    return " ".join(" ".join(page.extract_text() for page in read(practice, invoice).pages).split())


def size_of(pdf: PdfReader) -> tuple[int, int]:
    box = pdf.pages[0].mediabox
    return round(box.width), round(box.height)


def named(practice: Practice, first_name: str, **fields: Any) -> Invoice:
    return make_issued(practice, client=make_client(practice.organization, first_name), **fields)


def test_it_says_what_the_page_says() -> None:
    practice = make_practice(phone="206-555-0100", reply_to="front@harbor.example")
    lines = make_line(price="120", quantity="1.5"), make_line("Report", "80", tax_rate="14.975")
    with time_machine.travel(datetime(2026, 11, 24, 18, 0, tzinfo=UTC), tick=False):
        invoice = make_issued(practice, *lines, note="By card, please.\nThank you.")
    text = text_of(practice, invoice)
    for words in (
        "Harbor Kids Therapy 1 Pier Road Seattle, WA 98101 (206) 555-0100 front@harbor.example",
        "Invoice 0001",
        "For Mia Rivera",
        "Issued Nov. 24, 2026",
        "Due Dec. 24, 2026",
        "Family session 1.5 $120.00 $180.00",
        "Report 1 $80.00 14.975% $80.00",
        "Before tax $260.00",
        "Tax, 14.975% of $80.00 $11.98",
        "Total in USD $271.98",
        "By card, please. Thank you.",
        "Page 1 of 1",
    ):
        assert words in text, words


def test_without_tax_nothing_is_said_of_tax(practice: Practice) -> None:
    text = text_of(practice, make_issued(practice))
    assert "ax" not in text.replace("Max", "")
    assert "Total in USD $120.00" in text


@pytest.mark.parametrize(("state", "mark"), [("draft", "Draft"), ("void", "Void"), ("paid", "Paid on")])
def test_what_is_not_to_be_paid_says_so(in_practice: Practice, state: str, mark: str) -> None:
    invoice = make_draft(in_practice) if state == "draft" else make_issued(in_practice)
    if state == "void":
        invoice.void(by=in_practice.owner)
    if state == "paid":
        invoice.mark_paid(on=timezone.localdate(), by=in_practice.owner)
    assert mark in text_of(in_practice, invoice)


@pytest.mark.parametrize(("country", "size"), [("US", LETTER), ("CA", LETTER), ("GB", A4), ("FR", A4)])
def test_it_is_on_the_paper_of_the_practices_country(country: str, size: tuple[int, int]) -> None:
    practice = make_practice(country=country)
    invoice = make_issued(practice)
    assert size_of(read(practice, invoice)) == size
    shown = signed_in(practice.owner).get(f"/invoices/{invoice.pk}/print/").content.decode()
    assert f"paper-{'letter' if size == LETTER else 'a4'}" in shown


@pytest.mark.parametrize("name", ["Żółć", "Ōmura", "Beyoncé", "Дарья", "Ελένη", "Łucja Œuvre", "Nguyễn", "Şebnem"])
def test_names_of_many_alphabets_are_printed_as_they_are(practice: Practice, name: str) -> None:
    assert f"For {name}" in text_of(practice, named(practice, name))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("O\N{COMBINING MACRON}mura", "Ōmura"),
        ("王小明", UNKNOWN),
        ("Ann 👩‍👧‍👦 Lee", f"Ann {UNKNOWN} Lee"),
        ("Zero\N{ZERO WIDTH SPACE}Width\x07", "ZeroWidth"),
        ("", ""),
    ],
)
def test_what_no_font_has_is_shown_as_unknown_once(typed: str, shown: str) -> None:
    assert printable(typed) == shown


def test_an_emoji_or_a_foreign_script_never_stops_an_invoice(practice: Practice) -> None:
    invoice = named(practice, "王小明 👩‍👧", note="🎉 **bold** __under__ — مرحبا\n\n[link](x)")
    assert "Invoice 0001" in text_of(practice, invoice)
    assert "**bold** __under__" in text_of(practice, invoice), "nothing that is typed is markup"


@given(st.text(max_size=40))
def test_whatever_is_typed_only_what_the_fonts_have_is_drawn(text: str) -> None:
    assert printable(printable(text)) == printable(text)


def test_many_lines_go_on_over_pages_with_the_headings_again(practice: Practice) -> None:
    lines = [make_line(f"Session number {number} of a long year", "99.99", tax_rate="5") for number in range(50)]
    pdf = read(practice, make_issued(practice, *lines))
    assert len(pdf.pages) >= 2
    for number, page in enumerate(pdf.pages, start=1):
        assert f"Page {number} of {len(pdf.pages)}" in page.extract_text()
    assert "Description" in pdf.pages[1].extract_text()
    everything = "".join(page.extract_text() for page in pdf.pages)
    assert all(f"number {number} " in everything for number in range(50))


@pytest.mark.parametrize("count", [19, 20, 21])
def test_the_sums_stand_together_on_one_page(practice: Practice, count: int) -> None:
    """With so many lines the foot of a page would come between them."""
    lines = [make_line(f"Session {number}", tax_rate=str(5 + number % 3)) for number in range(count)]
    pages = [page.extract_text() for page in read(practice, make_issued(practice, *lines)).pages]
    sums = ["Before tax", "Tax, 5%", "Tax, 6%", "Tax, 7%", "Total in USD"]
    assert [all(words in page for words in sums) for page in pages] == [False] * (len(pages) - 1) + [True]


def test_a_word_without_end_is_broken(practice: Practice) -> None:
    assert "x" * 20 in text_of(practice, make_issued(practice, make_line("x" * 200, "1")))


def test_it_says_its_title_and_its_language(practice: Practice) -> None:
    invoice = make_issued(practice)
    with translation.override("fr"):
        pdf = read(practice, invoice)
    assert pdf.metadata
    assert "0001" in str(pdf.metadata.title)
    assert pdf.trailer["/Root"]["/Lang"] == "fr"  # type: ignore[index]  # pypdf types what may be a reference


def test_the_print_view_is_nothing_but_the_paper(practice: Practice) -> None:
    invoice = make_issued(practice)
    shown = signed_in(practice.owner).get(f"/invoices/{invoice.pk}/print/").content.decode()
    assert '<article class="paper"' in shown
    assert "menu-list" not in shown
    assert f'href="/invoices/{invoice.pk}/"' in shown
    assert "<style" not in shown
    assert "hidden" in shown.split("data-print")[1][:10], "the button is for those whose browser runs scripts"
