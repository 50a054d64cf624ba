"""Prepare the outside team's Node project: the SDK that its lock names, and nothing else.

``python -m tests.strangers.prepare`` returns at once when that is done. It ends with 1, and says
what to do, where Node or npm is missing or the installation fails.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).with_name("node")
OLDEST_NODE = 20
ADVICE = f"""\
make test-strangers: Node {OLDEST_NODE} or newer and npm are needed, and {{missing}}.
  - install both (on Debian, as root: apt-get install nodejs npm), or put them on the PATH;
  - every other target goes without them."""

_DOWNLOAD_SECONDS = 300
_ANSWER_SECONDS = 30
_VERSION = re.compile(r"v(\d+)\.")


class NotPrepared(Exception):
    """The lane cannot run here; the message says why, and what to do."""


def node() -> str:
    """Return the path of a Node that is new enough, or raise ``NotPrepared``."""
    found = shutil.which("node")
    if found is None:
        raise NotPrepared(ADVICE.format(missing="there is no node"))
    version = _version_of(found)
    matched = _VERSION.match(version)
    if matched is None or int(matched[1]) < OLDEST_NODE:
        raise NotPrepared(ADVICE.format(missing=f"{found} says that it is {version or 'nothing'}"))
    return found


def install(project: Path = PROJECT) -> None:
    """Install what the lock names, unless that is there already."""
    npm = shutil.which("npm")
    if npm is None:
        raise NotPrepared(ADVICE.format(missing="there is no npm"))
    if is_installed(project):
        return
    # What npm says belongs to the person who waits for it, and not on standard output.
    ended = subprocess.run(
        [npm, "ci"], cwd=project, stdout=sys.stderr, timeout=_DOWNLOAD_SECONDS, check=False
    )
    if ended.returncode != 0:
        raise NotPrepared("make test-strangers: npm could not install the SDK; see above.")
    _stamp(project).write_text(_fingerprint(project))


def is_installed(project: Path = PROJECT) -> bool:
    """Whether ``install`` has done what the lock says now."""
    stamp = _stamp(project)
    return stamp.exists() and stamp.read_text() == _fingerprint(project)


def main() -> int:
    """Prepare, and say what is wrong."""
    try:
        node()
        install()
    except (NotPrepared, subprocess.TimeoutExpired) as trouble:
        print(trouble, file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _version_of(program: str) -> str:
    try:
        said = subprocess.run(
            [program, "--version"],
            capture_output=True,
            text=True,
            timeout=_ANSWER_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout.strip()


def _stamp(project: Path) -> Path:
    return project / "node_modules" / ".prepared"


def _fingerprint(project: Path) -> str:
    return hashlib.sha256((project / "package-lock.json").read_bytes()).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())
