"""Whether a login can be reached, in both persons, by the sender's own rules (P6, T1 to T3, T6)."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.access import MemberRequest
from accounts.features import Channel
from accounts.models import Login, Organization, TextStop, User
from accounts.tenancy import within
from notifications import reasons
from notifications.reachability import Reach, hints_of_logins, reach, reaches
from notifications.reasons import Reason, Skip
from notifications.rules import reachable
from notifications.standing import Standing
from tests.conftest import Practice, make_login


@dataclass(frozen=True)
class Case:
    """What a login is like, what its owner reads beside the choice, and what staff read."""

    yours: str
    theirs: str
    channel: Channel = Channel.TEXT
    phone: str = "2065550143"
    email: str = "maria@mail.example"
    country: str = "US"
    email_stop: Reason | None = None
    stopped: bool = False
    phone_fault: Reason | None = None


CASES = {
    "no_email": Case(
        yours="Emails cannot reach you: we have no email address of yours.",
        theirs="Emails cannot reach Maria Rivera: there is no email address.",
        channel=Channel.EMAIL,
        email="",
    ),
    "practice_outside_us_canada": Case(
        yours="Texts cannot reach you: texts are only sent by practices in the U.S. and Canada.",
        theirs="Texts cannot reach Maria Rivera: texts are only sent by practices in the U.S. and Canada.",
        country="GB",
    ),
    "no_phone": Case(
        yours="Texts cannot reach you: we have no phone number of yours.",
        theirs="Texts cannot reach Maria Rivera: there is no phone number.",
        phone="",
    ),
    "phone_not_ten_digits": Case(
        yours="Texts cannot reach you: your phone number has 11 digits.",
        theirs="Texts cannot reach Maria Rivera: the phone number has 11 digits.",
        phone="20655501411",
    ),
    "phone_outside_us_canada": Case(
        yours="Texts cannot reach you: your phone number is not a U.S. or Canadian number.",
        theirs="Texts cannot reach Maria Rivera: the phone number is not a U.S. or Canadian number.",
        phone="8765550143",
    ),
    "replied_stop": Case(
        yours="Texts cannot reach you: your number replied STOP; only UNSTOP from your phone resumes texts."
        " To get texts again, text UNSTOP from your phone to (206) 555-0100.",
        theirs="Texts cannot reach Maria Rivera: this number replied STOP; only UNSTOP from that phone resumes texts."
        " Only they can undo it, by texting UNSTOP from that phone to (206) 555-0100. Staff cannot undo a STOP.",
        stopped=True,
    ),
    "email_bounced": Case(
        yours="Emails cannot reach you: emails to your address come back.",
        theirs="Emails cannot reach Maria Rivera: emails to this address come back. "
        "Only they can ask for emails again, under My Account. Staff cannot undo it.",
        channel=Channel.EMAIL,
        email_stop=reasons.EMAIL_BOUNCED,
    ),
    "email_complained": Case(
        yours="Emails cannot reach you: an email to your address was marked as spam.",
        theirs="Emails cannot reach Maria Rivera: an email to this address was marked as spam. "
        "Only they can ask for emails again, under My Account. Staff cannot undo it.",
        channel=Channel.EMAIL,
        email_stop=reasons.EMAIL_COMPLAINED,
    ),
    "email_unsubscribed": Case(
        yours="Emails cannot reach you: your address unsubscribed from all emails.",
        theirs="Emails cannot reach Maria Rivera: this address unsubscribed from all emails. "
        "Only they can ask for emails again, under My Account. Staff cannot undo it.",
        channel=Channel.EMAIL,
        email_stop=reasons.EMAIL_UNSUBSCRIBED,
    ),
    "number_takes_no_texts": Case(
        yours="Texts cannot reach you: the number is a landline or cannot take texts (code 30006).",
        theirs="Texts cannot reach Maria Rivera: the number is a landline or cannot take texts (code 30006).",
        phone_fault=reasons.NUMBER_TAKES_NO_TEXTS,
    ),
    "number_not_in_use": Case(
        yours="Texts cannot reach you: the number is not in use (code 30006).",
        theirs="Texts cannot reach Maria Rivera: the number is not in use (code 30006).",
        phone_fault=reasons.NUMBER_NOT_IN_USE,
    ),
    "phone_blocks_texts": Case(
        yours="Texts cannot reach you: the phone, or its phone company, blocks these texts (code 30006).",
        theirs="Texts cannot reach Maria Rivera: the phone, or its phone company, blocks these texts (code 30006).",
        phone_fault=reasons.PHONE_BLOCKS_TEXTS,
    ),
}


def told(case: Case) -> Reach:
    login = Login(
        name="Maria Rivera",
        phone=case.phone,
        user=User(email=case.email),
        organization=Organization(name="Harbor Kids Therapy", country=case.country),
    )
    standing = Standing(
        stopped=frozenset([case.phone] if case.stopped else []),
        phone_faults={case.phone: Skip(case.phone_fault, "30006")} if case.phone_fault else {},
        email_stops={case.email: Skip(case.email_stop)} if case.email_stop else {},
    )
    return reach(login, case.channel, standing)


@pytest.mark.parametrize("code", CASES)
def test_each_reason_is_told_in_both_persons_P6(code: str, settings: Settings) -> None:
    settings.DELIVERY, settings.TWILIO_FROM = "providers", "+12065550100"
    case = CASES[code]
    found = told(case)
    assert isinstance(found.decision, Skip)
    assert found.decision.reason.code == code
    assert found.whole_truth(to_you=True) == case.yours
    assert found.whole_truth(to_you=False) == case.theirs


@given(
    channel=st.sampled_from(Channel),
    email=st.sampled_from(["", "maria@mail.example"]),
    country=st.sampled_from(["US", "CA", "GB", "PR", ""]),
    phone=st.one_of(st.text(), st.from_regex(r"\+?[0-9() -]{0,14}", fullmatch=True)),
    stopped=st.booleans(),
    phone_fault=st.sampled_from(
        [None, reasons.NUMBER_TAKES_NO_TEXTS, reasons.NUMBER_NOT_IN_USE, reasons.PHONE_BLOCKS_TEXTS]
    ),
    email_stop=st.sampled_from([None, reasons.EMAIL_BOUNCED, reasons.EMAIL_COMPLAINED, reasons.EMAIL_UNSUBSCRIBED]),
)
def test_the_table_has_every_reason_that_the_rules_know_P6(
    channel: Channel,
    email: str,
    country: str,
    phone: str,
    stopped: bool,
    phone_fault: Reason | None,
    email_stop: Reason | None,
) -> None:
    decision = reachable(
        channel=channel,
        email=email,
        email_stop=Skip(email_stop) if email_stop else None,
        country=country,
        phone=phone,
        stopped=stopped,
        phone_fault=Skip(phone_fault, "30006") if phone_fault else None,
    )
    assert not isinstance(decision, Skip) or decision.reason.code in CASES


@pytest.mark.parametrize("channel", Channel)
def test_of_whoever_can_be_reached_nothing_is_said_P6(channel: Channel) -> None:
    found = told(Case(yours="", theirs="", channel=channel))
    assert found.can_be_reached
    assert found.whole_truth(to_you=True) == found.whole_truth(to_you=False) == ""


@pytest.mark.parametrize(
    ("delivery", "sender", "shown"),
    [
        ("outbox", "", "to (206) 555-0100."),
        ("providers", "+16045550199", "to (604) 555-0199."),
        ("providers", "MG0123456789abcdef0123456789abcdef", "to the number that our texts came from."),
    ],
)
def test_a_stop_is_undone_at_the_number_that_texts_come_from_P6_T6(
    delivery: str, sender: str, shown: str, settings: Settings
) -> None:
    settings.DELIVERY, settings.TWILIO_FROM = delivery, sender
    assert told(CASES["replied_stop"]).whole_truth(to_you=True).endswith(shown)


def test_a_list_of_logins_says_who_can_be_texted_in_three_queries_P4_P6(
    practice: Practice, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    stopped = make_login(practice.organization, "Stan Stopped", phone="2065550155")
    TextStop.objects.stop("2065550155")
    short = make_login(practice.organization, "Shirley Short", phone="555-0155")
    with within(practice.organization):
        logins = list(
            Login.objects.filter(pk__in=[practice.mom.pk, stopped.pk, short.pk]).select_related("user", "organization")
        )
        with django_assert_num_queries(3):
            reaches(logins)
        hints = hints_of_logins(MemberRequest(), logins)
    assert {pk: [(str(hint.words), hint.tone) for hint in told] for pk, told in hints.items()} == {
        practice.mom.pk: [("Can be texted", "good")],
        stopped.pk: [("Not texted: this number replied STOP; only UNSTOP from that phone resumes texts", "wait")],
        short.pk: [("Not texted: the phone number has 7 digits", "wait")],
    }
