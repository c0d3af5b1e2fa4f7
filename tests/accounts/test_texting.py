"""What is said beside a phone number: the same as the sender's own rules decide (T1 to T3)."""

import pytest

from accounts.features import Channel
from accounts.models import Organization
from accounts.texting import phone_warning
from notifications.reasons import Send
from notifications.rules import reachable

PHONES = {
    "(206) 555-0143": "",
    "+1 604 555 0199": "",
    "": "",
    "555-0199": "it has 7 digits",
    "1": "it has 1 digit,",
    "ask grandma": "it has 0 digits",
    "12065550143 99": "digits",
    "2065550143x12": "it has 12 digits",
    "(876) 555-0123": "not a U.S. or Canadian number",
    "+47 22 12 34 56": "not a U.S. or Canadian number",
    "(800) 555-0123": "not a U.S. or Canadian number",
}


@pytest.mark.parametrize("phone", PHONES)
def test_each_number_that_is_never_texted_has_its_reason(phone: str) -> None:
    warning = phone_warning(phone, Organization(country="CA"))
    assert bool(warning) == bool(PHONES[phone])
    assert PHONES[phone] in warning


@pytest.mark.parametrize("country", ["US", "PR", "CA", "GB"])
@pytest.mark.parametrize("phone", PHONES)
def test_a_number_is_warned_of_exactly_if_the_sender_would_not_text_it(phone: str, country: str) -> None:
    decision = reachable(
        channel=Channel.TEXT,
        email="",
        email_stop=None,
        country=country,
        phone=phone,
        stopped=False,
        phone_fault=None,
    )
    sends = isinstance(decision, Send)
    assert bool(phone_warning(phone, Organization(country=country))) == (bool(phone) and not sends)
