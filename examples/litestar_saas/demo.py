"""One run of the demonstration: the server, the story beside it, and how they end."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socket import socket

from accrue_core.db import migrate
from examples.litestar_saas.app import create_app
from examples.litestar_saas.courier import Courier
from examples.litestar_saas.server import LOOPBACK, Server, listen, make_server
from examples.litestar_saas.story import Story, StoryWentWrong
from examples.litestar_saas.terminal import Terminal
from examples.litestar_saas.wiring import Host, build

_DATABASE = ("accrue.sqlite3", "accrue.sqlite3-wal", "accrue.sqlite3-shm")


@dataclass(frozen=True, slots=True)
class Options:
    """Where to listen, where to keep the database, and whether to end after the story."""

    port: int
    folder: Path
    is_once: bool


class Demo:
    """Everything runs on one loop in one process."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._terminal = Terminal()

    async def run(self) -> int:
        """Serve, tell, and stay; return the exit code."""
        logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
        self._fresh_folder()
        host = build(self._options.folder)
        await migrate.upgrade(host.accrue.settings)
        listener = listen(self._options.port)
        port = listener.getsockname()[1]
        url = f"http://{LOOPBACK}:{port}"
        server = make_server(create_app(host))
        with listener:
            async with self._serving(server, listener) as serving:
                self._greet(url, port)
                told = asyncio.create_task(self._tell(host, url))
                for number in (signal.SIGINT, signal.SIGTERM):
                    # The story first, then the server: it must not lose the door it posts to.
                    asyncio.get_running_loop().add_signal_handler(number, told.cancel)
                await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
                return await self._ending(told)

    def _fresh_folder(self) -> None:
        folder = self._options.folder
        folder.mkdir(parents=True, exist_ok=True)
        old = [folder / name for name in _DATABASE if (folder / name).exists()]
        for path in old:
            path.unlink()
        if old:
            self._terminal.say(f"The database of the last run in {folder} was made anew.")

    def _greet(self, url: str, port: int) -> None:
        say = self._terminal.say
        if self._options.port not in (0, port):
            say(f"Port {self._options.port} is taken; using {port}.")
        say(f"Fieldnotes is at {self._terminal.paint(url, 'strong')} (test mode, no real money)")
        say()

    @asynccontextmanager
    async def _serving(self, server: Server, listener: socket) -> AsyncIterator[asyncio.Task[None]]:
        """Run the server as a task until the block ends."""
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await server.is_listening.wait()
            yield serving
        finally:
            server.stop()
            with suppress(Exception):
                await serving

    async def _ending(self, told: asyncio.Task[None]) -> int:
        if not told.done():
            told.cancel()
            await asyncio.wait({told})
            self._terminal.complain("The server ended by itself.")
            return 1
        if told.cancelled():
            return 1 if self._options.is_once else 0
        error = told.exception()
        if error is not None:
            self._terminal.complain(f"The story failed: {type(error).__name__}: {error}")
        return 0 if error is None else 1

    async def _tell(self, host: Host, url: str) -> None:
        async with Courier(host, url) as courier:
            started = asyncio.get_running_loop().time()
            await Story(host, courier, self._terminal).tell()
            seconds = asyncio.get_running_loop().time() - started
            await self._verify(host, courier.posted, seconds)
            host.is_telling = False
            if not self._options.is_once:
                self._terminal.say(f"Look around at {url}, as Ines Moreau first. Ctrl-C ends it.")
                await courier.keep_bringing()

    async def _verify(self, host: Host, posted: int, seconds: float) -> None:
        checked = await host.accrue.billing.verify_ledger()
        if not checked.is_intact:
            raise StoryWentWrong(f"the ledger is broken: {checked.breaks[0].reason}")
        say = self._terminal.say
        say()
        say(f"A year in {seconds:.1f} seconds, {posted} webhooks through the door.")
        say(f"The ledger is intact: {checked.entries} entries, every hash verified.")
