"""The ways in when something is in the way: a second practice, a forgotten password, a link that is used or too old."""

import pytest
from django.core.cache import cache

from accounts.invitations import invite
from accounts.models import Role
from accounts.tenancy import within
from homework.models import Homework
from tests.conftest import Practice, link, make_login
from tests.journeys.conftest import Sits, every_way
from tests.journeys.site import Site

NEW_PASSWORD = "violet lighthouse 27"


@pytest.fixture(autouse=True)
def nobody_tried_before(transactional_db: None) -> None:
    cache.clear()  # what throttles signing in


def give_homework(practice: Practice, title: str) -> Homework:
    with within(practice.organization):
        return Homework.objects.create(
            organization=practice.organization, client=practice.child, assigned_by=practice.therapist, title=title
        )


@every_way
def test_a_mother_of_two_practices_switches_and_emails_lead_to_the_right_one_S1(
    phone: Sits, site: Site, practice: Practice, other_practice: Practice
) -> None:
    there = make_login(other_practice.organization, "Maria R.", user=practice.mom.user)
    link(there, other_practice.child)
    give_homework(practice, "Blow ten soap bubbles")
    told = site.latest_email(to=practice.mom)
    give_homework(other_practice, "Count the clouds")

    maria = phone(practice.mom)
    maria.signs_in()
    maria.sees("Blow ten soap bubbles")
    maria.does_not_see("Count the clouds")
    maria.presses("Outside Counseling")
    maria.sees("You are now in Outside Counseling.", "Count the clouds")
    maria.does_not_see("Blow ten soap bubbles")

    maria.follows("Sign in to see it", of=told)
    maria.sees("Blow ten soap bubbles", "from Theo Therapist")
    maria.opens("Home")
    maria.does_not_see("Count the clouds")
    maria.presses("Outside Counseling")
    maria.sees("You are now in Outside Counseling.")


@every_way
def test_a_forgotten_password_is_replaced_by_email_once_S5(phone: Sits, site: Site, practice: Practice) -> None:
    maria = phone(practice.mom)
    maria.goes_to("/")
    maria.opens("Sign in")
    maria.opens("Forgot the password?")
    maria.types("Email", practice.mom.user.email)
    maria.presses("Write to me")
    maria.sees("Look into your mailbox")
    letter = site.latest_letter(to=practice.mom.user.email)

    maria.follows("Choose a new password", of=letter)
    maria.types("New password", "12345678")
    maria.types("New password again", "12345678")
    maria.presses("Use this password")
    maria.sees("too common")
    maria.types("New password", NEW_PASSWORD)
    maria.types("New password again", NEW_PASSWORD)
    maria.presses("Use this password")
    maria.sees("The password is changed")
    maria.opens("Sign in")
    maria.signs_in_here(password=NEW_PASSWORD)
    maria.sees("Maria Rivera")

    somebody = phone()
    somebody.follows("Choose a new password", of=letter)
    somebody.sees("This link no longer works", "Ask for a new one")


def test_whether_somebody_has_an_account_is_not_said_S5(phone: Sits, site: Site) -> None:
    stranger = phone()
    stranger.goes_to("account_reset_password")
    stranger.types("Email", "nobody@mail.example")
    stranger.presses("Write to me")
    stranger.sees("Look into your mailbox", "We have written to the address that you entered.")
    assert "Choose a new password" not in site.latest_letter(to="nobody@mail.example").html


def test_a_link_that_is_too_old_or_used_says_so_and_what_to_do(
    desk: Sits, phone: Sits, site: Site, practice: Practice
) -> None:
    email = "rosa.vega@mail.example"
    login = invite(practice.organization, email=email, name="Rosa Vega", role=Role.CLIENT, by=practice.owner)
    letter = site.latest_letter(to=email)
    site.time_passes(days=15)

    rosa = phone()
    rosa.follows("Accept the invitation", of=letter)
    rosa.sees("This invitation does not work", "It is too old", "Ask your practice to send it again.")

    olive = desk(practice.owner).is_signed_in()
    olive.goes_to("login_list")
    olive.opens("Not activated")
    olive.opens("Rosa Vega")
    olive.presses("Send the invitation again")
    olive.sees(f"The invitation is on its way to {email}.")

    again = site.latest_letter(to=email)
    rosa.follows("Accept the invitation", of=again)
    rosa.types("Choose a password", NEW_PASSWORD)
    rosa.types("The same password again", NEW_PASSWORD)
    rosa.presses("Start")
    rosa.sees("Welcome to Harbor Kids Therapy.")

    at_home = desk(login)
    at_home.follows("Accept the invitation", of=again)
    at_home.sees("This link has been used. Sign in with your password.")
    at_home.signs_in_here(password=NEW_PASSWORD)
    at_home.is_at("/")


def test_a_member_of_another_practice_accepts_with_the_password_they_have_S4(
    phone: Sits, site: Site, practice: Practice, other_practice: Practice
) -> None:
    invite(
        other_practice.organization,
        email=practice.mom.user.email,
        name="Maria R.",
        role=Role.CLIENT,
        by=other_practice.owner,
    )
    maria = phone(practice.mom)
    maria.follows("Accept the invitation", of=site.latest_letter(to=practice.mom.user.email))
    maria.sees("You use Blink already")
    maria.opens("Sign in to accept")
    maria.signs_in_here()
    maria.presses("Accept")
    maria.sees("Welcome to Outside Counseling.")
    maria.presses("Harbor Kids Therapy")
    maria.sees("You are now in Harbor Kids Therapy.")
