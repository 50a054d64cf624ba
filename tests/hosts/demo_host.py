"""The demonstration host for tests: as a process of its own, and within the test's own loop."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from accrue_core import Secret
from accrue_core.contracts.routes import Receive, Scope, Send
from examples.litestar_saas.app import create_app
from examples.litestar_saas.demo import keeping
from examples.litestar_saas.demo.clockwork import Clockwork
from examples.litestar_saas.demo.courier import Bell, Courier
from examples.litestar_saas.demo.engine import KeptEngine
from examples.litestar_saas.demo.seeding import Seeding
from examples.litestar_saas.demo.theatre import Theatre
from examples.litestar_saas.wiring import Host, build

REPOSITORY = Path(__file__).parents[2]
MAIN = REPOSITORY / "examples/litestar_saas/main.py"
PATIENCE = 90.0
ORGANIZATIONS = "6"
ADDRESS = r"is at (http://127\.0\.0\.1:\d+)"
ORIGIN = "http://127.0.0.1:8000"


class Demos:
    """Demonstration hosts in one folder, ended when the test is over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[subprocess.Popen[str]] = []

    def start(
        self, *arguments: str, port: int | None = None, **variables: str
    ) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "PORT": str(free_port() if port is None else port),
            "ACCRUE_DEMO_FOLDER": str(self.folder),
            "ACCRUE_DEMO_ORGANIZATIONS": ORGANIZATIONS,
            **variables,
        }
        process = subprocess.Popen(
            [sys.executable, str(MAIN), *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._started.append(process)
        return process

    def end(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate()


@cache
def seeding() -> tuple[Path, str]:
    """Play a small business's year, once for this process; return its folder and what was said."""
    place = Path(tempfile.mkdtemp(prefix="fieldnotes-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    demos = Demos(place / "seeded")
    process = demos.start("--once")
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    return demos.folder, said


def copy_of_the_year(folder: Path) -> Path:
    """Return a folder in which the year has been played."""
    return Path(shutil.copytree(seeding()[0], folder))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def read_until(process: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    """Return the first match in what the process prints; fail when it ends before."""
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if match := re.search(pattern, line):
            return match
    pytest.fail(f"no {pattern!r} in:\n{''.join(seen)}")


def ready(process: subprocess.Popen[str]) -> str:
    """Wait until a host has said everything it says when it starts; return its address."""
    url = read_until(process, ADDRESS)[1]
    read_until(process, "Ctrl-C")
    return url


def stop(process: subprocess.Popen[str]) -> str:
    """End it as a service manager does: at once, whole, and without a word of complaint."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, rest
    assert "Traceback" not in rest
    assert time.monotonic() - began < 20
    return rest


@contextmanager
def browser(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE) as client:
        yield client


def sign_in(client: httpx.Client, person: str) -> httpx.Response:
    return submit(client, "/", "/sign-in", person=person)


def submit(client: httpx.Client, page: str, action: str, **fields: str) -> httpx.Response:
    """Fill in the first form of a page that leads to an action, and send it."""
    given = form(client.get(page).text, action) | fields
    return client.post(action, data=given, follow_redirects=True)


def form(page: str, action: str, *, number: int = 0) -> dict[str, str]:
    """Return the hidden fields of one of the forms that lead to an action."""
    forms = re.findall(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.S)
    assert len(forms) > number, f"no form for {action}"
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', forms[number]))


@dataclass(frozen=True)
class Place:
    """A host whose year has been played, within this loop: no port, no process."""

    host: Host
    engine: KeptEngine
    courier: Courier
    clockwork: Clockwork
    theatre: Theatre
    transport: httpx.ASGITransport

    def visitor(self) -> httpx.AsyncClient:
        """Return a browser that keeps its cookies."""
        return httpx.AsyncClient(
            transport=self.transport, base_url=self.host.origin, follow_redirects=False
        )

    @asynccontextmanager
    async def signed_in(self, person: str) -> AsyncIterator[httpx.AsyncClient]:
        """Sign somebody in."""
        async with self.visitor() as client:
            page = (await client.get("/")).text
            answer = await client.post(
                "/sign-in", data={**form(page, "/sign-in"), "person": person}
            )
            assert answer.status_code == 303
            yield client

    async def send(
        self, client: httpx.AsyncClient, page: str, action: str, *, number: int = 0, **fields: str
    ) -> httpx.Response:
        """Fill in one of a page's forms that lead to an action, and send it."""
        shown = await client.get(page)
        assert shown.status_code == 200, shown.text
        given = form(shown.text, action, number=number) | fields
        return await client.post(action, data=given)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Place]:
    """Open what was kept in a folder, with webhooks that come in through the application."""
    secret, bell = Secret("whsec_of_a_test"), Bell()
    journal = keeping.Folder(folder).journal()
    engine = KeptEngine(keeping.restore(journal, secret, f"{ORIGIN}/billing/fake"))
    host = build(folder, engine, origin=ORIGIN, webhook_secret=secret, announce=bell)
    applications: list[Any] = []

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        await applications[0](scope, receive, send)

    transport = httpx.ASGITransport(app=door)
    async with httpx.AsyncClient(base_url=ORIGIN, transport=transport) as road:
        courier = Courier(engine, host.accrue.billing, road, bell=bell)
        clockwork = Clockwork(engine, courier)
        play = Seeding(host, engine, courier, clockwork)
        theatre = Theatre(host=host, clockwork=clockwork, seeding=play, is_ready=True)
        applications.append(create_app(host, theatre, form_secret=Secret("forms" * 9)))
        async with host.accrue.lifespan():
            yield Place(host, engine, courier, clockwork, theatre, transport)
            await clockwork.stop()
