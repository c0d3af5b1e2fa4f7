"""What is kept of typed phone numbers, and which of them are texted. Source: promises T2, T3, P6."""

import re

import phonenumbers
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from accounts.phones import MAX_LENGTH, digits, e164, for_display, is_ten_digits, is_us_or_canada, normalize

# Text that looks like phone numbers often enough for the rules to be reached.
phone_like = st.text(alphabet="0123456789+()-. x#,;/extposteHELP\u00a0\u200e\u202c٣４＋\n", max_size=80)
any_text = st.text(alphabet=st.characters(exclude_categories=()), max_size=100)  # lone surrogates included


@pytest.mark.parametrize(
    "typed",
    [
        "6045550199",
        "604-555-0199",
        "604.555.0199",
        "604 555 0199",
        "604/555-0199",
        "604,555,0199",
        "604_555_0199",
        "(604) 555-0199",
        "(604)555-0199",
        "( 604 ) 555 - 0199",
        "604–555—0199",
        "604‑555‑0199",
        "604·555•0199",
        "604\u00a0555\u202f0199",
        "\u202a+1 (604) 555-0199\u202c",
        "+1 (604) 555-0199",
        "+1-604-555-0199",
        "+16045550199",
        "＋１ (604) 555-0199",
        "(+1) 604 555 0199",
        "+ 1 604 555 0199",
        "++1 604 555 0199",
        "1-604-555-0199",
        "1 (604) 555-0199",
        "16045550199",
        "001 604 555 0199",
        "011 1 604 555 0199",
        "６０４-５５５-０１９９",
        "٦٠٤ ٥٥٥ ٠١٩٩",
        "  604-555-0199\n",
        "cell: 604-555-0199",
        "604-555-0199 (mom)",
        "Mom's cell 604-555-0199, evenings",
        "tel:+1-604-555-0199",
        "604-555-0199 ext.",
        "📱604-555-0199",
    ],
)
def test_a_number_of_country_code_1_is_kept_as_ten_digits_T2(typed: str) -> None:
    assert normalize(typed) == "6045550199"
    assert is_ten_digits(typed)
    assert digits(typed) == "6045550199"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("+44 20 7946 0958", "+442079460958"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("020 7946 0958", "02079460958"),
        ("+52 55 1234 5678", "+525512345678"),
        ("555-0199", "5550199"),
        ("604-555-019", "604555019"),
        ("604-555-01999", "60455501999"),
        ("1-055-123-4567", "10551234567"),  # no area code starts with 0, so this 1 is not the country code
        ("2-604-555-0199", "26045550199"),
        ("0", "0"),
        # Two numbers, words within, or what no phone has: nothing is dropped, for a person to read.
        ("604-555-0199 or 604-555-0123", "604-555-0199 or 604-555-0123"),
        ("604-555-0199 / 604-555-0123", "604-555-0199 / 604-555-0123"),
        ("604-555-0199 after 5", "604-555-0199 after 5"),
        ("555-0199 (work)", "555-0199 (work)"),
        ("604-555-0199 x12 or x14", "604-555-0199 x12 or x14"),
        ("604-555-0199 x12, ask for Ann", "604-555-0199 x12, ask for Ann"),
        ("+44 20 7946 0958 mobile", "+44 20 7946 0958 mobile"),
        ("1234567890123456", "1234567890123456"),
        ("  ask\tgrandma ", "ask grandma"),
        ("n/a", "n/a"),
        ("+", "+"),
        ("+(0)", "+(0)"),
        ("", ""),
    ],
)
def test_any_other_number_is_kept_as_meant_and_not_ten_digits_T2(typed: str, stored: str) -> None:
    assert normalize(typed) == stored
    assert not is_ten_digits(stored)


