"""Clients of a hosted engine: for gateways, for a clock, for a shell."""

from __future__ import annotations

import asyncio
import select
import socket
from asyncio import AbstractEventLoop, StreamReader, StreamWriter
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from accrue_core.errors import ProcessorUnavailable, ProcessorUnreachable
from accrue_fake.hosting import frames

Line = tuple[StreamReader, StreamWriter]
_PATIENCE = 30.0


class HostedBackend:
    """An engine in another process.

    A connection carries one call at a time and is kept for the next, per event loop, since a
    connection belongs to the loop that opened it. What cannot be connected was not asked; what
    breaks after it was sent has an unknown outcome: exactly as with a real processor.
    """

    def __init__(self, socket_path: Path | str) -> None:
        self._path = str(socket_path)
        self._calls: Counter[str] = Counter()
        self._idle: WeakKeyDictionary[AbstractEventLoop, list[Line]] = WeakKeyDictionary()
        self._lock = Lock()

    @property
    def calls(self) -> Counter[str]:
        """How often each ``noun.method`` was called through this backend."""
        return self._calls

    @property
    def clock(self) -> HostedClock:
        """The engine's clock, asked anew at every reading."""
        return HostedClock(self._path)

    async def call(self, noun: str, method: str, arguments: Mapping[str, Any]) -> Any:
        """Ask the engine over the socket."""
        question = frames.question(noun, method, arguments)
        self._calls[f"{noun}.{method}"] += 1
        line = self._kept() or await self._opened()
        reader, writer = line
        is_usable = False
        try:
            writer.write(question)
            await writer.drain()
            body = await frames.read_frame(reader)
            is_usable = True
        except (asyncio.IncompleteReadError, OSError):
            raise ProcessorUnavailable("the engine's host went away before it answered") from None
        finally:
            if is_usable:
                self._keep(line)
            else:
                writer.close()
        return frames.read_answer(body)

    async def close(self) -> None:
        """Close the idle connections of every loop; those of other loops from within them."""
        with self._lock:
            kept = dict(self._idle)
            self._idle.clear()
        for loop, lines in kept.items():
            for _, writer in lines:
                if loop is asyncio.get_running_loop():
                    writer.close()
                elif not loop.is_closed():
                    loop.call_soon_threadsafe(writer.close)
        await asyncio.sleep(0)

    def _kept(self) -> Line | None:
        with self._lock:
            lines = self._idle.get(asyncio.get_running_loop(), [])
            while lines:
                reader, writer = lines.pop()
                if _is_silent(writer):
                    return reader, writer
                writer.close()
        return None

    def _keep(self, line: Line) -> None:
        with self._lock:
            self._idle.setdefault(asyncio.get_running_loop(), []).append(line)

    async def _opened(self) -> Line:
        try:
            return await asyncio.open_unix_connection(self._path, limit=frames.LONGEST)
        except OSError:
            raise ProcessorUnreachable("no engine is hosted at the configured socket") from None


class HostedClock:
    """The time of a hosted engine, as ``accrue_core.clock.Clock``.

    Asks on every reading, and waits: a socket of this machine answers in a fraction of a
    millisecond, and core and engine must not disagree about the time.
    """

    def __init__(self, socket_path: Path | str) -> None:
        self._path = socket_path

    def now(self) -> datetime:
        """Return the moment at which the engine stands."""
        moment: datetime = ask(self._path, "clock", "now", {})
        return moment


def ask(socket_path: Path | str, noun: str, method: str, arguments: Mapping[str, Any]) -> Any:
    """Ask a hosted engine once, without a loop: for a shell, a clock, a test's set-up."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(_PATIENCE)
        try:
            line.connect(str(socket_path))
        except OSError:
            raise ProcessorUnreachable(f"no engine is hosted at {socket_path}") from None
        try:
            line.sendall(frames.question(noun, method, arguments))
            body = _read(line, frames.length_of(_read(line, frames.HEAD.size)))
        except OSError:
            raise ProcessorUnavailable("the engine's host went away before it answered") from None
    return frames.read_answer(body)


def _is_silent(writer: StreamWriter) -> bool:
    """Whether a kept connection can be used again.

    A host that has gone has left an end on the line, which the loop may not have noticed yet. To
    find it now is to know that nothing was asked, instead of having to say "perhaps".
    """
    if writer.is_closing():
        return False
    poll = select.poll()
    poll.register(writer.get_extra_info("socket").fileno(), select.POLLIN)
    return not poll.poll(0)


def _read(line: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = line.recv(size - len(parts))
        if not part:
            raise ConnectionError("the host closed the connection")
        parts += part
    return bytes(parts)
