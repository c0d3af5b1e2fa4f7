"""What a text to us asks for (T6, T7). Pure: words in, a meaning out, in bounded time, whatever the words.

The order in which a text is read:

1. What Twilio's Advanced Opt-Out recognized counts (`OptOutType`), except for YES, which answers any question.
2. A text that is a keyword and nothing else is that keyword (`words.py`): case, spaces, punctuation, accents aside.
3. A reaction to one of our texts ("Liked “... Reply STOP to stop”") quotes us and says nothing.
4. Each part of the text, between two marks of punctuation, is held against the table of rules (`english.py`,
   `french.py`), whose first that fits counts for it. One part that plainly means stop makes the text a STOP; else
   one that may makes it a MAYBE_STOP.

A plain wish is never missed, and nobody is stopped who speaks of an appointment: where both are possible it is a
MAYBE_STOP, and staff decide. See docs/decisions/0012-what-people-text-back.md.
"""

import re
from dataclasses import dataclass
from typing import Final

from notifications.models import Meaning
from notifications.reading import english, english_words, french, french_words, phrases
from notifications.reading.phrases import Rule
from notifications.reading.words import (
    FRENCH_WORDS,
    HELP_WORDS,
    LONGEST,
    RESUME_WORDS,
    STOP_WORDS,
    Part,
    Text,
    bare,
    plain_words,
)
from notifications.reading.words import keyword as keyword_of

__all__ = ["LONGEST", "PROVIDER", "WORD", "Reading", "explain", "read"]

PROVIDER: Final = "recognized by the provider"
WORD: Final = "a keyword and nothing else"

_BY_PROVIDER: Final = {"STOP": Meaning.STOP, "START": Meaning.RESUME, "HELP": Meaning.HELP}
_RULES: Final = (*english.RULES, *french.RULES, english.UNCLEAR)
# How phones quote a text that was given a heart or a thumb.
_REACTION = re.compile(
    r"""\s*(?:liked|loved|disliked|laughed\ at|emphasi[sz]ed|questioned|reacted\b.{0,20}\bto|removed\ an?\ .{1,20}\bfrom
    |a\ aimé|a\ adoré|n['’]a\ pas\ aimé|a\ ri\ de|a\ réagi\b.{0,20}|a\ mis\ en\ évidence)\s*(?:[“"«]|an\ image\b)""",
    re.IGNORECASE | re.VERBOSE,
)
# The stop sign, the sign of no entry, the sign of prohibition.
_SIGNS: Final = "🛑⛔🚫"
# A text that begins or ends so means it, unless it speaks of care.
_BARE_WISHES: Final = STOP_WORDS - {"cancel", "end", "quit", "revoke"} | english_words.BARE | french_words.BARE
_AT_EITHER_END: Final = frozenset({"stop", "stopall", "unsubscribe", "optout", "opt out", "arret"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text means, by which rule, and the language it was said in ("en", "fr", or "" where it tells none)."""

    meaning: Meaning
    rule: str = ""
    language: str = ""


def read(body: str, opt_out_type: str = "") -> Meaning:
    """What a text asks of us. `opt_out_type` is what Twilio's Advanced Opt-Out took it for, if anything."""
    return explain(body, opt_out_type).meaning


def explain(body: str, opt_out_type: str = "") -> Reading:
    """What a text asks of us, and why it was read so. Never raises."""
    text = plain_words(body)
    word = keyword_of(text.words)
    language = "fr" if word in FRENCH_WORDS else ""
    by_provider = _BY_PROVIDER.get(opt_out_type.strip().upper())
    if by_provider and not (by_provider == Meaning.RESUME and set(text.words) == {"yes"}):
        return Reading(by_provider, PROVIDER, language)
    if word in STOP_WORDS:
        return Reading(Meaning.STOP, WORD, language)
    if word in RESUME_WORDS:
        return Reading(Meaning.RESUME, WORD, language)
    if word in HELP_WORDS:
        return Reading(Meaning.HELP, WORD, language)
    if _REACTION.match(body[:100]):
        return Reading(Meaning.OTHER, "a reaction to one of our texts")
    return _by_meaning(text, body)


def _by_meaning(text: Text, body: str) -> Reading:
    """The strongest of what its parts say."""
    found = [_of(part) for part in text.parts]
    if wish := _bare_wish(text, denied=any(reading.rule == phrases.NOT_TO_STOP for reading in found)):
        found.append(wish)
    if not text.words and any(sign in body for sign in _SIGNS):
        found.append(Reading(Meaning.MAYBE_STOP, "a sign that says stop"))
    for meaning in (Meaning.STOP, Meaning.MAYBE_STOP):
        for reading in found:
            if reading.meaning == meaning:
                return Reading(meaning, reading.rule, reading.language or text.language)
    return next((reading for reading in found if reading.rule), Reading(Meaning.OTHER))


def _bare_wish(text: Text, *, denied: bool) -> Reading | None:
    """ "Stop. Thank you": a stop word and courtesies, or one before or after something that is not about care."""
    said = [bare(part) for part in text.parts]
    left = [words for words, _language in said if words]
    if not left:
        return None
    language = next((language for _words, language in said if language), "")
    if set(left) <= _BARE_WISHES:
        in_french = not french_words.BARE.isdisjoint(left)
        return Reading(Meaning.STOP, "a stop word and courtesies", "fr" if in_french else language)
    about_care = not (english_words.CARE | french_words.CARE).isdisjoint(text.words)
    if not (about_care or denied) and {left[0], left[-1]} & _AT_EITHER_END:
        return Reading(Meaning.STOP, "a stop word by itself, and nothing about care", language)
    return None


def _of(part: Part) -> Reading:
    """What one part says, by the first rule that fits it."""
    for rule in _RULES:
        if rule.fits(part.words):
            return _asked(part, rule) if part.asked else Reading(rule.meaning, rule.name, rule.language)
    return Reading(Meaning.OTHER)


def _asked(part: Part, rule: Rule) -> Reading:
    """ "Could you stop these?" is a wish; "Wrong number?" only asks."""
    if rule.meaning == Meaning.STOP and not (english.REQUEST.fits(part.words) or french.REQUEST.fits(part.words)):
        return Reading(Meaning.MAYBE_STOP, f"{rule.name}, asked", rule.language)
    return Reading(rule.meaning, rule.name, rule.language)
