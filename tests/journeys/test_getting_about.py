"""The way from anywhere to anywhere: the menu, My Account, and out."""

from tests.conftest import Practice
from tests.journeys.conftest import Sits, every_way


@every_way
def test_a_mother_finds_her_account_on_every_page_and_the_way_out_P3(phone: Sits, practice: Practice) -> None:
    maria = phone(practice.mom).is_signed_in()
    maria.goes_to("/")
    maria.sees("Maria Rivera")
    maria.opens("My Account")
    maria.is_at("/account/")
    maria.opens("Home")
    maria.is_at("/")
    maria.presses("Sign out")  # folded away beside My Account
    maria.sees("Sign in")
    maria.goes_to("/account/")
    maria.is_at("/account/login/?next=/account/")


@every_way
def test_staff_have_the_same_menu_on_a_phone_and_at_a_desk_W1(phone: Sits, desk: Sits, practice: Practice) -> None:
    """On a phone it is a sheet that is opened first."""
    for olive in (phone(practice.owner).is_signed_in(), desk(practice.owner).is_signed_in()):
        olive.goes_to("/account/")
        olive.opens("Home")
        olive.is_at("/")
        olive.sees("Olive Owner")
