"""A process that has imported everything and forks a child for each run that is to be killed.

It reads one JSON line per run and answers with one: how the child ended, and which points it
passed. The child kills itself, with SIGKILL, at the point whose number it was given.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from datetime import timedelta
from typing import Any

from accrue_core import Accrue, Owner, Settings
from accrue_fake.hosting.client import HostedBackend, HostedClock
from accrue_fake.processor import FakeProcessor
from tests.kill.scenarios import SCENARIOS
from tests.stage import CATALOG, ORIGIN, Offered


def hosted_accrue(database_url: str, socket_path: str, **options: Any) -> Accrue:
    """Return an Accrue whose Fake runs in a process of its own."""
    processor = FakeProcessor(HostedBackend(socket_path))
    return Accrue(
        Settings(
            database_url=database_url,
            plugins_disabled=frozenset({"fake", "stripe"}),
            allowed_origins=frozenset({ORIGIN}),
            money_deadline=options.pop("money_deadline", timedelta(minutes=30)),
        ),
        catalog=CATALOG,
        clock=HostedClock(socket_path),
        plugins=[Offered([processor])],
        **options,
    )


class Points:
    """Counts the announced points and dies at one of them."""

    def __init__(self, kill_at: int | None) -> None:
        self.passed: list[str] = []
        self._kill_at = kill_at

    def __call__(self, point: str) -> None:
        if len(self.passed) == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed.append(point)


async def run(job: dict[str, Any], points: Points) -> None:
    """Run one scenario to its end, or to the point where it dies."""
    accrue = hosted_accrue(job["database_url"], job["socket"], announce=points)
    try:
        await SCENARIOS[job["scenario"]](accrue, Owner("team", job["owner"]))
    finally:
        await accrue.runtime.close()


def child(job: dict[str, Any], answer: int) -> None:
    """Run the job and write the passed points to the pipe, unless it kills us first."""
    points = Points(job["kill_at"])
    asyncio.run(run(job, points))
    os.write(answer, json.dumps(points.passed).encode())


def serve() -> None:
    """Fork one child per line until the input ends."""
    for line in sys.stdin:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                os.close(reading)
                child(json.loads(line), writing)
                code = 0
            finally:
                os._exit(code)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            passed = json.loads(pipe.read() or b"null")
        _, status = os.waitpid(pid, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
        sys.stdout.write(json.dumps({"killed": killed, "code": code, "passed": passed}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
