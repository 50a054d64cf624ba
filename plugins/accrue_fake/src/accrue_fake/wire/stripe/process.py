"""A Stripe server as a child process: for tests over a real line, in any language."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from accrue_core.errors import ConfigurationError
from accrue_fake import questions

KEY = "sk_test_fake"
_PATIENCE = 30


class StripeProcess:
    """One ``accrue fake serve --wire stripe`` on a free port of this machine.

    ``origin`` is where SDKs are pointed at: ``base_addresses={"api": process.origin}``.
    """

    def __init__(self, *options: str, books: Path | None = None) -> None:
        kept = () if books is None else ("--books", str(books))
        self._command = [
            *(sys.executable, "-m", "accrue_fake", "serve", "--wire", "stripe", "--port", "0"),
            *kept,
            *options,
        ]
        self._process: subprocess.Popen[str] | None = None
        self.origin = ""

    def __enter__(self) -> StripeProcess:
        self.start()
        return self

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(  # noqa: S603
            self._command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
        )
        line = self._process.stdout.readline() if self._process.stdout else ""
        self.origin = line.rpartition(" ")[2].strip()
        if not self._is_ready():
            self.stop()
            raise ConfigurationError("the Stripe server ended before it was ready")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def ask(self, noun: str, method: str, **arguments: Any) -> Any:
        """Ask the engine behind it for anything that its door lists, such as a scenario."""
        question = questions.question(noun, method, arguments)
        return questions.read_answer(self._answer("POST", questions.PATH, question))

    def _is_ready(self) -> bool:
        """Whether it answers. Its socket is open before it does, so one question is enough."""
        if not self.origin.startswith("http://"):
            return False
        try:
            self._answer("GET", "/")
        except (OSError, HTTPException):
            return False
        return True

    def _answer(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Ask it something, past whatever proxy this machine has."""
        place = urlsplit(self.origin)
        line = HTTPConnection(place.hostname or "", place.port, timeout=_PATIENCE)
        with closing(line):
            line.request(method, path, body, {"authorization": f"Bearer {KEY}"})
            return line.getresponse().read()

    def stop(self) -> int:
        """Ask it to end, wait until it has, and return its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without a word. What it keeps in ``books`` is there at the next ``start``."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        code = self._process.wait(timeout=30)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None
        return code
