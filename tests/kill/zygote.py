"""A process that has imported everything and forks a child for each run that is to be killed.

It reads one JSON line per run and answers with one: how the child ended, and which points it
passed. The child kills itself, with SIGKILL, at the point that it was given.

Much is imported late, by design. What a child that lived had to import is imported here, for those
after it: they would do it again and again.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from importlib import import_module
from typing import Any

from accrue_core import Accrue, Owner
from tests.kill.reaching import (
    StillClock,
    announcing,
    hosted_accrue,
    stripe_account,
    wired_accrue,
)
from tests.kill.scenarios import SCENARIOS


class Points:
    """Counts the announced points, and dies at one of them: by its number, or by its name."""

    def __init__(self, kill_at: int | str | None) -> None:
        self.passed: list[str] = []
        self._kill_at = kill_at

    def __call__(self, point: str) -> None:
        if self._kill_at in (len(self.passed), point):
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed.append(point)


@asynccontextmanager
async def reached(job: dict[str, Any], points: Points) -> AsyncIterator[Accrue]:
    """Open an Accrue that announces its points; over HTTP every request is two more of them."""
    if "socket" in job:
        accrue = hosted_accrue(job["database_url"], job["socket"], announce=points)
        try:
            yield accrue
        finally:
            await accrue.runtime.close()
        return
    async with announcing(points) as client:
        account = stripe_account(job["origin"], job["secrets"])
        clock = StillClock(datetime.fromisoformat(job["moment"]))
        accrue = wired_accrue(job["database_url"], account, clock, client=client, announce=points)
        try:
            yield accrue
        finally:
            await accrue.runtime.close()


async def run(job: dict[str, Any], points: Points) -> None:
    """Run one scenario to its end, or to the point where it dies."""
    async with reached(job, points) as accrue:
        await SCENARIOS[job["scenario"]](accrue, Owner("team", job["owner"]))


def child(job: dict[str, Any], answer: int) -> None:
    """Run the job and write what came of it to the pipe, unless it kills us first."""
    known, points = set(sys.modules), Points(job["kill_at"])
    asyncio.run(run(job, points))
    imported = [name for name in sys.modules if name not in known]
    with os.fdopen(answer, "w") as pipe:
        json.dump({"passed": points.passed, "imported": imported}, pipe)


def forked(job: dict[str, Any]) -> dict[str, Any]:
    """Run a job in a child, and return how it ended."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(reading)
            child(job, writing)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = json.loads(pipe.read() or b"{}")
    _, status = os.waitpid(pid, 0)
    for name in said.get("imported", ()):
        import_module(name)
    return {
        "killed": os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL,
        "code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
        "passed": said.get("passed"),
    }


def serve() -> None:
    """Fork one child per line until the input ends."""
    for line in sys.stdin:
        answer = forked(json.loads(line))
        gc.freeze()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
