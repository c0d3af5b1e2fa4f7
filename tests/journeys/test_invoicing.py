"""An invoice: drafted, issued, corrected, paid, and what each of that tells whom."""

from tests.conftest import Practice
from tests.journeys.conftest import Sits, every_way
from tests.journeys.site import Site


@every_way
def test_an_invoice_is_told_once_when_it_is_issued_N2_P5(
    desk: Sits, phone: Sits, site: Site, practice: Practice
) -> None:
    maria = phone(practice.mom).is_signed_in()
    olive = desk(practice.owner).is_signed_in()
    olive.goes_to("/")
    olive.opens("Invoices")
    olive.opens("New invoice")
    olive.opens("Mia Rivera")
    olive.types("Description", "Speech therapy")
    olive.types("Quantity", "2")
    olive.types("Price", "120")
    olive.types("Tax %", "10")
    olive.presses("Save the draft")
    olive.sees("The draft is saved. Nobody is told before you issue it.", "$264.00")
    olive.looks_at("Who was told").sees("Nobody: it is a draft")
    draft = olive.path
    assert site.emails(to=practice.mom) == []
    maria.goes_to("my_invoice_list")
    maria.sees("No invoices")
    maria.finds_nothing_at(f"/my{draft}")

    olive.opens("Issue")
    olive.looks_at("Who will be told").sees("Maria Rivera", "Daniel Rivera")
    olive.presses("Issue the invoice")
    olive.sees("is issued.", "Unpaid")
    (issued,) = site.emails(to=practice.mom)
    assert len(site.emails(to=practice.dad)) == 1
    for secret in ("264", "Speech", "120"):
        assert secret not in issued.subject + issued.body + issued.html, secret  # N4

    olive.opens("Edit")
    olive.types("Price", "100")
    olive.presses("Save the invoice")
    olive.sees("The invoice is saved. Nobody is told of the change.", "$220.00")
    assert site.emails(to=practice.mom) == [issued]

    maria.goes_to("/")
    maria.looks_at("Unpaid invoices").sees("$220.00")
    maria.follows("See the invoice", of=issued)
    maria.sees("Speech therapy", "$220.00", "Unpaid")

    olive.opens("Mark as paid")
    olive.presses("Mark as paid")
    olive.sees("is marked as paid.", "Marked as paid by Olive Owner")
    assert site.emails(to=practice.mom) == [issued]
    assert len(site.emails(to=practice.therapist)) == 1
    assert site.emails(to=practice.owner) == []  # her own act
    maria.goes_to(maria.path)
    maria.sees("Paid")
    maria.goes_to("/")
    maria.looks_at("Unpaid invoices").sees("Nothing to pay.")


def test_an_invoice_that_was_voided_before_the_notice_left_is_not_told_of_N5(
    desk: Sits, phone: Sits, site: Site, practice: Practice
) -> None:
    olive = desk(practice.owner).is_signed_in()
    olive.goes_to(f"/invoices/new/?client={practice.child.pk}")
    olive.types("Description", "Speech therapy")
    olive.types("Price", "120")
    olive.presses("Save the draft")
    olive.opens("Issue")
    olive.presses("Issue the invoice")
    olive.opens("Void this invoice")
    olive.presses("Void this invoice")
    olive.sees("is void.")
    assert site.emails(to=practice.mom) == []
    olive.goes_to(olive.path)
    olive.looks_at("Who was told").sees("Not emailed")

    maria = phone(practice.mom).is_signed_in()
    maria.goes_to("my_invoice_list")
    maria.opens_about("Invoice 0")
    maria.sees("This invoice is void: you owe nothing for it.")
