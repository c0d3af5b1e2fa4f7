"""The rules as a table: one fact changed at a time, and the one reason that decides (L1)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.features import Channel
from notifications import reasons
from notifications.reasons import Decision, Mend, Reason, Send, Skip
from notifications.rules import Facts, decide, reachable

NOW = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)
BEFORE, AFTER = NOW - timedelta(days=9), NOW + timedelta(seconds=1)
OBJECTION = Skip(reasons.SUBJECT_GONE)

GOOD = Facts(
    channel=Channel.TEXT,
    now=NOW,
    decided_at=NOW,
    useful_until=NOW,
    feature_since=BEFORE,
    login_since=BEFORE,
    preference_since=BEFORE,
    about_client=True,
    client_since=BEFORE,
    linked_since=BEFORE,
    objection=None,
    email="mom@harbor.example",
    email_stop=None,
    country="US",
    phone="2065550143",
    stopped=False,
    phone_fault=None,
)

# In the order of the rules: what is wrong, and the reason that is kept.
WRONG: list[tuple[dict[str, object], str]] = [
    ({"feature_since": None}, "feature_off"),
    ({"feature_since": AFTER}, "feature_on_later"),
    ({"login_since": None}, "login_inactive"),
    ({"login_since": AFTER}, "login_active_later"),
    ({"client_since": None}, "client_discharged"),
    ({"client_since": AFTER}, "client_active_later"),
    ({"linked_since": None}, "not_linked"),
    ({"linked_since": AFTER}, "linked_later"),
    ({"preference_since": None}, "preference_off"),
    ({"preference_since": AFTER}, "preference_on_later"),
    ({"objection": OBJECTION}, "subject_gone"),
    ({"useful_until": NOW - timedelta(seconds=1)}, "too_late"),
    ({"country": "GB"}, "practice_outside_us_canada"),
    ({"phone": ""}, "no_phone"),
    ({"phone": "12065550143555"}, "phone_not_ten_digits"),
    ({"phone": "8765550143"}, "phone_outside_us_canada"),
    ({"stopped": True}, "replied_stop"),
    ({"phone_fault": Skip(reasons.NUMBER_TAKES_NO_TEXTS, "21614")}, "number_takes_no_texts"),
]


def can_be_texted(country: str, phone: str, *, stopped: bool = False) -> Decision:
    return reachable(
        channel=Channel.TEXT,
        email="",
        email_stop=None,
        country=country,
        phone=phone,
        stopped=stopped,
        phone_fault=None,
    )


def test_when_nothing_is_wrong_it_is_sent_R1() -> None:
    assert decide(GOOD) == Send()
    assert decide(replace(GOOD, channel=Channel.EMAIL)) == Send()


@pytest.mark.parametrize(("wrong", "reason"), WRONG)
def test_one_thing_wrong_is_the_reason_R1_N5_T1_T2_T3(wrong: dict[str, object], reason: str) -> None:
    decision = decide(replace(GOOD, **wrong))  # type: ignore[arg-type]  # the table's values have their fields' types
    assert isinstance(decision, Skip)
    assert decision.reason.code == reason


@given(st.lists(st.sampled_from(range(len(WRONG))), min_size=1, unique=True))
def test_of_several_things_wrong_one_decides_and_it_does_not_depend_on_the_rest_L1(positions: list[int]) -> None:
    # Two rows may set the same fact; the later one then stands.
    facts: dict[str, object] = {}
    for position in sorted(positions):
        facts |= WRONG[position][0]
    decision = decide(replace(GOOD, **facts))  # type: ignore[arg-type]  # as above
    assert isinstance(decision, Skip)
    effective = [code for wrong, code in WRONG if all(facts.get(name, ...) == value for name, value in wrong.items())]
    assert decision.reason.code == effective[0]


@pytest.mark.parametrize("wrong", [{"country": "GB"}, {"phone": ""}, {"phone": "8765550143"}, {"stopped": True}])
def test_what_is_wrong_with_texts_does_not_stop_emails_T1_T2_T6(wrong: dict[str, object]) -> None:
    assert decide(replace(GOOD, channel=Channel.EMAIL, **wrong)) == Send()  # type: ignore[arg-type]  # as above


def test_no_email_address_is_said_so_L1() -> None:
    assert decide(replace(GOOD, channel=Channel.EMAIL, email="")) == Skip(reasons.NO_EMAIL)


def test_on_at_the_very_moment_counts_R9() -> None:
    at_the_moment = {"feature_since": NOW, "preference_since": NOW, "linked_since": NOW, "client_since": NOW}
    assert decide(replace(GOOD, login_since=NOW, **at_the_moment)) == Send()  # type: ignore[arg-type]  # as above


def test_a_notice_that_is_about_no_client_needs_no_link_P5() -> None:
    assert decide(replace(GOOD, about_client=False, client_since=None, linked_since=None)) == Send()


@pytest.mark.parametrize("country", ["US", "CA", "PR", "GU", "VI", "AS", "MP"])
def test_practices_in_the_us_its_territories_and_canada_text_T1(country: str) -> None:
    assert decide(replace(GOOD, country=country)) == Send()


@pytest.mark.parametrize("country", ["GB", "MX", "JM", "FR", "AU", ""])
def test_practices_elsewhere_do_not_T1(country: str) -> None:
    assert decide(replace(GOOD, country=country)) == Skip(reasons.PRACTICE_OUTSIDE_US_CANADA)


@pytest.mark.parametrize(
    ("phone", "words"),
    [
        ("22065550143", "Not texted: the phone number has 11 digits"),
        ("206555014", "Not texted: the phone number has 9 digits"),
        ("+4722123456", "Not texted: the phone number is not a U.S. or Canadian number"),
        ("(876) 555-0143", "Not texted: the phone number is not a U.S. or Canadian number"),
        ("ask her sister", "Not texted: there is no phone number"),
    ],
)
def test_a_receptionist_reads_what_is_wrong_with_the_number_T2_T3_L1(phone: str, words: str) -> None:
    decision = can_be_texted("US", phone)
    assert isinstance(decision, Skip)
    assert decision.reason.words(Channel.TEXT, decision.detail) == words


def test_every_reason_reads_as_a_sentence_L1() -> None:
    for reason in Reason.known.values():
        for channel, beginning in ((Channel.TEXT, "Not texted: "), (Channel.EMAIL, "Not emailed: ")):
            words = reason.words(channel, "11")
            assert words.startswith(beginning)
            assert "%" not in words
            assert not words.endswith(".")


def test_every_reason_that_people_can_mend_says_where_L1() -> None:
    mendable = {code for code, reason in Reason.known.items() if reason.mend != Mend.NOWHERE}
    assert {"feature_off", "preference_off", "phone_not_ten_digits", "login_inactive", "not_linked"} <= mendable
    assert "replied_stop" not in mendable  # T6: staff cannot undo a STOP


@given(st.text(max_size=70), st.sampled_from(["US", "CA", "GB"]), st.booleans())
def test_whatever_is_typed_as_a_phone_is_decided_T2(phone: str, country: str, stopped: bool) -> None:
    assert isinstance(can_be_texted(country, phone, stopped=stopped), Send | Skip)
