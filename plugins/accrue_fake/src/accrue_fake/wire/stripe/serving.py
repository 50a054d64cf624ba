"""Serving: this process becomes an ASGI server."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from typing import NoReturn

from accrue_core.errors import ConfigurationError

ORIGIN = "ACCRUE_FAKE_STRIPE_ORIGIN"
"""Tells the server where it is, so that its links lead there."""

_FACTORIES = {"stripe": "accrue_fake.wire.stripe.served:create"}


def become(address: str, port: int, environ: Mapping[str, str], *, wire: str) -> NoReturn:
    """Say where the server is, and become uvicorn, which ends cleanly at SIGTERM.

    The socket is open before the address is printed, so that whoever reads it can ask at once.
    """
    if find_spec("uvicorn") is None:
        raise ConfigurationError("serving needs uvicorn: pip install 'accrue-core[server]'")
    listener = socket.create_server((address, port), backlog=512)
    listener.set_inheritable(True)
    host, chosen = listener.getsockname()[:2]
    origin = f"http://{host}:{chosen}"
    print(f"the Fake speaks {wire} at {origin}", flush=True)  # noqa: T201
    command = [
        *(sys.executable, "-m", "uvicorn", "--factory", _FACTORIES[wire]),
        *("--fd", str(listener.fileno()), "--lifespan", "on", "--ws", "none"),
        *("--log-level", "warning", "--no-access-log", "--timeout-graceful-shutdown", "3"),
    ]
    os.execve(sys.executable, command, {**os.environ, **environ, ORIGIN: origin})  # noqa: S606
