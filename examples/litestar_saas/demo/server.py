"""A server on the loopback, on the wanted port or on a free one."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Literal

import uvicorn

LOOPBACK = "127.0.0.1"


class Server(uvicorn.Server):
    """Uvicorn, which leaves signals to the program that runs it.

    Its own way is to raise a caught signal again once it has shut down, so that a process that
    ended in good order would still look killed.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self.is_listening.set()

    def stop(self) -> None:
        """Finish what is being answered, then end."""
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Catch nothing."""
        yield


def listen(port: int) -> socket.socket:
    """Return a listening socket: on this port, or on any free one when it is taken."""
    try:
        return _bound(port)
    except OSError:
        return _bound(0)


def make_server(app: Any, *, lifespan: Literal["on", "off"] = "on") -> Server:
    """Return a server for the application that says nothing unless something is wrong."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan=lifespan, timeout_graceful_shutdown=3
    )
    return Server(config)


@asynccontextmanager
async def serving(server: Server, listener: socket.socket) -> AsyncIterator[asyncio.Task[None]]:
    """Run the server as a task until the block ends."""
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await server.is_listening.wait()
        yield task
    finally:
        server.stop()
        with suppress(Exception):
            await task


def _bound(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # A port that was in use a moment ago may be taken again; one that is in use may not.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
