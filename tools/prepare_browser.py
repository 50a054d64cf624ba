"""Find a Chromium for the browser lane, get one where none is found, and print its path.

Looks at $CHROMIUM, at what Playwright has installed, and on the PATH. Then tries to install one:
with Playwright, and on Debian, as root, with apt-get. Ends with 1, and says what to do, when
nothing worked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ADVICE = """\
prepare_browser: no Chromium was found, and none could be installed. One of these helps:
  - install it with your system's packages (on Debian, as root: apt-get install chromium);
  - let Playwright fetch its own: .venv/bin/python -m playwright install --with-deps chromium
  - name one that is there: CHROMIUM=/path/to/chromium make test-browser"""

_DOWNLOAD_SECONDS = 600
_ANSWER_SECONDS = 30
_PLAYWRIGHT_S_OWN = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


class NoChromium(Exception):
    """There is none, or the one that was named does not run."""


def find() -> str | None:
    """Return the path of the first Chromium that runs; ``NoChromium`` if a named one does not."""
    named = os.environ.get("CHROMIUM")
    if named:
        found = shutil.which(named)
        if found is None or not runs(found):
            raise NoChromium(f"prepare_browser: CHROMIUM={named} is not a Chromium that runs")
        return found
    return next((path for path in _candidates() if runs(path)), None)


def runs(path: str) -> bool:
    """Say whether a program is there and calls itself a Chromium.

    Some systems have a script of that name which only says how to install one.
    """
    try:
        said = subprocess.run(
            [path, "--version"],
            capture_output=True,
            text=True,
            timeout=_ANSWER_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0 and "chrom" in said.stdout.lower()


def install() -> str | None:
    """Install one in the ways that are open here, and return its path."""
    for attempt in (_with_playwright, _with_apt):
        if attempt() and (found := find()):
            return found
    return None


def main() -> int:
    """Print the path of a Chromium; everything else that is said goes to standard error."""
    try:
        found = find() or install()
    except NoChromium as trouble:
        print(trouble, file=sys.stderr)
        return 1
    if found is None:
        print(ADVICE, file=sys.stderr)
        return 1
    print(found)
    return 0


def _candidates() -> Iterator[str]:
    own = _playwright_s_own()
    if own is not None:
        yield own
    for name in NAMES:
        found = shutil.which(name)
        if found is not None:
            yield found


def _playwright_s_own() -> str | None:
    """Return where Playwright has, or would have, its own browser; ask in a process of its own."""
    asked = subprocess.run(
        [sys.executable, "-c", _PLAYWRIGHT_S_OWN], capture_output=True, text=True, check=False
    )
    path = asked.stdout.strip()
    return path if asked.returncode == 0 and Path(path).is_file() else None


def _with_playwright() -> bool:
    return _attempt([sys.executable, "-m", "playwright", "install", "chromium"])


def _with_apt() -> bool:
    is_possible = os.geteuid() == 0 and Path("/etc/debian_version").exists()
    if not is_possible or shutil.which("apt-get") is None:
        return False
    return _attempt(["apt-get", "install", "--yes", "--no-install-recommends", "chromium"])


def _attempt(command: list[str]) -> bool:
    print(f"prepare_browser: trying {' '.join(command[-3:])}", file=sys.stderr)
    try:
        # What an installer says belongs to the person who waits for it, not to our one line.
        ended = subprocess.run(command, stdout=sys.stderr, timeout=_DOWNLOAD_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0


if __name__ == "__main__":
    raise SystemExit(main())