@pytest.mark.parametrize("typed", ["604-555-HELP", "1-800-FLOWERS", "604 555 home", "604555CELL"])
def test_letters_are_never_dialled_as_keypad_digits_T2(typed: str) -> None:
    assert normalize(typed) == typed
    assert not is_ten_digits(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "604-555-0199 x12",
        "604-555-0199x12",
        "+1 (604) 555-0199 ext. 12",
        "604-555-0199 Ext 12",
        "604-555-0199 extension 12",
        "604 555-0199, poste 12",
        "604-555-0199 #12",
        "604-555-0199 (x12)",
        "tel:+1-604-555-0199;ext=12",
    ],
)
def test_an_extension_is_kept_and_not_texted_T2(typed: str) -> None:
    assert normalize(typed) == "6045550199x12"
    assert for_display(typed) == "(604) 555-0199 x12"
    assert digits(typed) == "604555019912"
    assert not is_ten_digits(typed)


@pytest.mark.parametrize(
    "typed",
    ["+47 22 12 34 56", "+65 9123 4567", "+45 32 12 34 56", "+6045550199"],
    ids=lambda typed: typed[:3],
)
def test_ten_digits_of_another_country_are_not_taken_for_ours_T2(typed: str) -> None:
    # +47 22 12 34 56 is Norwegian; its digits alone would be a number in North Carolina.
    assert len(digits(typed)) == 10
    assert not is_ten_digits(typed)


@given(phone_like | any_text)
@example("x" * 63 + "  6045550199")
@example("+(0)1")
def test_normalizing_twice_changes_nothing_T2(typed: str) -> None:
    stored = normalize(typed)
    assert normalize(stored) == stored


@given(phone_like | any_text)
@example("lone \ud83d surrogate")
@example("nul\0")
def test_any_text_can_be_stored_and_shown_T2(typed: str) -> None:
    stored = normalize(typed)
    assert len(stored) <= min(MAX_LENGTH, len(typed))
    assert "\0" not in stored
    stored.encode()  # a lone surrogate would raise, here as in the database
    assert re.fullmatch(r"[0-9]*", digits(typed))
    assert is_ten_digits(typed) == (re.fullmatch(r"[0-9]{10}", stored) is not None)
    for_display(typed)
    is_us_or_canada(typed)


@given(st.text(alphabet="0123456789+()-. x#,;/extposteHELP\u00a0\u200e٣４＋", max_size=MAX_LENGTH))
def test_no_digit_is_lost_but_the_country_code_T2(typed: str) -> None:
    assume("(0)" not in typed)  # a trunk zero, which is left out on purpose
    typed_digits = "".join(str(int(ch)) for ch in typed if ch.isdecimal())
    kept = digits(normalize(typed))
    assert typed_digits.endswith(kept)
    assert typed_digits.removesuffix(kept) in ("", "1", "001", "0111")


@given(
    ten=st.from_regex(r"[2-9][0-9]{9}", fullmatch=True),
    prefix=st.sampled_from(["", "+1", "1", "+1 ", "1-", "(+1) ", "001 ", "\u202a+1\u00a0"]),
    gaps=st.tuples(*[st.sampled_from(["", " ", "-", ".", ") ", " - ", "\u2011", "\u00a0"])] * 2),
    words=st.sampled_from(["", "cell ", "Mom: ", "☎ "]),
)
def test_however_it_is_punctuated_the_ten_digits_are_kept_T2(
    ten: str, prefix: str, gaps: tuple[str, str], words: str
) -> None:
    assert normalize(f"{words}{prefix}{ten[:3]}{gaps[0]}{ten[3:6]}{gaps[1]}{ten[6:]}") == ten


@pytest.mark.parametrize(
    "area_code",
    [
        "604", "778", "236", "416", "514", "263", "468", "367", "867", "902", "879", "942",  # Canada
        "212", "415", "202", "907", "808", "659", "983", "945", "986", "329",  # U.S.
        "787", "939", "671", "340", "684", "670",  # the territories
    ],
)  # fmt: skip
def test_us_territories_and_canada_are_texted_T3(area_code: str) -> None:
    assert is_us_or_canada(f"{area_code}2345678")


