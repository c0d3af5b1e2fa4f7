"""Phone numbers: what is kept of what people type, and which of them can be texted (T2, T3).

A stored number has one of four shapes, all of which `normalize` leaves as they are:

- `6045550199`: ten digits, the way every number of country code 1 is kept. Only these can be texted.
- `6045550199x12`: the same with an extension. An extension is behind a switchboard, which takes no texts.
- `+442079460958` or `02079460958`: digits of a number elsewhere, with its `+` if one was typed.
- what was typed, when it is none of these: `604-555-HELP`, two numbers in one field, `ask grandma`.

Letters are never turned into keypad digits. A person's mobile is not a vanity number, and reading
"604 555 home" as 604 555-4663 would text a stranger. Such input is kept as typed, for a person to read.

No function here raises on any text, except `e164`, whose caller must have checked.
"""

import functools
import re
import unicodedata
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from accounts.addresses import US_TERRITORIES

MAX_LENGTH: Final = 64
"""Longest stored number, in characters. Model and form fields use it; `normalize` cuts what is longer."""

_US_AND_CANADA: Final = frozenset({"US", "CA"})

# E.164 allows fifteen digits; more than that is not one number.
_MOST_DIGITS: Final = 15

_TEN_DIGITS = re.compile(r"[0-9]{10}")
# Neither an area code nor the exchange after it starts with 0 or 1 (North American Numbering Plan).
_POSSIBLE = re.compile(r"[2-9][0-9]{2}[2-9][0-9]{6}")
# Digits with whatever punctuation people put between them. Letters end a run, and so does "#", which
# announces an extension, and a "+", which begins another number.
_RUN = re.compile(r"(?:[+(][+( ]*)?[0-9](?:(?:[^\w#+]|_)*[0-9])*\)?")
# The punctuation one number has. Commas, slashes and the like may part two numbers.
_ONE_NUMBER_ONLY = re.compile(r"[ .()+0-9-]*")
# A bracketed trunk zero, as in +44 (0)20 7946 0958, is not dialled after the country code.
_TRUNK_ZERO = re.compile(r"\(0\)")
# Country code 1 as it is dialled at home (1), and from abroad (+1, 00 1, 011 1). Area codes never start
# with 0 or 1, so nothing else is taken for one.
_COUNTRY_CODE_1 = re.compile(r"(?:\+|00|011)?1([2-9][0-9]{9})")
_EXTENSION_WORDS: Final = frozenset({"x", "ext", "extn", "extension", "poste", "#"})
_MOST_EXTENSION_DIGITS: Final = 7
_WITH_EXTENSION = re.compile(r"([0-9]{10})x([0-9]+)")


def normalize(typed: str) -> str:
    """What is stored of a phone number as typed or pasted, in one of the shapes listed above (T2).

    A number of country code 1 becomes its ten digits, whatever the punctuation, script of the digits, country
    code or words around it. Anything else is kept as meant, never guessed at. A leading 1 before a possible
    area code is the country code, although Chinese mobiles typed without +86 look the same: a login of a U.S.
    or Canadian practice is far likelier to have the former.

    Returns at most `MAX_LENGTH` characters and never more than were typed. Normalizing the result again
    changes nothing. The result can be stored: it has no control characters and no lone surrogates.
    """
    text = _visible(typed)
    plain = _with_plain_digits(text)
    runs = list(_RUN.finditer(plain))
    if len(runs) == 1:
        return _one_number(text=text, plain=plain, run=runs[0].group())
    if len(runs) == 2:
        return _ten_digits_with_extension(plain, *runs) or text
    return text


def digits(stored: str) -> str:
    """The ASCII digits of a number, for a message that counts them ("the phone number has 11 digits").

    An extension's digits count. Ten digits do not make a number textable: +47 22 12 34 56 has ten and is
    Norwegian. Decide with `is_ten_digits`, not by the length of this.
    """
    return re.sub(r"[^0-9]", "", _with_plain_digits(normalize(stored)))


def is_ten_digits(stored: str) -> bool:
    """Whether the number is exactly ten digits, punctuation and a country code 1 aside (T2).

    A number typed with the `+` of another country is not, whatever its length.
    """
    return bool(_TEN_DIGITS.fullmatch(normalize(stored)))


def is_us_or_canada(ten_digits: str) -> bool:
    """Whether ten digits belong to the U.S., a U.S. territory or Canada, so that they may be texted (T3).

    Decided by the area code, not by whether the number is in use: 555-01xx, set aside for fiction, counts.
    False for the other countries that share country code 1 (Jamaica, Dominican Republic, Bahamas, ...), for
    codes tied to no place (toll-free 800 and its kin, 900, 500: no person's mobile has one), for codes that
    cannot exist (0xx, 1xx, 911), for exchanges that cannot (604 055), and for anything but ten ASCII digits.

    An area code newer than the installed `phonenumbers` is unknown and so refused: a text too few is on
    record and mended by an upgrade, a text abroad is not.
    """
    return bool(_POSSIBLE.fullmatch(ten_digits)) and _is_textable_area_code(ten_digits[:3])


