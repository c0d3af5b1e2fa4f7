"""What the documents point at is there."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Not of the repository: virtual environments, data, and caches.
FOREIGN = (".venv", "var", ".pytest_cache", ".hypothesis", "node_modules")
DOCUMENTS = sorted(
    path for path in ROOT.rglob("*.md") if not path.relative_to(ROOT).parts[0].startswith(FOREIGN) and path.is_file()
)
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(<?([^)>\s]+)[^)]*\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)


def links(document: Path) -> list[str]:
    """Where its links lead, inline ones and those listed below the text, other hosts left out."""
    found = [inline or listed for inline, listed in LINK.findall(CODE.sub("", document.read_text()))]
    return [link for link in found if not re.match(r"[a-z][a-z+.-]*:|//", link)]


def headings(document: Path) -> set[str]:
    """The anchors of its headings, as they are made from the words: lower case, hyphens for spaces."""
    words = re.findall(r"^#+ +(.+?) *$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in words}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    for link in links(document):
        path, _, anchor = unquote(link).partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.is_relative_to(ROOT), f"{link} leads out of the repository"
        assert target.exists(), link
        assert not anchor or anchor in headings(target), link


def test_links_are_found() -> None:
    """Or the test above would pass for want of any."""
    assert "docs/deploying.md" in links(ROOT / "README.md")
    assert len(DOCUMENTS) > 5