@pytest.mark.parametrize("line", range(100, 200, 9))
@pytest.mark.parametrize("area_code", ["604", "514", "212", "983", "787", "684"])
def test_fictional_numbers_are_texted_like_real_ones_T3(area_code: str, line: int) -> None:
    assert is_us_or_canada(f"{area_code}5550{line}")


@pytest.mark.parametrize("area_code", ["876", "658"])
def test_jamaican_number_is_not_texted_T3(area_code: str) -> None:
    assert not is_us_or_canada(f"{area_code}5550123")
    assert not is_us_or_canada(f"{area_code}9271234")


@pytest.mark.parametrize(
    "area_code",
    [
        "809", "829", "849",  # Dominican Republic
        "242", "246", "264", "268", "284", "345", "441", "473", "649", "664", "721",
        "758", "767", "784", "868", "869",
    ],
)  # fmt: skip
def test_other_countries_of_country_code_1_are_not_texted_T3(area_code: str) -> None:
    assert not is_us_or_canada(f"{area_code}5550123")
    assert not is_us_or_canada(f"{area_code}2345678")


@pytest.mark.parametrize(
    "area_code", ["800", "833", "844", "855", "866", "877", "888", "900", "500", "533", "600", "622"]
)
def test_numbers_tied_to_no_place_are_not_texted_T3(area_code: str) -> None:
    assert not is_us_or_canada(f"{area_code}5550123")


@pytest.mark.parametrize("area_code", ["000", "011", "055", "123", "199", "211", "411", "911", "555", "999", "710"])
def test_area_codes_that_do_not_exist_are_not_texted_T3(area_code: str) -> None:
    assert not is_us_or_canada(f"{area_code}5550123")


@pytest.mark.parametrize(
    "other",
    ["", "604555019", "60455501990", "+16045550199", "604-555-0199", "6040550199", "６０４５５５０１９９"],
)
def test_anything_but_ten_possible_digits_is_not_texted_T3(other: str) -> None:
    assert not is_us_or_canada(other)


@given(st.from_regex(r"[2-9][0-9]{2}[2-9][0-9]{6}", fullmatch=True))
def test_a_valid_number_is_texted_exactly_when_its_region_is_ours_T3(ten: str) -> None:
    number = phonenumbers.PhoneNumber(country_code=1, national_number=int(ten))
    tied_to_a_place = phonenumbers.number_type(number) in (
        phonenumbers.PhoneNumberType.FIXED_LINE,
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    )
    if tied_to_a_place:
        ours = {"US", "CA", "PR", "GU", "VI", "AS", "MP"}
        assert is_us_or_canada(ten) == (phonenumbers.region_code_for_number(number) in ours)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("6045550199", "(604) 555-0199"),
        ("+16045550199", "(604) 555-0199"),
        ("6045550199x12", "(604) 555-0199 x12"),
        ("+442079460958", "+44 20 7946 0958"),
        ("+999123", "+999123"),
        ("+4", "+4"),
        ("02079460958", "02079460958"),
        ("604-555-HELP", "604-555-HELP"),
        ("", ""),
    ],
)
def test_numbers_are_shown_as_people_write_them_P6(stored: str, shown: str) -> None:
    assert for_display(stored) == shown


@given(phone_like)
def test_what_is_shown_can_be_typed_back_T2(typed: str) -> None:
    # A form shows the stored number for display; saving it untouched must not change it.
    stored = normalize(typed)
    if re.fullmatch(r"[0-9]{10}(x[0-9]{1,7})?", stored):
        assert normalize(for_display(stored)) == stored


def test_the_provider_gets_e164_T2() -> None:
    assert e164("6045550199") == "+16045550199"


@pytest.mark.parametrize(
    "other", ["", "604555019", "+16045550199", "604-555-0199", "6045550199x1", "６０４５５５０１９９"]
)
def test_nothing_but_ten_digits_is_dialled_T2(other: str) -> None:
    with pytest.raises(ValueError, match="ten digits") as refusal:
        e164(other)
    assert not other or other not in str(refusal.value)