def for_display(stored: str) -> str:
    """A stored number as people write it: `(604) 555-0199`, `(604) 555-0199 x12`, `+44 20 7946 0958`.

    Anything else is shown as it is stored.
    """
    kept = normalize(stored)
    if _TEN_DIGITS.fullmatch(kept):
        return f"({kept[:3]}) {kept[3:6]}-{kept[6:]}"
    if extended := _WITH_EXTENSION.fullmatch(kept):
        return f"{for_display(extended[1])} x{extended[2]}"
    if kept.startswith("+"):
        try:
            number = phonenumbers.parse(kept)
        except phonenumbers.NumberParseException:
            return kept
        if phonenumbers.is_possible_number(number):
            return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    return kept


def for_search(typed: str) -> str:
    """Words that are looked for, a phone number among them as it is stored: `(206) 555-0143` is `2065550143`."""
    kept = normalize(typed)
    return kept if re.fullmatch(r"\+?[0-9]+", kept) else typed


def e164(ten_digits: str) -> str:
    """Ten digits as the text provider wants them: `+16045550199`.

    Raises ValueError for anything but ten ASCII digits, so that no other number is dialled as if it were one.
    """
    if not _TEN_DIGITS.fullmatch(ten_digits):
        # The number itself stays out of the message: messages end up in logs.
        raise ValueError(f"expected ten digits, got {len(ten_digits)} characters")
    return f"+1{ten_digits}"


def country_of(ten_digits: str) -> str:
    """The country or U.S. territory of a number that may be texted, such as "CA"; nothing for any other number."""
    return _country_of_area_code(ten_digits[:3]) if is_us_or_canada(ten_digits) else ""


@functools.cache
def area_codes_of(country: str) -> frozenset[str]:
    """The area codes of numbers that may be texted in a country, as `country_of` names it."""
    possible = (str(code) for code in range(200, 1000))
    return frozenset(code for code in possible if country_of(f"{code}5550123") == country)


@functools.lru_cache(maxsize=1000)
def _country_of_area_code(area_code: str) -> str:
    # `phonenumbers` has no question about an area code alone, so ask about 555-0123 in it, which its metadata
    # takes for a number everywhere in the U.S. and Canada. The territories are known by their leading digits.
    number = phonenumbers.PhoneNumber(country_code=1, national_number=int(f"{area_code}5550123"))
    return str(phonenumbers.region_code_for_number(number) or "")


@functools.lru_cache(maxsize=1000)
def _is_textable_area_code(area_code: str) -> bool:
    """Whether a three-digit area code is one of the U.S., its territories or Canada."""
    number = phonenumbers.PhoneNumber(country_code=1, national_number=int(f"{area_code}5550123"))
    region = _country_of_area_code(area_code)
    if region in _US_AND_CANADA:
        # Toll-free, premium and personal numbers are filed under these without belonging to a place.
        return phonenumbers.number_type(number) == PhoneNumberType.FIXED_LINE_OR_MOBILE
    return region in US_TERRITORIES


def _visible(typed: str) -> str:
    """The text without what cannot be seen or stored, spaces single, cut to `MAX_LENGTH`.

    Address books wrap copied numbers in invisible direction marks; databases refuse NUL and lone surrogates.
    """
    kept = "".join(
        " " if ch.isspace() else ch
        for ch in typed
        if ch.isspace() or unicodedata.category(ch) not in ("Cc", "Cf", "Cs")
    )
    return " ".join(kept.split())[:MAX_LENGTH].rstrip()


def _with_plain_digits(text: str) -> str:
    """The text with digits, dashes, brackets and dots of every script as their ASCII selves.

    Character for character, so positions stay the same.
    """
    return "".join(map(_plain_character, text))


def _plain_character(ch: str) -> str:
    if ch.isascii():
        return ch
    category = unicodedata.category(ch)
    if category == "Nd":
        return str(unicodedata.decimal(ch))
    if category == "Pd" or ch == "−":
        return "-"
    if ch in "·•∙‧⋅":
        return "."
    # Full-width letters and signs: one character for one.
    folded = unicodedata.normalize("NFKC", ch)
    return folded if len(folded) == 1 else ch


def _one_number(*, text: str, plain: str, run: str) -> str:
    """What is kept of text with a single run of digits: ten digits, digits, or the text."""
    abroad = "+" in run
    number = re.sub(r"[^0-9]", "", _TRUNK_ZERO.sub("", run) if abroad else run)
    if abroad:
        number = f"+{number}"
    if _TEN_DIGITS.fullmatch(number):
        return number
    if ours := _COUNTRY_CODE_1.fullmatch(number):
        return ours[1]
    # Only a bare number loses its punctuation: in "604-555-HELP" or "555-0199 (work)" the rest is meant too.
    bare = not re.sub(r"[ .()-]", "", plain.replace(run, "", 1))
    single = _ONE_NUMBER_ONLY.fullmatch(run) and len(number) <= _MOST_DIGITS + abroad
    return number if bare and single and number != "+" else text


def _ten_digits_with_extension(plain: str, number: re.Match[str], extension: re.Match[str]) -> str:
    """`6045550199x12` if the text is such a number, its extension and nothing after it, or else nothing."""
    between = plain[number.end() : extension.start()].strip(" .,;:=()-").casefold()
    after = plain[extension.end() :].strip(" .)")
    inner = re.sub(r"[^0-9]", "", extension.group())
    if between not in _EXTENSION_WORDS or after or len(inner) > _MOST_EXTENSION_DIGITS or "+" in extension.group():
        return ""
    ours = normalize(number.group())
    return f"{ours}x{inner}" if _TEN_DIGITS.fullmatch(ours) else ""
