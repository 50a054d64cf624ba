"""The first hour as a newcomer has it: the page's file and commands, typed into an empty folder."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from html import unescape
from pathlib import Path

import httpx
import pytest

from tests.docs.pages import DOCS, Page
from tests.services.tied import start_tied

PAGE = Page(DOCS / "first-hour.md")
PATIENCE = 90.0
NOT_INSTALLED = "admin,braintree,portal"
"""What this workspace has beside what the page installs."""


def block(language: str, containing: str) -> str:
    """Return the one block of the page that holds some words."""
    (found,) = [b.code for b in PAGE.blocks if b.language == language and containing in b.code]
    return found


def exports(code: str) -> str:
    """Return a shell block's settings, without what it runs."""
    kept = [line for line in code.splitlines() if line.startswith(("export ", "unset "))]
    assert kept
    return "\n".join(kept)


class Newcomer:
    """Somebody with an empty folder and a few terminals. Where the page says 8000, a free port."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = str(probe.getsockname()[1])
        self.folder = folder
        self.origin = f"http://127.0.0.1:{self.port}"
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        foreign = {"ORIGIN", "STRIPE_PRICE_PRO"}
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("ACCRUE_") and name not in foreign
        }
        self.environ = inherited | {
            "PATH": programs,
            "ACCRUE_PLUGINS_DISABLED": NOT_INSTALLED,
        }
        self._running: list[subprocess.Popen[bytes]] = []
        self._open = ExitStack()

    def saves(self, name: str, code: str) -> None:
        (self.folder / name).write_text(self._here(code), encoding="utf-8")

    def runs(self, code: str) -> tuple[int, str]:
        """Run commands to their end; return the exit code of the last and what they printed."""
        done = subprocess.run(
            ["bash", "-c", self._here(code)],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.returncode, done.stdout

    def leaves_running(self, code: str) -> subprocess.Popen[bytes]:
        """Run commands in a terminal of their own, the last of which stays."""
        *before, last = self._here(code).strip().splitlines()
        script = "\n".join(["set -e", *before, f"exec {last}"])
        with (self.folder / "terminal.log").open("ab") as output:
            process = start_tied(
                ["bash", "-c", script],
                last_signal=signal.SIGTERM,
                cwd=self.folder,
                env=self.environ,
                output=output,
            )
        self._running.append(process)
        return process

    def waits_for_the_server(self, process: subprocess.Popen[bytes]) -> None:
        def listens() -> bool:
            assert process.poll() is None, self.log
            try:
                socket.create_connection(("127.0.0.1", int(self.port))).close()
            except OSError:
                return False
            return True

        self.waits_until(listens)

    def waits_until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)

    def opens_a_browser(self) -> "Browser":
        client = httpx.Client(base_url=self.origin, follow_redirects=True, trust_env=False)
        return Browser(self._open.enter_context(client))

    def leaves(self) -> None:
        self._open.close()
        for process in self._running:
            if process.poll() is None:
                process.terminate()
            process.wait(timeout=PATIENCE)

    @property
    def log(self) -> str:
        return (self.folder / "terminal.log").read_text(encoding="utf-8")

    def _here(self, code: str) -> str:
        return code.replace("8000", self.port)


class Browser:
    """Keeps cookies, follows redirects and sends the only form there is."""

    def __init__(self, client: httpx.Client) -> None:
        self._http = client
        self.at = self._http.get("/")

    def goes_to(self, path: str) -> None:
        self.at = self._http.get(path)

    def sends(self, **fields: str) -> None:
        (action,) = re.findall(r'<form method="post" action="([^"]+)"', self.at.text)
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.at.text)
        form = {name: unescape(value) for name, value in hidden}
        self.at = self._http.post(unescape(action), data=form | fields)


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    newcomer = Newcomer(tmp_path)
    newcomer.saves("host.py", block("python", "app = create_app(accrue)"))
    yield newcomer
    newcomer.leaves()


def test_the_file_and_the_commands_of_the_page_sell_reports(newcomer: Newcomer) -> None:
    newcomer.leaves_running(block("sh", "accrue fake host"))
    newcomer.waits_until((newcomer.folder / "fake.sock").exists)
    near = block("sh", "uvicorn host:app")
    server = newcomer.leaves_running(near)
    newcomer.waits_for_the_server(server)

    ann = newcomer.opens_a_browser()
    ann.sends(user="ann")
    ann.goes_to("/reports")
    assert ann.at.status_code == 403
    ann.goes_to("/")
    ann.sends()
    assert ann.at.url.path.startswith("/billing/fake/checkout/")
    ann.sends(card="pm_card_visa")
    assert (ann.at.url.path, ann.at.status_code) == ("/thanks", 200)
    assert "Thank you" in ann.at.text
    ann.goes_to("/reports")
    assert ann.at.status_code == 200

    bob = newcomer.opens_a_browser()
    bob.sends(user="bob")
    bob.goes_to("/reports")
    assert bob.at.status_code == 403

    server.terminate()
    server.wait(timeout=PATIENCE)
    again = f"{exports(near)}\n{near.strip().splitlines()[-1]}"
    newcomer.waits_for_the_server(newcomer.leaves_running(again))
    ann.goes_to("/reports")
    assert ann.at.status_code == 403
    ann.goes_to("/")
    ann.sends(user="ann")
    ann.goes_to("/reports")
    assert ann.at.status_code == 200

    found = newcomer.runs(f"{exports(near)}\naccrue doctor")
    assert found == (0, block("text", "configured: fake"))


def test_the_doctor_says_what_the_page_says_about_stripe(newcomer: Newcomer) -> None:
    variables = exports(block("sh", "uvicorn host:app"))
    variables += "\n" + exports(block("sh", "ACCRUE_STRIPE_API_KEY"))

    code, found = newcomer.runs(f"{variables}\naccrue doctor")
    assert code == 11
    first, *_, last = found.splitlines()
    assert first.endswith("SQLite in stripe.sqlite3")
    assert last.startswith("failure  database    there is no file stripe.sqlite3")
    assert "'accrue database upgrade'" in last

    code, found = newcomer.runs(f"{variables}\naccrue database upgrade >&2 && accrue doctor")
    assert code == 0
    assert "processors  configured: stripe; installed, not configured: fake" in found
    assert {line.split()[0] for line in found.splitlines()} == {"ok"}


@pytest.mark.parametrize("package", ["accrue-core[server]", "accrue-stripe", "accrue-fake"])
def test_what_the_page_installs_is_what_it_uses(package: str) -> None:
    assert package in shlex.split(block("sh", "pip install accrue-fake"))


def test_the_host_has_no_word_of_a_processor_beside_its_catalog() -> None:
    host = block("python", "app = create_app(accrue)")
    without_prices = [line for line in host.splitlines() if "prices=" not in line]

    assert not re.search("stripe|fake", "\n".join(without_prices), re.IGNORECASE)
