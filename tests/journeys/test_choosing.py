"""Who is told what, and by which channel: chosen by the family itself, or by staff for them."""

from datetime import timedelta

from accounts.models import TextStop
from tests.conftest import Practice
from tests.journeys.conftest import Sits, every_way
from tests.journeys.site import Site

TEXTS = "Appointment reminders by text"
EMAILS = "Appointment reminders by email"


@every_way
def test_staff_change_what_a_mother_is_told_and_the_history_says_who_P4_P7(
    desk: Sits, phone: Sits, site: Site, practice: Practice
) -> None:
    maria = phone(practice.mom).is_signed_in()
    maria.goes_to("/")
    maria.opens("My Account")
    maria.unticks(EMAILS)
    maria.presses("Save choices")
    maria.sees("Saved. What is sent from now on follows the new choice.")

    theo = desk(practice.therapist).is_signed_in()
    theo.goes_to("/")
    theo.opens("Logins for Clients")
    theo.opens("Maria Rivera")
    theo.has_ticked(EMAILS, on=False)
    theo.has_ticked(TEXTS, on=False)
    theo.ticks(TEXTS)
    theo.presses("Save choices")
    theo.sees("Saved. What is sent from now on follows the new choice.")
    theo.unfolds("History of changes")
    history = theo.looks_at("History of changes")
    history.looks_at("Theo Therapist").sees("Appointment reminders · Text", "off", "on")
    history.looks_at("Maria Rivera").sees("Appointment reminders · Email", "on", "off")

    maria.goes_to("/account/")
    maria.has_ticked(TEXTS)
    maria.has_ticked(EMAILS, on=False)

    practice.appointment(starts_in=timedelta(hours=25))
    site.time_passes(hours=1.1)  # the emails' turn
    site.time_passes(hours=23)  # the texts'
    assert site.emails(to=practice.mom) == []
    assert len(site.texts(to=practice.mom)) == 1
    assert len(site.emails(to=practice.dad)) == 1


def test_a_choice_that_cannot_arrive_says_why_and_is_kept_P6(phone: Sits, site: Site, practice: Practice) -> None:
    TextStop.objects.stop("2065550143")
    maria = phone(practice.mom).is_signed_in()
    maria.goes_to("/account/")
    maria.looks_at("Texts go to").sees("(206) 555-0143", "STOP", "UNSTOP")
    maria.ticks(TEXTS)
    maria.presses("Save choices")
    maria.sees("Saved.", "It can be chosen all the same, and holds from the moment that it can arrive.")
    maria.has_ticked(TEXTS)


def test_staff_have_an_account_of_their_own_with_what_concerns_them_P5(desk: Sits, practice: Practice) -> None:
    theo = desk(practice.therapist).is_signed_in()
    theo.goes_to("/")
    theo.opens("My Account")
    choices = theo.looks_at("What we tell you")
    choices.sees("Messages from clients", "Homework marked done", "Invoices paid")
    choices.does_not_see("Appointment reminders")
    choices.unticks("Invoices paid by email")
    choices.presses("Save choices")
    theo.sees("Saved.")
    theo.has_ticked("Invoices paid by email", on=False)
    theo.has_ticked("Messages from clients by email")
