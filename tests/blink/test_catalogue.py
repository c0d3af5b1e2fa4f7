"""Every word that people read is translated, and what is compiled is what was translated."""

import re
from collections.abc import Sequence

import pytest

from blink.management.commands.messages import (
    as_mo,
    as_po,
    catalogue_of_code,
    po_path,
    read,
    translated_languages,
    untranslated,
)

MEND = "Run `make messages`, translate what is new in the .po, and run it again."


@pytest.fixture(params=translated_languages())
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_compiled_catalogue_is_the_written_one(language: str) -> None:
    path = po_path(language)
    assert path.read_bytes() == as_po(read(path)), MEND
    assert path.with_suffix(".mo").read_bytes() == as_mo(read(path)), MEND


def test_nothing_is_untranslated_or_guessed(language: str) -> None:
    assert untranslated(read(po_path(language))) == []


def test_every_word_in_code_and_templates_is_in_the_catalogue(language: str) -> None:
    written = {(message.context, message.id) for message in catalogue_of_code() if message.id}
    known = {(message.context, message.id) for message in read(po_path(language)) if message.id}
    assert len(written) > 100
    assert written - known == set(), MEND


def test_translations_keep_every_placeholder(language: str) -> None:
    for message in read(po_path(language)):
        forms, translations = _forms(message.id), _forms(message.string)
        # The singular may leave out the count; the plural has every placeholder.
        wanted = _placeholders(forms[-1])
        assert all(_placeholders(translation) <= wanted for translation in translations), message.id
        assert _placeholders(translations[-1]) == wanted, message.id


def _forms(words: str | Sequence[str] | None) -> list[str]:
    return [words] if isinstance(words, str) else list(words or [])


def _placeholders(words: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s", words))
