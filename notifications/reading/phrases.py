"""A small language for phrases, so that a rule can be read aloud.

A phrase is a row of words that stand next to each other somewhere in a part of a text:

    stop            that word
    a|b             either word (or group)
    <texts>         any word, or row of words, of a group that is defined beside the rules
    ^ $             the part begins, or ends, here
    !of !<texts>    what comes next is not that
    ...?            may be left out
    ...*            may be left out, or come up to four times
    _               any one word

Every repeat is bounded, so reading takes time in proportion to the text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from notifications.models import Meaning

NOT_TO_STOP: Final = "not to stop"
"""The name of the rules, in every language, by which somebody asks us to go on."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a text means that has one of these phrases in it."""

    name: str
    meaning: Meaning
    language: str
    patterns: tuple[re.Pattern[str], ...]

    def fits(self, words: str) -> bool:
        """Whether one of the phrases is in these words, which have a space before, between and after them."""
        return any(pattern.search(words) for pattern in self.patterns)


def rule(name: str, meaning: Meaning, language: str, groups: Mapping[str, str], phrases: str) -> Rule:
    """A rule from its phrases, one a line. `groups` are alternatives with "|" between."""
    lines = [line.split() for line in phrases.splitlines() if line.strip()]
    return Rule(name, meaning, language, tuple(_pattern(line, groups) for line in lines))


def _pattern(elements: list[str], groups: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile("(?<= )" + "".join(_element(each, groups) for each in elements))


def _element(element: str, groups: Mapping[str, str]) -> str:
    if element == "^":
        return r"(?<=\A )"
    if element == "$":
        return r"\Z"
    if element.startswith("!"):
        return f"(?!{_words(element[1:], groups)})"
    if element.endswith("?"):
        return f"(?:{_words(element[:-1], groups)})?"
    if element.endswith("*"):
        return f"(?:{_words(element[:-1], groups)}){{0,4}}"
    return _words(element, groups)


def _words(element: str, groups: Mapping[str, str]) -> str:
    if element == "_":
        return r"[^ ]+ "
    alternatives = {
        " ".join(each.split())
        for name in element.split("|")
        for each in (groups[name[1:-1]] if name.startswith("<") else name).split("|")
    }
    # "any more" is tried before "any".
    longest_first = sorted(alternatives, key=lambda each: (-len(each), each))
    return f"(?:{'|'.join(re.escape(each) for each in longest_first)}) "
