"""The demonstration host as people start it: a process of its own, spoken to over HTTP."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

REPOSITORY = Path(__file__).parents[2]
MAIN = REPOSITORY / "examples/litestar_saas/main.py"
PATIENCE = 90.0

ADDRESS = r"is at (http://127\.0\.0\.1:\d+)"


class Demos:
    """Demonstration hosts in one folder, ended when the test is over."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str, port: int) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "PORT": str(port),
            "ACCRUE_DEMO_FOLDER": str(self._folder),
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


@pytest.fixture
def demos(tmp_path: Path) -> Iterator[Demos]:
    demos = Demos(tmp_path / "demo")
    yield demos
    demos.end()


@pytest.fixture(scope="module")
def after_the_story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a host whose story has been told."""
    demos = Demos(tmp_path_factory.mktemp("demo"))
    process = demos.start(port=free_port())
    url = read_until(process, ADDRESS)[1]
    read_until(process, "The ledger is intact")
    read_until(process, "Ctrl-C")
    yield url
    stop(process)
    demos.end()


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


@contextmanager
def browser(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE) as client:
        yield client


def sign_in(client: httpx.Client, person: str) -> httpx.Response:
    return submit(client, "/sign-in", person=person)


def submit(client: httpx.Client, action: str, **fields: str) -> httpx.Response:
    """Send a form of the first page, with the token that the page holds."""
    page = client.get("/").text
    token = re.search(r'name="_csrf_token" value="(\w+)"', page)
    operation = re.search(r'name="operation_id" value="(\w+)"', page)
    assert token is not None
    if operation is not None:
        fields.setdefault("operation_id", operation[1])
    return client.post(action, data={"_csrf_token": token[1], **fields}, follow_redirects=True)


def test_the_story_comes_out_as_told_and_twice_in_one_folder(demos: Demos) -> None:
    for is_again in (False, True):
        process = demos.start("--once", port=free_port())
        told, _ = process.communicate(timeout=PATIENCE)

        assert process.returncode == 0, told
        assert ("was made anew" in told) is is_again
        assert "past_due   reports closed" in told
        assert "canceled   reports closed" in told
        assert "The ledger is intact: 55 entries, every hash verified." in told
        assert "Traceback" not in told
        assert "WARNING" not in told


def test_what_visitors_find(after_the_story: str) -> None:
    with browser(after_the_story) as client:
        page = client.get("/")
        assert page.status_code == 200
        assert "Test mode" in page.text
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page.text)
        for asset in ("/static/style.css", "/static/mark.svg", "/billing/health/ready"):
            assert client.get(asset).status_code == 200

        assert client.get("/reports").status_code == 403
        assert client.get("/nothing").status_code == 404
        answer = client.post(
            "/billing/webhooks/fake",
            content=b"{}",
            headers={"accrue-fake-signature": "t=1,v1=00"},
        )
        assert answer.status_code == 400
        assert client.post("/sign-in", data={"person": "ines"}).status_code == 403

        assert "Ended on 31 December 2026" in sign_in(client, "ines").text
        assert client.get("/reports").status_code == 403


def test_a_visitor_subscribes_cancels_and_keeps(after_the_story: str) -> None:
    with browser(after_the_story) as client:
        sign_in(client, "sofia")
        assert client.get("/reports").status_code == 403
        assert "Free until 14 January 2027" in submit(client, "/subscription").text
        assert client.get("/reports").status_code == 200
        assert "Ends on 14 January 2027" in submit(client, "/subscription/cancel").text
        assert "Free until 14 January 2027" in submit(client, "/subscription/keep").text
        assert "Sofia Reyes" in client.get("/").text
        again = submit(client, "/subscription/keep")
        assert again.status_code == 409

        assert "Sign in as" in submit(client, "/sign-out").text
        assert client.get("/reports").status_code == 403


def test_a_port_that_is_taken_is_left_alone(demos: Demos) -> None:
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        occupied.listen()
        taken = int(occupied.getsockname()[1])
        process = demos.start(port=taken)
        other = read_until(process, rf"Port {taken} is taken; using (\d+)")[1]
        url = read_until(process, ADDRESS)[1]

        assert url.endswith(f":{other}")
        with browser(url) as client:
            assert client.get("/").status_code == 200
        stop(process)


def test_a_story_that_fails_ends_the_process_and_says_so(tmp_path: Path) -> None:
    code = (
        "import sys, asyncio; from pathlib import Path; from datetime import timedelta\n"
        "from examples.litestar_saas import demo, wiring\n"
        "build = wiring.build\n"
        "def unlucky(folder):\n"
        "    host = build(folder)\n"
        "    host.engine.scenarios.lose_next_webhook(type='invoice.paid', times=99)\n"
        "    host.engine.scenarios.lose_next_webhook("
        "type='customer.subscription.updated', times=99)\n"
        "    return host\n"
        "demo.build = unlucky\n"
        "options = demo.Options(port=0, folder=Path(sys.argv[1]), is_once=False)\n"
        "raise SystemExit(asyncio.run(demo.Demo(options).run()))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ran.returncode == 1
    assert "The story failed: StoryWentWrong: on 01 February" in ran.stderr


def stop(process: subprocess.Popen[str]) -> None:
    """End it as a service manager does: at once, whole, and without a word of complaint."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, rest
    assert "Traceback" not in rest
    assert time.monotonic() - began < 20
