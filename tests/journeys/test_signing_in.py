"""The pages on the way in, and those about how one signs in: each looked at in both widths and schemes (W1)."""

import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache

from accounts.invitations import invite, path_to
from accounts.models import Role
from tests.conftest import Practice
from tests.journeys.conftest import Sits
from tests.journeys.people import PASSWORD, Person
from tests.journeys.site import Site
from tests.journeys.test_every_page import faults


@pytest.fixture(autouse=True)
def nobody_tried_before(transactional_db: None) -> None:
    cache.clear()


def looks_well(person: Person) -> None:
    """The page that this person sees now has no serious fault."""
    found = list(faults(person.page))
    assert not found, "\n".join([person.page.url, *found])


def test_setting_up_a_second_factor_W1(practice: Practice, desk: Sits) -> None:
    mom = desk(practice.mom).is_signed_in()
    mom.goes_to("mfa_activate_totp")
    mom.sees("Is it you?")
    looks_well(mom)
    mom.types("Password", PASSWORD)
    mom.presses("Go on")
    mom.sees("Scan this picture")
    looks_well(mom)
    secret = mom.page.locator(".secret").inner_text()
    mom.types("Code that the app shows", format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    mom.presses("Turn on")
    mom.sees("Your authenticator app is set up", "Recovery codes")
    looks_well(mom)
    for page in ("mfa_generate_recovery_codes", "mfa_deactivate_totp", "mfa_add_webauthn", "mfa_index"):
        mom.goes_to(page)
        looks_well(mom)
    mom.goes_to("account_change_address")
    mom.sees("Change the email address")
    looks_well(mom)

    again = desk(practice.mom)
    again.goes_to("account_login")
    again.types("Email", practice.mom.user.email)
    again.types("Password", PASSWORD)
    again.presses("Sign in")
    again.sees("One more step")
    looks_well(again)


def test_accepting_an_invitation_W1(practice: Practice, other_practice: Practice, site: Site, desk: Sits) -> None:
    new = invite(practice.organization, email="rosa@mail.example", name="Rosa", role=Role.CLIENT, by=practice.owner)
    known = invite(
        other_practice.organization,
        email=practice.mom.user.email,
        name="Maria R.",
        role=Role.CLIENT,
        by=other_practice.owner,
    )
    somebody = desk()
    somebody.goes_to(path_to(known))
    somebody.sees("Sign in to accept")
    looks_well(somebody)
    somebody.goes_to("/account/activate/no-such/")
    somebody.sees("This invitation does not work")
    looks_well(somebody)
    mom = desk(practice.mom).is_signed_in()
    mom.goes_to(path_to(new))
    mom.sees("This invitation is for somebody else")
    looks_well(mom)
    mom.goes_to(path_to(known))
    mom.sees("Accept")
    looks_well(mom)
    rosa = desk()
    letter = site.latest_letter(to="rosa@mail.example")
    rosa.follows("Accept the invitation", of=letter)
    rosa.sees("Welcome to Harbor Kids Therapy")
    looks_well(rosa)
    rosa.goes_to(f"/outbox/letters/{letter.pk}/")
    looks_well(rosa)
