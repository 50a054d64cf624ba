"""The demonstration host, as people start it: a process of its own, ended by its number."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
MAIN = REPOSITORY / "examples/litestar_saas/main.py"
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
READY = re.compile(r"Ctrl-C")
PATIENCE = 120.0
"""Seconds until a host has played its year and answers, and until it has ended."""


class HostDidNotStart(Exception):
    """The host ended, or took too long; its own words are in the message."""


@dataclass
class RunningHost:
    """A host that answers at ``url`` and keeps its data in ``folder``."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]

    def end(self) -> None:
        """End it as a service manager does; kill it if it does not listen."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(PATIENCE)


def start_host(folder: Path, *, organizations: int) -> RunningHost:
    """Start a host on a free port, and return when everything it shows is there.

    An empty folder is filled with a year of so many organizations first; one that was filled is
    taken up where it stands.
    """
    folder.mkdir(parents=True, exist_ok=True)
    said = folder.with_suffix(".log")
    environment = {
        **os.environ,
        "PORT": "0",
        "ACCRUE_DEMO_FOLDER": str(folder),
        "ACCRUE_DEMO_ORGANIZATIONS": str(organizations),
        "NO_COLOR": "1",
    }
    with said.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(MAIN)],
            cwd=REPOSITORY,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    host = RunningHost("", folder, process)
    try:
        host.url = _address(process, said)
    except HostDidNotStart:
        host.end()
        raise
    return host


def copy_of(seeded: Path, folder: Path) -> Path:
    """Return a copy of what an ended host has left, for another to take up."""
    shutil.copytree(seeded, folder)
    return folder


def _address(process: subprocess.Popen[bytes], said: Path) -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        text = said.read_text(encoding="utf-8")
        address = ADDRESS.search(text)
        if address and READY.search(text):
            return address[0]
        if process.poll() is not None:
            raise HostDidNotStart(f"the host ended with {process.returncode}:\n{text}")
        time.sleep(0.05)
    raise HostDidNotStart(f"the host was not ready in {PATIENCE:.0f} s:\n{text}")
