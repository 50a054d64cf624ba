"""Frames: what goes over the socket, and how much of it.

A frame is four bytes of length and so much JSON. A question is a noun, a method and arguments; an
answer is a result or a refusal. There is nothing per method in between.
"""

from __future__ import annotations

import struct
from asyncio import StreamReader
from collections.abc import Mapping
from typing import Any

import msgspec

from accrue_core.errors import AccrueError, InvalidRequest
from accrue_fake.engine import codec
from accrue_fake.engine.records import Refusal

LONGEST = 64 * 1024 * 1024
HEAD = struct.Struct(">I")


def question(noun: str, method: str, arguments: Mapping[str, Any]) -> bytes:
    """Return the frame that asks for something."""
    packed = {name: codec.pack(value) for name, value in arguments.items()}
    return _framed([noun, method, packed])


def read_question(body: bytes) -> tuple[str, str, dict[str, Any]]:
    """Return what a question's frame holds."""
    try:
        noun, method, packed = msgspec.json.decode(body, type=tuple[str, str, dict[str, Any]])
        return noun, method, {name: codec.unpack(value) for name, value in packed.items()}
    except msgspec.MsgspecError:
        raise InvalidRequest("this is not a question to the engine") from None


def answer(result: Any) -> bytes:
    """Return the frame of a result."""
    return _framed({"result": codec.pack(result)})


def refusal(error: AccrueError) -> bytes:
    """Return the frame of an error."""
    return _framed({"refusal": codec.pack(codec.refusal_of(error))})


def read_answer(body: bytes) -> Any:
    """Return the result, or raise the very error that was raised on the other side."""
    document = msgspec.json.decode(body, type=dict[str, Any])
    if "refusal" in document:
        refused: Refusal = codec.unpack(document["refusal"])
        raise codec.error_of(refused)
    return codec.unpack(document["result"])


def length_of(head: bytes) -> int:
    """Return how long the frame is, or ``ConnectionError`` when nobody would send that."""
    (length,) = HEAD.unpack(head)
    if length > LONGEST:
        raise ConnectionError("a frame of this size is not of this protocol")
    return int(length)


async def read_frame(reader: StreamReader) -> bytes:
    """Return the next frame's content."""
    return await reader.readexactly(length_of(await reader.readexactly(HEAD.size)))


def _framed(document: Any) -> bytes:
    body = msgspec.json.encode(document)
    return HEAD.pack(len(body)) + body
