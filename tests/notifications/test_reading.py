"""What people text back: keywords however they are typed, and the plain words of 400 texts (T6, T7)."""

import time
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.models import Meaning
from notifications.reading import PROVIDER, WORD, explain, read
from notifications.reading.english import RULES as ENGLISH_RULES
from notifications.reading.french import RULES as FRENCH_RULES
from tests.notifications.phrases_people_text import ENGLISH, FRENCH, PHRASES

STOP_WORDS = (
    "stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out", "opt-out",
    "arret", "arrêt",
)  # fmt: skip
KEYWORDS = {
    **dict.fromkeys(STOP_WORDS, Meaning.STOP),
    **dict.fromkeys(("start", "unstop"), Meaning.RESUME),
    **dict.fromkeys(("help", "info", "aide"), Meaning.HELP),
}


def wide(word: str) -> str:
    """Full-width letters, as some keyboards of East Asia type them."""
    return "".join(chr(ord(ch) + 0xFEE0) if "!" <= ch <= "~" else ch for ch in word)


def alternating(word: str) -> str:
    return "".join(ch.upper() if at % 2 else ch for at, ch in enumerate(word))


CASES = (str.lower, str.upper, str.title, alternating, wide)
SPACES = ("{}", " {}", "{} ", "\n{}\n", "\t {} \r\n", "\u00a0{}\u3000", "\u200b{}\ufeff")
PUNCTUATION = (
    "{}", "{}.", "{}!", "{}!!!", "{}?", "{}...", "{}…", "“{}”", '"{}"', "'{}'", "«\u00a0{}\u00a0»", "({})", "*{}*",
    "-{}-", "{},", "{};", "¡{}!", "{}。", "{} 🛑", "🙏🏽{}", "{} \N{HEAVY BLACK HEART}\ufe0f", "{} :)",
)  # fmt: skip
FORMS = list(product(CASES, SPACES, PUNCTUATION))


@pytest.mark.parametrize(("word", "meaning"), KEYWORDS.items())
def test_a_keyword_counts_in_any_case_space_and_punctuation_T6(word: str, meaning: Meaning) -> None:
    wrong = []
    for case, space, mark in FORMS:
        said = mark.format(space.format(case(word)))
        reading = explain(said)
        if (reading.meaning, reading.rule) != (meaning, WORD):
            wrong.append((said, reading))
    assert wrong == []
    assert len(FORMS) == 5 * 7 * 22


@pytest.mark.parametrize(
    "said",
    [
        "STOP STOP STOP",
        "stop. stop. stop!",
        "S T O P",
        "s.t.o.p.",
        "S-T-O-P",
        "stop stopall",
        "𝐒𝐓𝐎𝐏",
        "ⓢⓣⓞⓟ",
        "s\u0301top",
    ],
)
def test_a_keyword_said_twice_or_spelled_out_is_one_T6(said: str) -> None:
    assert explain(said).rule == WORD
    assert read(said) == Meaning.STOP


@pytest.mark.parametrize("said", ["yes", "YES", " Yes! ", "yes yes", "ＹＥＳ"])
@pytest.mark.parametrize("opt_out_type", ["", "START", "start"])
def test_yes_is_no_resume_and_no_confirmation_T6(said: str, opt_out_type: str) -> None:
    """Twilio takes YES for START; here it answers any question at all."""
    assert read(said, opt_out_type) == Meaning.OTHER


@pytest.mark.parametrize(
    "said", ["start again", "please start again", "start start please", "unstop me", "restart", "stop start", "oui"]
)
def test_only_a_resume_word_alone_resumes_T6(said: str) -> None:
    assert read(said) != Meaning.RESUME


@pytest.mark.parametrize(
    ("opt_out_type", "meaning"),
    [("STOP", Meaning.STOP), ("START", Meaning.RESUME), ("HELP", Meaning.HELP), ("stop ", Meaning.STOP)],
)
@pytest.mark.parametrize("said", ["BASTA", "alto", "see you at three", "", "stop", "help"])
def test_what_advanced_opt_out_recognized_counts_T6(opt_out_type: str, meaning: Meaning, said: str) -> None:
    reading = explain(said, opt_out_type)
    assert (reading.meaning, reading.rule) == (meaning, PROVIDER)


