"""The server as anybody starts it: the program ``accrue``, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.architecture.source import REPOSITORY

LONGEST_LIFE = 240
"""Seconds after which a server is ended, whatever happens."""

LONGEST_STORY = 120
_ANNOUNCED = "the Fake speaks stripe at "


@contextmanager
def serving(*options: str) -> Iterator[str]:
    """Serve on a free port of this machine; return the origin."""
    program = str(Path(sys.executable).with_name("accrue"))
    command = [program, "fake", "serve", "--wire", "stripe", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as server:
        watch = threading.Timer(LONGEST_LIFE, server.kill)
        watch.start()
        try:
            line = server.stdout.readline() if server.stdout else ""
            assert line.startswith(_ANNOUNCED), f"the server said {line!r}"
            yield line.removeprefix(_ANNOUNCED).strip()
        finally:
            server.terminate()
            server.wait()
            watch.cancel()


def told_by(command: Sequence[str]) -> dict[str, Any]:
    """Give a stranger's program a server of its own; return what it printed.

    A program that complains has failed, also where it ends well.
    """
    with serving() as origin:
        ended = subprocess.run(
            [*command, origin],
            cwd=REPOSITORY,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=LONGEST_STORY,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (0, ""), f"{ended.returncode}: {ended.stderr}"
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def environment() -> dict[str, str]:
    """Return this process's environment without settings of ours, and without a proxy."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ACCRUE_") and not name.lower().endswith("_proxy")
    }
    return {**kept, "NO_PROXY": "*"}
