"""`manage.py messages`: bring `locale/` up to date with the words in code and templates.

Needs Babel, from the development requirements, and no program outside Python. Words that the code no longer
has are dropped; new ones are added untranslated, for a person to translate before running it once more.
"""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation.template import templatize

KEYWORDS: dict[str, Any] = {
    "_": None,
    "_now": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
WIDTH = 120
# Header fields that would change with every run, or that say nothing.
VOLATILE = tuple(
    f'"{field}:'.encode()
    for field in (
        "Project-Id-Version",
        "Report-Msgid-Bugs-To",
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Last-Translator",
        "Language-Team",
        "Generated-By",
    )
)


class Command(BaseCommand):
    help = "Bring locale/ up to date with the words in code and templates."

    def handle(self, *args: Any, **options: Any) -> None:
        words = catalogue_of_code()
        for language in translated_languages():
            path = po_path(language)
            known = read(path) if path.exists() else Catalog(locale=language, domain="django")
            known.update(words, no_fuzzy_matching=True)
            known.obsolete.clear()
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(as_po(known))
            path.with_suffix(".mo").write_bytes(as_mo(known))
            left = untranslated(known)
            self.stdout.write(f"{path.relative_to(settings.BASE_DIR)}: {len(known)} messages, {len(left)} untranslated")


def translated_languages() -> list[str]:
    """Every language but the one that the code is written in."""
    return [language for language, _name in settings.LANGUAGES if language != settings.LANGUAGE_CODE]


def po_path(language: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.po"


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        catalogue: Catalog = read_po(file, domain="django")
        return catalogue


def as_po(catalogue: Catalog) -> bytes:
    """A catalogue as it is kept: sorted, without places and dates, so that it changes only with its words."""
    kept = Catalog(
        locale=catalogue.locale, domain="django", fuzzy=False, header_comment="# Blink in its other languages."
    )
    for message in catalogue:
        if message.id:
            kept[message.id] = message
    buffer = io.BytesIO()
    write_po(buffer, kept, width=WIDTH, no_location=True, sort_output=True)
    lines = buffer.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(VOLATILE))


def as_mo(catalogue: Catalog) -> bytes:
    """The compiled catalogue of a kept one, byte for byte the same each time."""
    kept = read_po(io.BytesIO(as_po(catalogue)), domain="django")
    kept.creation_date = kept.revision_date = datetime(2000, 1, 1, tzinfo=UTC)  # its header must have some date
    buffer = io.BytesIO()
    write_mo(buffer, kept)
    return buffer.getvalue()


def untranslated(catalogue: Catalog) -> list[str]:
    """The messages that lack a translation, or whose translation is only a guess."""
    return [str(message.id) for message in catalogue if message.id and (message.fuzzy or not _is_whole(message))]


def _is_whole(message: Message) -> bool:
    forms = [message.string] if isinstance(message.string, str) else list(message.string or [""])
    return all(forms)


def catalogue_of_code() -> Catalog:
    """Every message in the project's own Python and templates."""
    catalogue = Catalog(domain="django")
    for path in sources():
        for _line, message, comments, context in messages_in(path):
            catalogue.add(message, auto_comments=comments, context=context)
    return catalogue


def sources() -> list[Path]:
    """Python and templates of the project, without its tests and Django admin, which is for ourselves."""
    base = Path(settings.BASE_DIR)
    apps = [base / app.split(".")[0] for app in settings.INSTALLED_APPS if (base / app.split(".")[0]).is_dir()]
    found = {path for app in apps for path in app.rglob("*.py") if "migrations" not in path.parts}
    found |= {path for suffix in ("html", "txt") for path in (base / "templates").rglob(f"*.{suffix}")}
    return sorted(path for path in found if "admin" not in path.parts and path.name != "admin.py")


def messages_in(path: Path) -> Iterator[tuple[int, Any, list[str], str | None]]:
    """Each message of one file as (line, message or plural pair, translators' comments, context)."""
    code = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # Django turns a template into something like Python; only its indentation is not.
        code = "\n".join(line.strip() for line in templatize(code, origin=str(path)).splitlines())
    yield from extract("python", io.BytesIO(code.encode()), keywords=KEYWORDS, comment_tags=["Translators:"])
