"""What counts as an address in the U.S. and Canada, and whose practices text. Source: promise T1."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from accounts.addresses import REGIONS, TEXTABLE_COUNTRIES, clean_postal_code, clean_region

STATES_AND_DC = [
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA",
    "KS", "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM",
    "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA",
    "WV", "WI", "WY",
]  # fmt: skip
TERRITORIES = ["PR", "GU", "VI", "AS", "MP"]
MILITARY_MAIL = ["AA", "AE", "AP"]

any_text = st.text(alphabet=st.characters(exclude_categories=()), max_size=30)
postal_like = st.text(alphabet="ABCEGHJKLMNPRSTVXYabceO0123456789 -–１Ｈ", max_size=12)


@pytest.mark.parametrize("country", ["US", "CA", *TERRITORIES, "UM"])
def test_us_territories_count_as_the_us_T1(country: str) -> None:
    assert country in TEXTABLE_COUNTRIES


@pytest.mark.parametrize("country", ["GB", "JM", "DO", "MX", "BM", "FM", "MH", "PW", "VG", "PM", ""])
def test_no_other_country_texts_T1(country: str) -> None:
    assert country not in TEXTABLE_COUNTRIES


def test_every_state_territory_and_province_can_be_chosen() -> None:
    us = {code for code, _ in REGIONS["US"]}
    assert us == {*STATES_AND_DC, *TERRITORIES, *MILITARY_MAIL}
    assert len(STATES_AND_DC) == 51
    assert [code for code, _ in REGIONS["CA"]] == [
        "AB", "BC", "MB", "NB", "NL", "NT", "NS", "NU", "ON", "PE", "QC", "SK", "YT",
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "fr", "es"])
@pytest.mark.parametrize("country", ["US", "CA"])
def test_every_choice_is_understood_by_code_and_by_name(country: str, language: str) -> None:
    with translation.override(language):
        for code, label in REGIONS[country]:
            name = str(label)
            for typed in (code, code.lower(), f" {code} ", name, name.upper(), name.lower()):
                assert clean_region(country, typed) == code


@pytest.mark.parametrize(
    ("country", "typed", "code"),
    [
        ("CA", "Quebec", "QC"),
        ("CA", "Québec", "QC"),
        ("CA", "QUE\u0301BEC", "QC"),
        ("CA", "B.C.", "BC"),
        ("CA", "Colombie-Britannique", "BC"),
        ("CA", "Île-du-Prince-Édouard", "PE"),
        ("CA", "Terre-Neuve-et-Labrador", "NL"),
        ("CA", "  nova\u00a0 scotia ", "NS"),
        ("US", "d.c.", "DC"),
        ("US", "Washington, D.C.", "DC"),
        ("US", "Washington", "WA"),
        ("US", "U.S. Virgin Islands", "VI"),
        ("US", "Puerto Rico", "PR"),
        ("US", "Calif.", "CA"),
        ("US", "ＮＹ", "NY"),
    ],
)
def test_regions_are_understood_as_people_write_them(country: str, typed: str, code: str) -> None:
    assert clean_region(country, typed) == code


@pytest.mark.parametrize(
    ("country", "typed"),
    [
        ("US", ""),
        ("US", "QC"),
        ("US", "Palau"),
        ("US", "FM"),
        ("US", "XX"),
        ("CA", ""),
        ("CA", "WA"),
        ("CA", "Ohio"),
    ],
)
def test_what_is_no_region_is_refused_in_plain_words(country: str, typed: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        clean_region(country, typed)
    (message,) = refusal.value.messages
    assert message.startswith("Enter a U.S. state" if country == "US" else "Enter a Canadian province")


@pytest.mark.parametrize("country", ["GB", "FR", "PR", "GU"])
def test_elsewhere_a_region_is_kept_as_typed(country: str) -> None:
    assert clean_region(country, "  Greater  London\u200e ") == "Greater London"
    assert clean_region(country, "") == ""


@pytest.mark.parametrize("country", ["US", *TERRITORIES])
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("98101", "98101"),
        (" 00907 ", "00907"),
        ("98101-2345", "98101-2345"),
        ("981012345", "98101-2345"),
        ("98101 2345", "98101-2345"),
        ("98101 – 2345", "98101-2345"),
        ("９８１０１", "98101"),
    ],
)
def test_zip_codes_are_kept_in_one_form(country: str, typed: str, code: str) -> None:
    assert clean_postal_code(country, typed) == code


@pytest.mark.parametrize("typed", ["", "9810", "981011", "98101-234", "H2X 1Y4", "98101-", "98IO1"])
def test_what_is_no_zip_code_is_refused_in_plain_words(typed: str) -> None:
    with pytest.raises(ValidationError, match="Enter a ZIP code"):
        clean_postal_code("US", typed)


@pytest.mark.parametrize(
    "typed", ["H2X 1Y4", "h2x1y4", "H2X-1Y4", " h2x  1y4 ", "H2X\u00a01Y4", "Ｈ２Ｘ １Ｙ４", "H2X IY4"]
)
def test_canadian_postal_codes_are_kept_in_one_form(typed: str) -> None:
    assert clean_postal_code("CA", typed) == "H2X 1Y4"
    assert clean_postal_code("CA", typed, "QC") == "H2X 1Y4"


def test_the_letter_o_for_a_zero_is_understood() -> None:
    assert clean_postal_code("CA", "hoh oho") == "H0H 0H0"


@pytest.mark.parametrize(
    "typed", ["", "H2X", "H2X 1Y", "2H2 X1Y", "D2X 1Y4", "W2X 1Y4", "H2U 1Y4", "98101", "H2X 1Y44"]
)
def test_what_is_no_canadian_postal_code_is_refused_in_plain_words(typed: str) -> None:
    with pytest.raises(ValidationError, match="Enter a postal code such as H2X 1Y4"):
        clean_postal_code("CA", typed)


@pytest.mark.parametrize(
    ("region", "letters"),
    [
        ("NL", "A"), ("NS", "B"), ("PE", "C"), ("NB", "E"), ("QC", "GHJ"), ("ON", "KLMNP"), ("MB", "R"),
        ("SK", "S"),
        ("AB", "T"), ("BC", "V"), ("NT", "X"), ("NU", "X"), ("YT", "Y"),
    ],
)  # fmt: skip
def test_a_canadian_postal_code_must_be_of_its_province(region: str, letters: str) -> None:
    for letter in "ABCEGHJKLMNPRSTVXY":
        typed = f"{letter}1A 1A1"
        if letter in letters:
            assert clean_postal_code("CA", typed, region) == typed
        else:
            with pytest.raises(ValidationError):
                clean_postal_code("CA", typed, region)


def test_a_postal_code_of_another_province_is_refused_in_plain_words() -> None:
    with pytest.raises(ValidationError) as refusal:
        clean_postal_code("CA", "V6B 1A1", "ON")
    assert refusal.value.messages == ["Postal codes in Ontario start with K, L, M, N, P, this one with V. Check both."]


def test_elsewhere_a_postal_code_is_kept_as_typed() -> None:
    assert clean_postal_code("GB", "  SW1A  1AA ") == "SW1A 1AA"
    assert clean_postal_code("IE", "") == ""


@given(
    country=st.sampled_from(["US", "CA", "PR", "GB"]),
    typed=any_text | postal_like,
    region=st.sampled_from([None, "QC", "ON"]),
)
def test_a_kept_address_is_kept_again_unchanged(country: str, typed: str, region: str | None) -> None:
    # Editing a practice shows what is kept; saving it untouched must neither change nor refuse it.
    for clean in (clean_region, lambda c, t: clean_postal_code(c, t, region)):
        try:
            kept = clean(country, typed)
        except ValidationError:
            continue
        assert clean(country, kept) == kept
        kept.encode()


@given(st.from_regex(r"[GHJ][0-9][ABCEGHJ-NPRSTV-Z] ?[0-9][ABCEGHJ-NPRSTV-Z][0-9]", fullmatch=True))
def test_every_postal_code_of_quebec_is_understood(typed: str) -> None:
    assert clean_postal_code("CA", typed.lower(), "QC") == f"{typed[:3]} {typed[-3:]}"
