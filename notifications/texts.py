"""The craft of a text message: its alphabet, its segments, and how it is made to fit (T4, T5).

Carriers bill and deliver texts in segments. A text in the GSM 7-bit alphabet has 160 characters in its one
segment; a single character outside that alphabet makes the whole text UCS-2, with 70. Sources: 3GPP TS 23.038
for the alphabet, 3GPP TS 23.040 for the segments.

Nothing here knows about practices' data, templates or the provider: text in, text out.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from wcwidth import iter_graphemes

# 3GPP TS 23.038, 6.2.1, in the order of the table. Escape (0x1B) is not a character.
GSM_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""Characters that take one unit in GSM-7."""

GSM_EXTENSION: Final = frozenset("\f^{}\\[~]|€")
"""Characters that take two units in GSM-7: an escape and one more (3GPP TS 23.038, 6.2.1.1)."""

SHORTEST_NAME: Final = 6
"""Graphemes (characters as readers count them) of a practice's name that shortening always leaves; a name
that has no more is left whole."""

MOST_SEGMENTS: Final = 2
"""No text is ever longer than this (T5)."""

_GSM: Final = GSM_BASIC | GSM_EXTENSION
_GSM_ALONE: Final = 160
_ELLIPSIS: Final = "..."
# What a name or sentence is not left to end with.
_TRAILING: Final = " -,;:.&|/+("
_EMPTY_BRACKETS = re.compile(r"\(\s*\)|\[\s*\]")
# Words that announce another, in the languages of the U.S. and Canada.
_CONNECTING_WORDS: Final = frozenset(
    {
        "a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "the", "to", "with",
        "à", "au", "aux", "avec", "chez", "d'", "de", "des", "du", "en", "et", "l'", "la", "le", "les", "par",
        "pour", "sur", "y",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Segments:
    """How a text travels. `units` are septets for GSM-7, UTF-16 code units for UCS-2; `count` is segments."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    count: int


def segments(body: str) -> Segments:
    """Count a text's segments: 160 units alone or 153 in each of several for GSM-7, 70 or 67 for UCS-2.

    What takes two units, an escaped character or a surrogate pair, is never split over two segments, so a
    unit may stay unused at the end of one. An empty text has no segment.
    """
    if _GSM.issuperset(body):
        sizes = [2 if ch in GSM_EXTENSION else 1 for ch in body]
        return Segments("GSM-7", sum(sizes), _count(sizes, alone=_GSM_ALONE, each=153))
    sizes = [2 if ord(ch) > 0xFFFF else 1 for ch in body]
    return Segments("UCS-2", sum(sizes), _count(sizes, alone=70, each=67))


def _count(sizes: list[int], *, alone: int, each: int) -> int:
    """Segments for characters of these sizes in units: `alone` units if there is one, `each` if several."""
    units = sum(sizes)
    if units <= alone:
        return 1 if units else 0
    count, room = 1, each
    for size in sizes:
        if size > room:
            count, room = count + 1, each
        room -= size
    return count


# Typographic characters to what a typewriter has. Before NFKC, which would make worse of some of them
# ("´" a space and a loose accent, "™" letters).
_TYPEWRITER: Final = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′‵ʹʻʼʽˈ´`＇❛❜‹›", "'"),
        **dict.fromkeys("“”„‟″‶«»〝〞❝❞¨＂", '"'),
        **dict.fromkeys("‐‑‒–—―−⁃﹘﹣－⸺⸻•‣▪●◦", "-"),
        **dict.fromkeys("…⋯", "..."),
        **dict.fromkeys("·∙⋅‧", "."),
        **dict.fromkeys("⁄∕", "/"),
        **dict.fromkeys("™®℠", ""),
        "©": "(c)",
        "°": "o",
        "×": "x",
        "ˆ": "^",
        "˜": "~",
        "¦": "|",
        "→": "->",
        "←": "<-",
        "\N{REPLACEMENT CHARACTER}": "?",
        # Invisible, yet neither spaces nor controls to Unicode.
        **dict.fromkeys("\N{HANGUL FILLER}\N{HALFWIDTH HANGUL FILLER}\u115f\u1160\N{BRAILLE PATTERN BLANK}", " "),
        "\N{OBJECT REPLACEMENT CHARACTER}": "",
        "\N{COMBINING GRAPHEME JOINER}": "",
        "\N{COMBINING ENCLOSING KEYCAP}": "",
        # Variation selectors only choose a glyph, and cost a unit each.
        **dict.fromkeys([*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), *range(0x180B, 0x180E)], ""),
    }
)

# Latin letters whose base letter is not their decomposition's.
_BASE_LETTERS: Final = {
    "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "œ": "oe", "Œ": "OE",
    "ı": "i", "ħ": "h", "Ħ": "H", "ŧ": "t", "Ŧ": "T", "ŋ": "n", "Ŋ": "N", "ĸ": "k", "ẞ": "SS", "ə": "e",
    "Ə": "E",
}  # fmt: skip

_JOINERS = re.compile("[\u200c\u200d]+")
# Scripts that are joined by them, and emoji, begin with Hebrew.
_FIRST_JOINED: Final = 0x0590


def plain(text: str) -> str:
    """The text with every typographic character made plain, on one line, so that it fits more often (T5).

    - Curly quotes, dashes, ellipses, bullets, exotic spaces, full-width forms, ligatures and styled letters
      become what a typewriter has; controls, direction marks and other invisible characters go; space is
      single.
    - Letters GSM-7 has are kept: é, è, à, ñ, ü, Ç. Accents it lacks (ê, ç, ł) are dropped only where that
      makes the whole text GSM-7, so "Clinique Forêt" stays one segment. Where another script needs UCS-2
      anyway, dropping them would gain nothing, and they stay.
    - Other scripts and emoji are kept, joiners within them too.

    Never raises; the result has no lone surrogate. Making plain text plain again changes nothing.
    """
    if text.isascii() and text.isprintable() and "`" not in text:
        return " ".join(text.split())
    # Taking a character out can bring two others together that compose, so pass again until nothing changes.
    while (once := _plain_once(text)) != text:
        text = once
    return text


def _plain_once(text: str) -> str:
    typed = "".join(map(_visible, text)).translate(_TYPEWRITER)
    composed = unicodedata.normalize("NFKC", typed).translate(_TYPEWRITER)
    lined = " ".join(_JOINERS.sub(_joiner_if_needed, composed).split())
    latin = "".join(map(_base_letters, lined))
    return latin if _GSM.issuperset(latin) else lined


def _visible(ch: str) -> str:
    """A character, a space for one that separates, nothing for one that cannot be seen or sent."""
    if ch.isascii() and ch.isprintable():
        return ch
    if ch.isspace():
        return " "
    if ch in "\u200c\u200d":
        return ch
    # Control, format (direction marks, soft hyphen, zero width), surrogate alone, private use.
    return "" if unicodedata.category(ch) in ("Cc", "Cf", "Cs", "Co") else ch


def _joiner_if_needed(joiners: re.Match[str]) -> str:
    """A zero-width joiner is part of an emoji or a syllable between two of their characters, else noise."""
    text, start, end = joiners.string, joiners.start(), joiners.end()
    between = start > 0 and end < len(text)
    return joiners[0][0] if between and min(ord(text[start - 1]), ord(text[end])) >= _FIRST_JOINED else ""


def _base_letters(ch: str) -> str:
    """A Latin letter GSM-7 lacks as the letter under its accents; every other character as it is."""
    if ch in _GSM:
        return ch
    base = "".join(part for part in unicodedata.normalize("NFD", ch) if not unicodedata.combining(part))
    return _BASE_LETTERS.get(base, base)


@dataclass(frozen=True, slots=True)
class FittedText:
    """A text as it is sent, with how it travels."""

    body: str
    segments: Segments


def fit(*, practice: str, render: Callable[[str], str], footer: str) -> FittedText:
    """The text `render(practice) + " " + footer`, made plain and made to fit (T4, T5).

    It is one segment if it can be: with the whole name of the practice, or with the name shortened
    (`short_names`) or relieved of what needs UCS-2 (`_versions`), whichever keeps most of its letters.
    Otherwise it is two, with the whole name or by the same rules. If even two are too few the name is at
    its smallest, and the middle, what `render` gave, is cut and ends in "...". The footer is never touched,
    so that the unsubscribe instruction always ends the text.

    `render` gets a plain name and is called several times, so it must be pure. `footer` is a line of our own
    templates: ValueError if it is blank or by itself too long for `MOST_SEGMENTS`.
    """
    ending = plain(footer)
    if not ending or segments(ending).count > MOST_SEGMENTS:
        raise ValueError(f"the footer must have one to {MOST_SEGMENTS} segments, got {segments(ending).count}")

    def text(middle: str) -> FittedText:
        body = f"{middle} {ending}" if middle else ending
        return FittedText(body, segments(body))

    name = plain(practice)
    texts: dict[str, FittedText] = {}

    def fits(short: str, most: int) -> bool:
        if short not in texts:
            texts[short] = text(plain(render(short)))
        return texts[short].segments.count <= most

    for most in range(1, MOST_SEGMENTS + 1):
        fitting = [
            next((short for short in short_names(version) if fits(short, most)), None) for version in _versions(name)
        ]
        if kept := [short for short in fitting if short is not None]:
            return texts[max(kept, key=_letters)]
    smallest = min(texts, key=lambda short: (texts[short].segments.count, texts[short].segments.units))
    return _cut(plain(render(smallest)), text)


def short_names(name: str) -> Iterator[str]:
    """A plain name, then ever shorter names for it, for `fit` to take the first that fits.

    A name is cut between words, with nothing added, as people shorten names themselves: "Riverside
    Counselling" for "Riverside Counselling and Wellness Centre". Only where that would leave two thirds of
    the room unused, as with one long word or a script without spaces, is it cut inside a word, with "..."
    to show it. No grapheme is split, and at least `SHORTEST_NAME` of them stay.
    """
    yield name
    # What is longer than a whole text need not be tried.
    graphemes = list(iter_graphemes(name))[: _GSM_ALONE * MOST_SEGMENTS]
    last = name
    for room in range(len(graphemes) - 1, SHORTEST_NAME - 1, -1):
        short = _between_words(graphemes, room) or _inside_a_word(graphemes, room)
        # Where a cut sheds punctuation it can undo the next one, which then is no shorter.
        if short and short != last and _length(short) <= _length(last):
            yield short
            last = short


def _between_words(graphemes: list[str], room: int) -> str:
    """The whole words that fit in `room` graphemes, nothing if they are too few or waste most of it."""
    spaces = [at for at in range(room + 1) if graphemes[at] == " "]
    words = "".join(graphemes[: spaces[-1]]).split() if spaces else []
    while words and (words[-1].casefold() in _CONNECTING_WORDS or not _letters(words[-1])):
        words.pop()
    short = " ".join(words).rstrip(_TRAILING)
    if short.count("(") > short.count(")"):
        short = short[: short.rindex("(")].rstrip(_TRAILING)
    return short if _length(short) >= max(SHORTEST_NAME, room / 3) else ""


def _inside_a_word(graphemes: list[str], room: int) -> str:
    """The beginning and "...", in `room` graphemes altogether, nothing if they leave too few."""
    short = "".join(graphemes[: max(0, room - len(_ELLIPSIS))]).rstrip(_TRAILING)
    return f"{short}{_ELLIPSIS}" if _length(short) >= SHORTEST_NAME else ""


def _versions(name: str) -> Iterator[str]:
    """The name, and if it needs UCS-2 what is left of it in GSM-7, where that is still the name.

    It is if every letter is left, so that only emoji and other decoration went, or at least half of them
    and `SHORTEST_NAME` graphemes: "Vancouver Counselling" for "Vancouver Counselling 心理". A name mainly in
    another script does need UCS-2, and is counted against 70 (T5).
    """
    yield name
    if _GSM.issuperset(name):
        return
    graphemes = (g if _GSM.issuperset("".join(map(_base_letters, g))) else " " for g in iter_graphemes(name))
    left = plain(_EMPTY_BRACKETS.sub("", "".join(graphemes))).strip(_TRAILING)
    letters, all_letters = _letters(left), _letters(name)
    mostly = letters * 2 >= all_letters and _length(left) >= SHORTEST_NAME
    if letters and (letters == all_letters or mostly):
        yield left


def _cut(middle: str, text: Callable[[str], FittedText]) -> FittedText:
    """The text with as much of its middle as `MOST_SEGMENTS` allow, then "..."; only the footer if none."""
    graphemes = list(iter_graphemes(middle[: _GSM_ALONE * MOST_SEGMENTS]))

    def cut(kept: int) -> FittedText:
        beginning = plain("".join(graphemes[:kept])).rstrip(_TRAILING)
        return text(f"{beginning}{_ELLIPSIS}" if beginning else "")

    # The more is kept the longer it is, so the first length that is too long can be searched by halves.
    too_long = bisect_right(range(len(graphemes) + 1), MOST_SEGMENTS, key=lambda kept: cut(kept).segments.count)
    return cut(too_long - 1)


def _letters(name: str) -> int:
    """Letters and digits, in any script."""
    return sum(ch.isalnum() for ch in name)


def _length(text: str) -> int:
    """Length in graphemes."""
    return sum(1 for _ in iter_graphemes(text))
