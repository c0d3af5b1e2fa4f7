"""A family comes to a practice: the receptionist writes them down, the mother takes her place."""

from accounts.models import Client, Login
from accounts.tenancy import within
from tests.conftest import Practice, make_client
from tests.journeys.conftest import Sits, every_way
from tests.journeys.site import Site

EMAIL, PASSWORD = "rosa.vega@mail.example", "violet lighthouse 27"


def rosa_of(practice: Practice) -> Login:
    with within(practice.organization):
        return Login.objects.select_related("user").get(user__email=EMAIL)


@every_way
def test_a_receptionist_invites_a_mother_who_turns_texts_on_P2_P3_P4_S4(
    desk: Sits, phone: Sits, site: Site, practice: Practice
) -> None:
    """Both of her children are linked; she starts with all email on and all text off."""
    make_client(practice.organization, "Ben", last_name="Vega")

    olive = desk(practice.owner).is_signed_in()
    olive.goes_to("/")
    olive.opens("Clients")
    olive.opens("Add a client")
    olive.types("First name", "Luz")
    olive.types("Last name (optional)", "Vega")
    olive.ticks("Theo Therapist")
    olive.presses("Save, and go on")
    olive.sees("Luz Vega is added.", "Who signs in for Luz Vega?")

    olive.opens("A parent or carer")
    olive.types("Name", "Rosa Vega")
    olive.types("Email", EMAIL)
    olive.types("Mobile phone (optional)", "+1 (206) 555-0177")
    olive.presses("Invite")
    olive.sees("Rosa Vega is invited. The invitation is on its way to rosa.vega@mail.example.")

    olive.looks_at("So far").opens("Rosa Vega")
    olive.sees("Invited at rosa.vega@mail.example, not activated yet.", "Luz Vega")
    olive.has_ticked("Appointment reminders by email")
    olive.has_ticked("Appointment reminders by text", on=False)
    olive.opens("Link a client")
    olive.presses("Link Ben Vega")
    olive.sees("Rosa Vega signs in for Ben Vega now.")

    rosa = phone()
    rosa.follows("Accept the invitation", of=site.latest_letter(to=EMAIL))
    rosa.sees("Welcome to Harbor Kids Therapy", EMAIL)
    rosa.types("Choose a password", PASSWORD)
    rosa.types("The same password again", PASSWORD)
    rosa.presses("Start")
    rosa.sees("Welcome to Harbor Kids Therapy.")
    rosa.opens("My Account")
    choices = rosa.looks_at("What we tell you")
    choices.sees("(206) 555-0177")
    for what in ("Appointment reminders", "New messages", "Homework", "Invoices"):
        choices.has_ticked(f"{what} by email")
        choices.has_ticked(f"{what} by text", on=False)
    choices.ticks("Appointment reminders by text")
    choices.presses("Save choices")
    rosa.sees("Saved. What is sent from now on follows the new choice.")

    olive.goes_to("/")
    olive.opens("Logins for Clients")
    olive.looks_at(EMAIL).sees("Activated", "Luz Vega", "Ben Vega")
    olive.opens("Rosa Vega")
    olive.does_not_see("not activated yet", "Correct the email")
    olive.has_ticked("Appointment reminders by text")
    olive.has_ticked("New messages by text", on=False)
    with within(practice.organization):
        assert {client.name for client in Client.objects.linked_to(rosa_of(practice))} == {"Luz Vega", "Ben Vega"}


def test_a_mistyped_address_is_corrected_until_she_has_come_S4(desk: Sits, site: Site, practice: Practice) -> None:
    olive = desk(practice.owner).is_signed_in()
    olive.goes_to("client", practice.child.pk)
    olive.opens("Add a person")
    olive.opens("A parent or carer")
    olive.types("Name", "Rosa Vega")
    olive.types("Email", "rosa.vga@mail.example")
    olive.presses("Invite")
    olive.looks_at("So far").opens("Rosa Vega")
    olive.opens("Correct the email")
    olive.types("Email", EMAIL)
    olive.presses("Save, and send the invitation")
    olive.sees(f"The invitation is on its way to {EMAIL}.")

    stranger = desk()
    stranger.follows("Accept the invitation", of=site.latest_letter(to="rosa.vga@mail.example"))
    stranger.sees("This invitation does not work", "it was sent to another address since")

    rosa = desk()
    invitation = site.latest_letter(to=EMAIL)
    rosa.follows("Accept the invitation", of=invitation)
    rosa.types("Choose a password", PASSWORD)
    rosa.types("The same password again", "something else")
    rosa.presses("Start")
    rosa.sees("The two are not the same.")
    rosa.types("Choose a password", PASSWORD)
    rosa.types("The same password again", PASSWORD)
    rosa.presses("Start")
    rosa.sees("Welcome to Harbor Kids Therapy.")

    olive.goes_to("login", rosa_of(practice).pk)
    olive.does_not_see("Correct the email")
    olive.goes_to("login_email", rosa_of(practice).pk)
    olive.sees("You may not see this")
