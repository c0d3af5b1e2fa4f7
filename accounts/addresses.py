"""Postal addresses of practices: regions, postal codes, and the countries whose practices may text (T1).

Addresses of the U.S. and Canada are checked and kept in the postal services' form; elsewhere an address is
kept as typed, since a wrong refusal costs more than an odd spelling. Countries are upper-case ISO 3166-1
codes of two letters. Names of regions come from `localflavor`, in the reader's language where it has them.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from localflavor.ca.ca_provinces import PROVINCE_CHOICES, PROVINCES_NORMALIZED
from localflavor.us.us_states import COFA_STATES, STATE_CHOICES, STATES_NORMALIZED

US_TERRITORIES: Final = frozenset({"PR", "GU", "VI", "AS", "MP", "UM"})
"""U.S. territories that have an ISO country code of their own. `UM` is the minor outlying islands."""

TEXTABLE_COUNTRIES: Final = frozenset({"US", "CA"}) | US_TERRITORIES
"""Countries whose practices may text: the U.S. with its territories, and Canada (T1)."""

REGIONS: Final[Mapping[str, Sequence[tuple[str, str]]]] = {"US": STATE_CHOICES, "CA": PROVINCE_CHOICES}
"""Country to its (code, name) pairs, by name: the 50 states, DC, territories and military mail; the provinces
and territories. Names are translated when read: they are a form's choices, not text to compare."""

# What people write besides the names and abbreviations that `localflavor` knows, in the form `_folded` gives.
_OTHER_US_NAMES: Final = {
    "washington dc": "DC",
    "armed forces americas": "AA",
    "armed forces europe": "AE",
    "armed forces pacific": "AP",
    "commonwealth of the northern mariana islands": "MP",
    "cnmi": "MP",
    "virgin islands of the united states": "VI",
}
_OTHER_CANADIAN_NAMES: Final = {
    "colombie britannique": "BC",
    "ile du prince edouard": "PE",
    "nouveau brunswick": "NB",
    "nouvelle ecosse": "NS",
    "nwt": "NT",
    "territoires du nord ouest": "NT",
    "terre neuve et labrador": "NL",
    "territoire du yukon": "YT",
}

_NOT_A_REGION: Final = {
    "US": _("Enter a U.S. state or territory, by its name or its two letters."),
    "CA": _("Enter a Canadian province or territory, by its name or its two letters."),
}

_ZIP = re.compile(r"([0-9]{5})(?:[ -]*([0-9]{4}))?")
# D, F, I, O, Q and U are in no postal code, and none starts with W or Z (Canada Post, Addressing Guidelines).
# So O and I where a digit belongs were meant for one.
_CANADIAN = re.compile(r"([ABCEGHJ-NPRSTVXY][0-9OI][ABCEGHJ-NPRSTV-Z])[ -]*([0-9OI][ABCEGHJ-NPRSTV-Z][0-9OI])")
_MEANT_AS_DIGITS: Final = str.maketrans("OI", "01")

# Province or territory to the first letters of its postal codes (Canada Post, Addressing Guidelines).
_FIRST_LETTERS: Final[Mapping[str, str]] = {
    "NL": "A",
    "NS": "B",
    "PE": "C",
    "NB": "E",
    "QC": "GHJ",
    "ON": "KLMNP",
    "MB": "R",
    "SK": "S",
    "AB": "T",
    "BC": "V",
    "NT": "X",
    "NU": "X",
    "YT": "Y",
}


def clean_region(country: str, typed: str) -> str:
    """The two-letter code of a state, province or territory typed by code or by name, in any case.

    Common abbreviations are understood too, and the provinces also in French ("B.C.", "Calif.", "Québec").
    For any other country the text comes back as typed, trimmed; it may be empty.

    Raises ValidationError, in words for the person typing, for what is no region of the U.S. or Canada.
    """
    if country not in REGIONS:
        return _trimmed(typed)
    name = _folded(typed)
    # The choices are listed in the reader's language, so that is understood as well.
    shown = {_folded(str(label)): code for code, label in REGIONS[country]}
    code = _REGION_NAMES[country].get(name) or shown.get(name)
    if code is None:
        raise ValidationError(_NOT_A_REGION[country], code="invalid")
    return code


def clean_postal_code(country: str, typed: str, region: str | None = None) -> str:
    """A postal code in the form its postal service writes it: `98101`, `98101-2345`, `H2X 1Y4`.

    `region` is a code from `clean_region`; with it the first letter of a Canadian postal code must be one of
    that province's. U.S. territories have ZIP codes also when they stand as a country of their own. For any
    other country the text comes back as typed, trimmed; it may be empty.

    Raises ValidationError, in words for the person typing.
    """
    if country == "CA":
        return _canadian_postal_code(typed, region)
    if country == "US" or country in US_TERRITORIES:
        return _zip_code(typed)
    return _trimmed(typed)


def _zip_code(typed: str) -> str:
    found = _ZIP.fullmatch(_typed_plainly(typed))
    if not found:
        raise ValidationError(_("Enter a ZIP code such as 98101 or 98101-2345."), code="invalid")
    return f"{found[1]}-{found[2]}" if found[2] else found[1]


def _canadian_postal_code(typed: str, region: str | None) -> str:
    found = _CANADIAN.fullmatch(_typed_plainly(typed).upper())
    if not found:
        raise ValidationError(
            _("Enter a postal code such as H2X 1Y4: letter, digit, letter, digit, letter, digit."),
            code="invalid",
        )
    code = f"{found[1]} {found[2]}".translate(_MEANT_AS_DIGITS)
    letters = _FIRST_LETTERS.get(region or "", code[0])
    if code[0] not in letters:
        raise ValidationError(
            _("Postal codes in %(region)s start with %(letters)s, this one with %(letter)s. Check both."),
            code="other_region",
            params={
                "region": dict(REGIONS["CA"])[region or ""],
                "letters": ", ".join(letters),
                "letter": code[0],
            },
        )
    return code


def _trimmed(typed: str) -> str:
    """The text without what cannot be seen or stored, spaces single."""
    kept = (
        " " if ch.isspace() else ch
        for ch in typed
        if ch.isspace() or unicodedata.category(ch) not in ("Cc", "Cf", "Cs")
    )
    return " ".join("".join(kept).split())


def _typed_plainly(typed: str) -> str:
    """Trimmed, with full-width characters and all dashes as their ASCII selves."""
    folded = unicodedata.normalize("NFKC", _trimmed(typed))
    return "".join("-" if unicodedata.category(ch) == "Pd" or ch == "−" else ch for ch in folded)


def _folded(name: str) -> str:
    """A name without case, accents or punctuation: `Île-du-Prince-Édouard` is `ile du prince edouard`."""
    decomposed = unicodedata.normalize("NFKD", _trimmed(name).replace(".", "").casefold())
    letters = (ch if ch.isalnum() else " " for ch in decomposed if not unicodedata.combining(ch))
    return " ".join("".join(letters).split())


# `localflavor` also knows the names of countries that the U.S. mail serves by treaty; they are not the U.S.
_NOT_US: Final = frozenset(code for code, _name in COFA_STATES)
_REGION_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "US": {_folded(name): code for name, code in STATES_NORMALIZED.items() if code not in _NOT_US} | _OTHER_US_NAMES,
    "CA": {_folded(name): code for name, code in PROVINCES_NORMALIZED.items()} | _OTHER_CANADIAN_NAMES,
}