@pytest.mark.parametrize("opt_out_type", ["", "MAYBE", "STOPPED", "\0", "x" * 1000])
def test_what_it_did_not_recognize_is_read_by_its_words(opt_out_type: str) -> None:
    assert read("wrong number", opt_out_type) == Meaning.STOP
    assert read("see you at three", opt_out_type) == Meaning.OTHER


@pytest.mark.parametrize(("said", "meaning"), PHRASES, ids=[said for said, _meaning in PHRASES])
def test_a_text_in_plain_words_is_read_as_it_is_meant_T6_T7(said: str, meaning: Meaning) -> None:
    assert read(said) == meaning, explain(said)


@pytest.mark.parametrize(("said", "meaning"), PHRASES, ids=[said for said, _meaning in PHRASES])
def test_capitals_plain_quotes_and_missing_accents_change_nothing(said: str, meaning: Meaning) -> None:
    plain = said.replace("’", "'").translate(str.maketrans("éèêàçôîû", "eeeacoiu"))
    if not said.startswith(("Liked", "Loved", "Reacted", "A aimé")):  # phones write these, not people
        assert read(plain.upper()) == meaning
        assert read(f"  {plain.lower()}\n") == meaning


def test_there_are_enough_phrases_of_both_languages() -> None:
    said = [phrase for phrase, _meaning in PHRASES]
    assert len(set(said)) == len(said)
    assert sum(map(len, ENGLISH.values())) > 200
    assert sum(map(len, FRENCH.values())) > 100
    print(f"\n{len(said)} phrases; keywords in {len(KEYWORDS) * len(FORMS):,} forms")  # noqa: T201 (the figure to be shown)


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("please stop texting me", "en"),
        ("Stop. Thank you", "en"),
        ("Stop svp", "fr"),
        ("mauvais numéro", "fr"),
        ("ARRÊT", "fr"),
        ("aide", "fr"),
        ("Arrêtez", "fr"),
        ("stop", ""),
        ("OPT OUT", ""),
        ("Stop!! 🛑", ""),
    ],
)
def test_the_words_tell_their_language(said: str, language: str) -> None:
    assert explain(said).language == language


def test_every_rule_has_a_name_and_every_meaning_a_rule() -> None:
    for rules in (ENGLISH_RULES, FRENCH_RULES):
        names = [rule.name for rule in rules]
        assert len(set(names)) == len(names)
        assert all(names)
        assert {rule.meaning for rule in rules} == {Meaning.STOP, Meaning.MAYBE_STOP, Meaning.OTHER}


NESTED = ["stop ", "stop the ", "please ", "don't ", "s t o p ", "a", "stop sending the ", "!?", "\u0301", "ﷺ",
          "you have you have the wrong ", "no more ", "arrêtez de ", "je ne veux plus de ", "x-", "stop, ",
          "remove me from the ", "want to keep to get ", "how do i "]  # fmt: skip


@pytest.mark.parametrize("piece", NESTED)
def test_reading_takes_little_time_whatever_the_words(piece: str) -> None:
    """Ten thousand characters of the same thing, over and over, and a thousand times as much: about the same time."""
    times = []
    for length in (10_000, 10_000_000):
        body = (piece * (length // len(piece) + 1))[:length]
        begun = time.process_time()
        explain(body)
        times.append(time.process_time() - begun)
    assert max(times) < 2, times


@given(st.text(max_size=300), st.text(max_size=12))
def test_any_text_has_a_meaning_and_always_the_same(body: str, opt_out_type: str) -> None:
    assert explain(body, opt_out_type) == explain(body, opt_out_type)
    assert read(body) in Meaning


@given(
    st.sampled_from(sorted(KEYWORDS)),
    st.lists(st.booleans(), min_size=12, max_size=12),
    st.text(" \t\n.,!?;:'\"()*~-…»«🛑\ufe0f\u200b", max_size=8),
    st.text(" \t\n.,!?;:'\"()*~-…»«🛑\ufe0f\u200b", max_size=8),
)
def test_what_surrounds_a_keyword_changes_nothing_T6(word: str, capitals: list[bool], before: str, after: str) -> None:
    cased = "".join(ch.upper() if up else ch for ch, up in zip(word, capitals, strict=False)) + word[len(capitals) :]
    assert read(before + cased + after) == KEYWORDS[word]


WORDS = sorted({word for said, _meaning in PHRASES for word in said.split()})


@given(st.lists(st.sampled_from(WORDS), max_size=60))
def test_any_row_of_such_words_is_read_without_an_error(words: list[str]) -> None:
    assert read(" ".join(words)) in Meaning
