"""The words of a text, as people type them, and the ones that mean something by themselves (T6)."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 10_000
"""Characters of a text that are read. No phone sends so many."""

STOP_WORDS: Final = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "arret"})
RESUME_WORDS: Final = frozenset({"start", "unstop"})
HELP_WORDS: Final = frozenset({"help", "info", "aide"})
FRENCH_WORDS: Final = frozenset({"arret", "aide"})
# Words that people write apart.
_TOGETHER: Final = {("stop", "all"): "stopall", ("opt", "out"): "optout", ("un", "subscribe"): "unsubscribe"}

# Said around a wish, and no part of it.
_COURTESIES = {
    "en": "please pls plz plse pleas kindly thanks thx thnx ty tysm hi hello hey sorry just sir madam maam dear",
    "fr": "svp stp merci bonjour bonsoir allo salut desole desolee veuillez",
}
_LONG_COURTESIES = {
    "en": (
        "thank you very much", "thank you so much", "thank you", "thank u", "have a (?:good|nice|great|blessed) day",
        "good (?:morning|afternoon|evening|day)", "excuse me", "i m sorry", "im sorry",
    ),
    "fr": ("s il vous plait", "s il te plait", "merci beaucoup", "bonne journee", "bonne soiree", "excusez moi"),
}  # fmt: skip
# Said around a bare "stop", and meaning nothing there; elsewhere they do ("no more texts").
_INTERJECTIONS = {
    "en": "no yes yeah ok okay now immediately already asap omg ugh dude man lol guys bye goodbye everyone again but",
    "fr": "non oui ouin maintenant immediatement tout de suite la",
}


def _as_pattern(short: str, long: tuple[str, ...] = ()) -> re.Pattern[str]:
    return re.compile(f"(?<= )(?:{'|'.join([*long, *short.split()])}) ")


_COURTESY = {language: _as_pattern(_COURTESIES[language], _LONG_COURTESIES[language]) for language in _COURTESIES}
_INTERJECTION = {language: _as_pattern(words) for language, words in _INTERJECTIONS.items()}

# What parts one thing said from the next: punctuation, line ends, and a dash with space around it.
_BETWEEN_PARTS = re.compile(r"""([.!?;:,()"“”«»„\n\r\t]+|\s[-–—]+\s|[–—])""")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Part:
    """One thing said, between two marks of punctuation: its plain words with a space before, between and after."""

    words: str
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A text without what does not matter: `words` all of them, `parts` without courtesies, none of them empty."""

    words: tuple[str, ...]
    parts: tuple[Part, ...]
    language: str  # of its courtesies: "en", "fr", or "" where there are none, or of both


def plain_words(body: str) -> Text:
    """The text in small letters without accents, marks and symbols.

    Full-width, styled and decorated letters are letters (NFKC), an apostrophe and a hyphen part words. Never raises.
    """
    folded = _folded(body)
    pieces = _BETWEEN_PARTS.split(folded)
    said = []
    spoken = set()
    for at in range(0, len(pieces), 2):
        mark = pieces[at + 1] if at + 1 < len(pieces) else ""
        line = f" {' '.join(_WORD.findall(pieces[at]))} "
        for language, pattern in _COURTESY.items():
            line, found = pattern.subn("", line)
            if found:
                spoken.add(language)
        if line.strip():
            said.append(Part(line, asked="?" in mark))
    return Text(tuple(_WORD.findall(folded)), tuple(said), spoken.pop() if len(spoken) == 1 else "")


def keyword(words: tuple[str, ...]) -> str:
    """The one keyword that a whole text is, however it is spelled out or repeated; "" if it is none."""
    if len(words) > 1 and all(len(word) == 1 for word in words):
        words = ("".join(words),)  # S T O P, s.t.o.p.
    joined: list[str] = []
    for word in words:
        if joined and (joined[-1], word) in _TOGETHER:
            joined[-1] = _TOGETHER[joined[-1], word]
        else:
            joined.append(word)
    distinct = set(joined)
    alone = len(distinct) == 1 and distinct <= RESUME_WORDS | HELP_WORDS
    return joined[0] if joined and (distinct <= STOP_WORDS or alone) else ""  # STOP STOP STOP; stop end quit


def bare(part: Part) -> tuple[str, str]:
    """What is left of a part without interjections, and the language of those (as `Text.language`)."""
    left, spoken = part.words, set()
    for language, pattern in _INTERJECTION.items():
        left, found = pattern.subn("", left)
        if found:
            spoken.add(language)
    words = left.split()
    once = [word for at, word in enumerate(words) if at == 0 or word != words[at - 1]]
    if len(words) > 2 and all(len(word) == 1 for word in words):
        once = ["".join(words)]  # S T O P, please
    return " ".join(once), spoken.pop() if len(spoken) == 1 else ""


def _folded(body: str) -> str:
    text = unicodedata.normalize("NFKC", body[:LONGEST]).casefold()
    text = unicodedata.normalize("NFD", text)[: 2 * LONGEST]
    kept = "".join(ch for ch in text if unicodedata.category(ch) not in ("Mn", "Me", "Cf"))
    return kept.replace("œ", "oe").replace("æ", "ae")
