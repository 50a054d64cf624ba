"""Serving: this process becomes an ASGI server."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, NoReturn

from accrue_core.errors import ConfigurationError

if TYPE_CHECKING:
    from accrue_fake.wire.stripe.line import Line

ORIGIN = "ACCRUE_FAKE_STRIPE_ORIGIN"
"""Tells the server where it is, so that its links lead there."""

_FACTORIES = {"stripe": "accrue_fake.wire.stripe.serving:create"}
_PROTOCOL = "accrue_fake.wire.stripe.line:protocol"


def create() -> Line:
    """Return the server that the environment describes, at the end of a line that may fail.

    What it needs is imported here: whoever becomes a server has no use for it before.
    """
    from accrue_fake.wire.stripe import line, served

    found = served.create()
    return line.Line(found, found.server.faults)


def become(address: str, port: int, environ: Mapping[str, str], *, wire: str) -> NoReturn:
    """Say where the server is, and become uvicorn, which ends cleanly at SIGTERM.

    The socket is open before the address is printed, so that whoever reads it can ask at once.
    """
    if find_spec("uvicorn") is None:
        raise ConfigurationError("serving needs uvicorn: pip install 'accrue-core[server]'")
    listener = socket.create_server((address, port), backlog=512)
    # uvicorn takes an inherited socket for a local one, and would leave Nagle's algorithm on: 40 ms
    # for every answer on a connection that is kept.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.set_inheritable(True)
    host, chosen = listener.getsockname()[:2]
    origin = f"http://{host}:{chosen}"
    print(f"the Fake speaks {wire} at {origin}", flush=True)  # noqa: T201
    command = [
        *(sys.executable, "-m", "uvicorn", "--factory", _FACTORIES[wire]),
        *("--fd", str(listener.fileno()), "--lifespan", "on", "--ws", "none", "--http", _PROTOCOL),
        *("--log-level", "warning", "--no-access-log", "--timeout-graceful-shutdown", "3"),
    ]
    os.execve(sys.executable, command, {**os.environ, **environ, ORIGIN: origin})  # noqa: S606
