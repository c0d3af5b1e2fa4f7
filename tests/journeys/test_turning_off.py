"""A platform admin turns a feature off, and on again."""

import pytest
from django.urls import reverse

from accounts.features import Channel, Feature
from accounts.models import User
from tests.billing.invoicing import make_draft, make_issued
from tests.conftest import Practice, choose
from tests.journeys.conftest import Sits
from tests.journeys.people import PASSWORD, Person
from tests.journeys.site import Site

STAFF_PAGES = ("home", "client_list", "login_list", "message_list", "homework_list", "record", "forecast", "my_account")
FAMILY_PAGES = ("home", "my_appointments", "my_messages", "my_homework", "my_account", "my_notifications")


@pytest.fixture
def admin(site: Site, desk: Sits) -> Person:
    """Somebody who runs this installation and belongs to no practice, at the page of ours in Django admin."""
    User.objects.create_superuser("ada@blink.example", PASSWORD)
    ada = desk()
    ada.goes_to("/admin/")
    ada.types("Email", "ada@blink.example")
    ada.types("Password", PASSWORD)
    ada.presses("Sign in")
    ada.opens("Organizations")
    ada.opens("Harbor Kids Therapy")
    return ada


def sees_no_trace(person: Person, *paths: str) -> None:
    """Not one of these pages has the word in it, in sight or not."""
    for path in paths:
        person.goes_to(path)
        person.sees("My Account")
        assert "invoice" not in person.page.content().lower(), path


def test_invoices_are_turned_off_without_a_trace_and_on_again_O1_O2_O3_O5(
    desk: Sits, phone: Sits, site: Site, practice: Practice, admin: Person
) -> None:
    choose(practice.mom, Channel.TEXT, feature=Feature.INVOICES)
    choose(practice.mom, Channel.EMAIL, on=False, feature=Feature.INVOICES)
    make_issued(practice)
    assert len(site.texts(to=practice.mom)) == len(site.emails(to=practice.dad)) == 1
    waiting, draft = make_issued(practice), make_draft(practice)  # the notice of the one has not left yet

    olive, maria = desk(practice.owner).is_signed_in(), phone(practice.mom).is_signed_in()
    olive.goes_to("/")
    olive.looks_at("Drafts, not issued yet").sees("Draft for Mia Rivera")
    maria.goes_to("/")
    maria.looks_at("Unpaid invoices").sees("Invoice 0001", "Invoice 0002")

    admin.unticks("Invoices")
    admin.presses("Save")
    admin.sees("was changed successfully")

    assert len(site.texts(to=practice.mom)) == len(site.emails(to=practice.dad)) == 1
    sees_no_trace(olive, *map(reverse, STAFF_PAGES))
    sees_no_trace(olive, *(reverse(page, args=[practice.child.pk]) for page in ("client", "record_of_client")))
    sees_no_trace(olive, *(reverse(page, args=[practice.mom.pk]) for page in ("login", "record_of_login")))
    for page in ("invoice", "invoice_print", "invoice_pdf", "invoice_edit", "invoice_issue"):
        olive.finds_nothing_at(page, draft.pk)
    olive.finds_nothing_at("invoice_list")
    olive.finds_nothing_at("invoice_new")
    sees_no_trace(maria, *map(reverse, FAMILY_PAGES))
    maria.finds_nothing_at("my_invoice_list")
    for page in ("my_invoice", "my_invoice_print", "my_invoice_pdf"):
        maria.finds_nothing_at(page, waiting.pk)

    maria.goes_to("my_account")
    maria.ticks("Homework by text")  # and says nothing about what she cannot see
    maria.presses("Save choices")
    maria.sees("Saved.")

    admin.opens("Harbor Kids Therapy")
    admin.ticks("Invoices")
    admin.presses("Save")
    admin.sees("was changed successfully")

    for person, where in ((maria, reverse("my_account")), (olive, reverse("login", args=[practice.mom.pk]))):
        person.goes_to(where)
        person.has_ticked("Invoices by text")
        person.has_ticked("Invoices by email", on=False)
        person.has_ticked("Homework by text")
    maria.opens("Home")
    maria.looks_at("Unpaid invoices").sees("Invoice 0001", "Invoice 0002")
    olive.opens("Invoices")
    olive.sees("Draft", "0001", "0002")
    assert len(site.texts(to=practice.mom)) == len(site.emails(to=practice.dad)) == 1  # no flood of old news
