"""The line: what is between the server and its clients, and may fail them both.

An answer that is begun and never ended is a connection that broke: nothing of it is sent. Whoever
serves the application offers to reset its connections, as an extension of ASGI; where nobody does,
``CutOff`` says so to a caller in this process.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, Any

from accrue_core.contracts.routes import ASGIApplication, Message, Receive, Scope, Send
from accrue_fake.wire.stripe.faults import CutOff, Faults, Mishap
from accrue_fake.wire.stripe.problems import Refused
from accrue_fake.wire.stripe.routes import DEEDS
from accrue_fake.wire.stripe.routing import Routes

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

RESET = "accrue_fake.reset"
"""The extension, and the message that asks for it: close the connection with a TCP reset."""

_ROUTES = Routes(DEEDS)
_PIECES = 20
_AT_ONCE = struct.pack("ii", 1, 0)
_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body></body></html>"


class Line:
    """An ASGI application in front of another, which loses or spoils answers as ordered."""

    def __init__(self, app: ASGIApplication, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry one request there and its answer back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        way = _WayBack(send, self._faults, call_of(str(scope["method"]), str(scope["path"])))
        try:
            await self._app(scope, receive, way.send)
        except CutOff:
            if RESET not in scope.get("extensions", {}):
                raise
        if way.is_done:
            return
        if RESET not in scope.get("extensions", {}):
            raise CutOff("the connection was reset within the answer")
        await send({"type": RESET})


class _WayBack:
    """Sends one answer, once it is known that there is one."""

    def __init__(self, send: Send, faults: Faults, call: str | None) -> None:
        self._send = send
        self._faults = faults
        self._call = call
        self._start: Message | None = None
        self._is_broken = False
        self.is_done = False

    async def send(self, message: Message) -> None:
        """Take a message of the application; the first one with content decides."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self._is_broken:
            return
        if self._start is None:
            await self._forward(message)
            return
        start, self._start = self._start, None
        mishap = self._faults.on_the_way(self._call)
        if mishap is None:
            await self._send(start)
            await self._forward(message)
        else:
            await self._spoil(mishap, start, message)

    async def _forward(self, message: Message) -> None:
        await self._send(message)
        is_last = message["type"] == "http.response.body" and not message.get("more_body", False)
        self.is_done = self.is_done or is_last

    async def _spoil(self, mishap: Mishap, start: Message, message: Message) -> None:
        body = bytes(message.get("body", b""))
        match mishap.kind:
            case "broken":
                self._is_broken = True
                await self._send(start)
                await self._send(_part(body[: len(body) // 2]))
            case "stalled":
                await self._send(start)
                for number in range(_PIECES):
                    await self._send(_part(_piece(body, number)))
                    await asyncio.sleep(mishap.seconds / _PIECES)
                await self._forward({**message, "body": b""})
            case _:
                headers = [(b"content-type", b"text/html"), (b"server", b"gateway")]
                length = (b"content-length", str(len(_GATEWAY)).encode())
                await self._send({**start, "status": 502, "headers": [*headers, length]})
                await self._forward({"type": "http.response.body", "body": _GATEWAY})


def call_of(method: str, path: str) -> str | None:
    """Return the word of the route that a request takes, as in ``subscriptions.create``."""
    try:
        return _ROUTES.find(method, path)[1].call
    except Refused:
        return None


def protocol(
    config: Config,
    server_state: ServerState,
    app_state: dict[str, Any],
    _loop: asyncio.AbstractEventLoop | None = None,
) -> asyncio.Protocol:
    """Return uvicorn's own protocol for one connection, with the offer to reset it."""
    from uvicorn.protocols.http.auto import AutoHTTPProtocol

    make: Any = AutoHTTPProtocol
    made = make(config, server_state, app_state, _loop)
    inner: ASGIApplication = made.app

    async def offering(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] != RESET:
                await send(message)
                return
            _reset(made.transport)
            while (await receive())["type"] != "http.disconnect":
                pass

        extensions = {**scope.get("extensions", {}), RESET: {}}
        await inner({**scope, "extensions": extensions}, receive, sending)

    made.app = offering
    connection: asyncio.Protocol = made
    return connection


def _reset(transport: asyncio.Transport) -> None:
    """Send what was written, and then a reset instead of an end."""
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    transport.close()


def _piece(body: bytes, number: int) -> bytes:
    length = -(-len(body) // _PIECES)
    return body[number * length : (number + 1) * length]


def _part(body: bytes) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": True}
