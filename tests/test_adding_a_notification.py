"""docs/adding-a-notification.md works: its blocks are put into a copy of Blink, whose new test then passes there.

What leaves is looked at by the guide's own test, in that copy: an email and a text in the outbox.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.test_docs import FOREIGN, ROOT

GUIDE = ROOT / "docs" / "adding-a-notification.md"
# A line that begins with the path of a file and ends in a colon, then the block.
BLOCK = re.compile(r"^`(?P<path>[^`\s]+)`[^`\n]*:\n```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """What the guide tells its reader to write, and where."""

    path: str
    is_change: bool
    text: str


def blocks() -> Iterator[Block]:
    """The blocks of the guide, in order."""
    for found in BLOCK.finditer(GUIDE.read_text()):
        yield Block(found["path"], found["language"] == "diff", found["text"])


def write(block: Block, house: Path) -> None:
    """Follow one block in this copy: a new file, or changes to one that is there."""
    file = house / block.path
    if not block.is_change:
        assert not file.exists(), f"{block.path} is there already, so the block should be a diff"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.text)
        return
    words = file.read_text()
    for change in block.text.split("...\n"):
        lines = change.splitlines()
        before = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
        after = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
        assert words.count(before) == 1, f"{block.path} does not have this, or more than once:\n{before}"
        words = words.replace(before, after)
    file.write_text(words)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of Blink in which somebody has followed the guide."""
    copy = tmp_path_factory.mktemp("followed") / "blink"
    without = shutil.ignore_patterns("*.pyc", "__pycache__", ".git")
    for path in ROOT.iterdir():
        if path.name.startswith((".", *FOREIGN)):
            continue
        if path.is_dir():
            shutil.copytree(path, copy / path.name, ignore=without)
        else:
            copy.mkdir(exist_ok=True)
            shutil.copy(path, copy)
    for block in blocks():
        write(block, copy)
    return copy


def run(house: Path, *command: str) -> str:
    """What a program says in the copy, on SQLite and without a broker; it must succeed."""
    own = {"DATABASE_URL": "", "REDIS_URL": "", "DATA_DIR": str(house / "var"), "PYTHONPATH": str(house)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=house,
        env={**kept, **own},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
    return done.stdout


def test_the_guide_leads_to_an_email_and_a_text(house: Path) -> None:
    """By its own test, and without breaking those of the app that it adds to."""
    (own,) = (block for block in blocks() if block.path.startswith("tests/"))
    named = re.findall(r"^def (test_\w+)", own.text, re.MULTILINE)
    assert len(named) >= 3
    said = run(house, "pytest", own.path, "tests/homework/test_notifications.py", "-v", "-p", "no:cacheprovider")
    for name in named:
        assert f"{own.path}::{name} PASSED" in said


def test_the_guide_needs_no_migration(house: Path) -> None:
    run(house, "django", "makemigrations", "--check", "--dry-run", "--settings=blink.settings")


def test_what_the_guide_shows_is_written_as_the_house_writes(house: Path) -> None:
    written = sorted({block.path for block in blocks() if block.path.endswith(".py")})
    assert len(written) >= 3
    run(house, "ruff", "check", *written)
    run(house, "ruff", "format", "--check", *written)


def test_every_template_of_a_notice_is_in_the_guide() -> None:
    """Or a reader would learn of a missing one only from the record: "its words could not be put together"."""
    named = {Path(block.path).name for block in blocks() if block.path.startswith("templates/")}
    assert named == {path.name for path in (ROOT / "templates/homework/added").iterdir()}
