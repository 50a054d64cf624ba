"""The host: an engine in a process of its own, behind a socket of this machine.

So a killed application, a second worker and the command line meet one remote truth, which
outlives them as a real processor would.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from asyncio import StreamReader, StreamWriter
from pathlib import Path

from accrue_core.errors import AccrueError, ConfigurationError
from accrue_fake.engine.door import Door
from accrue_fake.engine.engine import Engine
from accrue_fake.flights import Flights
from accrue_fake.hosting import frames
from accrue_fake.hosting.journal import Journal

BACKLOG = 512
_log = logging.getLogger(__name__)
_PARENT_CHECKED_EVERY = 0.2


class Host:
    """Answers questions to one engine, one at a time, in the order they arrive."""

    def __init__(self, engine: Engine, journal: Journal | None = None) -> None:
        self._engine = engine
        self._door = Door(engine)
        self._journal = journal
        self._flights = Flights(engine, self._note_held)
        self._talks: dict[asyncio.Task[None] | None, StreamWriter] = {}

    def answer(self, body: bytes) -> bytes:
        """Do what one frame asks, write it down, and return the frame that says what came of it.

        The call is written down whatever came of it: a lost answer has changed the books too.
        """
        try:
            noun, method, arguments = frames.read_question(body)
            is_change = self._door.changes(method)
            try:
                result = self._door.call(noun, method, arguments)
            finally:
                if is_change and self._journal is not None:
                    self._journal.write(noun, method, arguments)
        except AccrueError as error:
            return frames.refusal(error)
        except Exception as error:
            _log.exception("the engine failed")
            return frames.refusal(AccrueError(f"the engine failed: {type(error).__name__}"))
        return frames.answer(result)

    async def answer_in_time(self, body: bytes) -> bytes:
        """Do the same when its time has come: a scenario may hold it up, or its key be in use."""
        if self._flights.is_calm:
            return self.answer(body)
        try:
            async with self._flights.of(*frames.read_question(body)):
                return self.answer(body)
        except AccrueError as error:
            return frames.refusal(error)

    async def serve(self, path: Path, *, is_with_parent: bool = False) -> None:
        """Serve until SIGTERM or SIGINT, or until the parent is gone; then write a snapshot."""
        _make_room(path)
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        server = await asyncio.start_unix_server(self._converse, path, backlog=BACKLOG)
        _keep_private(path)
        if is_with_parent:
            _watch(os.getppid(), stopping)
        await stopping.wait()
        server.close()
        await self._hang_up()
        await server.wait_closed()
        if self._journal is not None:
            self._journal.compact(self._engine)

    async def _converse(self, reader: StreamReader, writer: StreamWriter) -> None:
        talk = asyncio.current_task()
        self._talks[talk] = writer
        try:
            while True:
                writer.write(await self.answer_in_time(await frames.read_frame(reader)))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            del self._talks[talk]
            writer.close()

    def _note_held(self, call: str) -> None:
        if self._journal is not None:
            self._journal.write("scenarios", "held", {"call": call})

    async def _hang_up(self) -> None:
        """Let what is being answered be answered, and end every conversation."""
        for writer in self._talks.values():
            writer.close()
        await asyncio.gather(*(talk for talk in self._talks if talk is not None))


def _make_room(path: Path) -> None:
    """Remove the socket of a host that was killed; refuse when one still answers there."""
    if not path.exists():
        return
    with socket.socket(socket.AF_UNIX) as knock:
        try:
            knock.connect(str(path))
        except OSError:
            path.unlink()
            return
    raise ConfigurationError(f"an engine is already hosted at {path}")


def _keep_private(path: Path) -> None:
    """Let nobody else of this machine in."""
    path.chmod(0o600)


def _watch(parent: int, stopping: asyncio.Event) -> None:
    """Stop soon after the parent has ended: somebody else is the parent then."""
    if os.getppid() != parent:
        stopping.set()
    else:
        loop = asyncio.get_running_loop()
        loop.call_later(_PARENT_CHECKED_EVERY, _watch, parent, stopping)
