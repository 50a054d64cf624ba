"""A host as a child process: for tests that kill things, and for demos."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from accrue_core.errors import AccrueError, ConfigurationError, ProcessorUnreachable
from accrue_core.settings import Secret
from accrue_fake.engine.addresses import NOWHERE
from accrue_fake.engine.signing import DEFAULT_SECRET
from accrue_fake.hosting.client import HostedBackend, HostedClock, ask

_CHECKED_EVERY = 0.02


class HostProcess:
    """One ``accrue fake host``, started, killed and started again under one socket.

    It goes when this process goes. With a snapshot file it comes back as it was.
    """

    def __init__(
        self,
        socket_path: Path | str,
        *,
        snapshot: Path | str | None = None,
        webhook_secret: Secret = DEFAULT_SECRET,
        pages: str = NOWHERE,
        options: tuple[str, ...] = (),
    ) -> None:
        self.socket_path = Path(socket_path)
        self._environ = {
            "ACCRUE_FAKE_WEBHOOK_SECRET": webhook_secret.reveal(),
            "ACCRUE_FAKE_PAGES_URL": pages,
        }
        self._command = [
            *(sys.executable, "-m", "accrue_fake", "host", "--with-parent"),
            *("--socket", str(self.socket_path)),
            *(() if snapshot is None else ("--snapshot", str(snapshot))),
            *options,
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> HostProcess:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        return None if self._process is None else self._process.pid

    def backend(self) -> HostedBackend:
        """Return a new backend that reaches it."""
        return HostedBackend(self.socket_path)

    def clock(self) -> HostedClock:
        """Return its clock."""
        return HostedClock(self.socket_path)

    def start(self, *, patience: float = 30.0) -> None:
        """Start it and wait until it answers."""
        environ = {**os.environ, **self._environ}
        self._process = subprocess.Popen(self._command, env=environ)  # noqa: S603
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise ConfigurationError("the engine's host ended before it answered")
            try:
                ask(self.socket_path, "clock", "now", {})
            except ProcessorUnreachable:
                time.sleep(_CHECKED_EVERY)
            else:
                return
        self.kill()
        raise AccrueError("the engine's host did not answer in time")

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without a word, as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        self._process.wait(timeout=30)
        self._process = None
