"""A host as its developer has it: a module in the current directory, and an environment."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from click.testing import CliRunner, Result

from accrue_core import Accrue, Settings
from accrue_core.cli.main import accrue as program
from accrue_core.webhooks.ingest import ingest
from tests.architecture.source import REPOSITORY
from tests.cli.stand_in import SIGNED, Offered, StandIn, event

T = TypeVar("T")
Work = Callable[[Accrue], Coroutine[Any, Any, T]]

HOST = """\
from accrue_core import Accrue, Settings
from tests.cli.stand_in import Offered, StandIn

accrue = Accrue(Settings.from_env(), plugins=[Offered([StandIn()])])
"""
_numbers = itertools.count()


@dataclass
class Console:
    """A shell in a directory of its own, with nothing of Accrue's in the environment but this."""

    folder: Path
    settings: dict[str, str]
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("ACCRUE_")}
        return {**inherited, "PYTHONPATH": str(REPOSITORY), **self.settings}

    def host(self, source: str = HOST) -> str:
        """Write a host's module, never imported before, and say how ``--app`` names it."""
        name = f"host_{next(_numbers)}"
        (self.folder / f"{name}.py").write_text(source)
        return f"{name}:accrue"

    def run(self, *arguments: str) -> Result:
        """Run the program in this process."""
        cleared = dict.fromkeys((k for k in os.environ if k.startswith("ACCRUE_")), None)
        runner = CliRunner(env={**cleared, **self.settings})
        return runner.invoke(program, arguments, prog_name="accrue")

    def execute(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the program as a process of its own."""
        return subprocess.run(
            [*_PROGRAM, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the program; it is ended with the test."""
        process = subprocess.Popen(
            [*_PROGRAM, *arguments],
            cwd=self.folder,
            env=self.environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def inside(self, work: Work[T], *, plugin: Offered | None = None) -> T:
        """Do something with an Accrue of this process, on the console's database."""
        accrue = Accrue(Settings.from_env(self.settings), plugins=[plugin or Offered([StandIn()])])

        async def run() -> T:
            try:
                return await work(accrue)
            finally:
                await accrue.runtime.close()

        return asyncio.run(run())

    def receive(self, *customers: str) -> None:
        """Take in one correctly signed webhook for each of these customers."""

        async def work(accrue: Accrue) -> None:
            for customer in customers:
                body = event(f"evt_{customer}", customer)
                await ingest(accrue.billing, "standin", body, SIGNED)

        self.inside(work)

    def drain(self, *, plugin: Offered | None = None) -> None:
        """Work off everything that is due."""
        self.inside(lambda accrue: accrue.work.drain(), plugin=plugin)


_PROGRAM = [sys.executable, "-c", "from accrue_core.cli.main import main; main()"]


@pytest.fixture
def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Console]:
    """Return a console without a database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    console = Console(tmp_path, {"ACCRUE_PLUGINS_DISABLED": "fake, stripe"})
    yield console
    for process in console.started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()


@pytest.fixture
def empty(console: Console, database_url: str) -> Console:
    """Return a console on an empty database."""
    console.settings["ACCRUE_DATABASE_URL"] = database_url
    return console


@pytest.fixture
def ready(console: Console, prepared_database_url: str) -> Console:
    """Return a console on a migrated database, with the stand-in's host as its app."""
    console.settings["ACCRUE_DATABASE_URL"] = prepared_database_url
    console.settings["ACCRUE_APP"] = console.host()
    return console
