"""Frames: what goes over the socket, and how much of it.

A frame is four bytes of length and so much JSON. A question is a noun, a method and arguments; an
answer is a result or a refusal. There is nothing per method in between.
"""

from __future__ import annotations

import struct
from asyncio import StreamReader
from collections.abc import Mapping
from typing import Any

from accrue_core.errors import AccrueError
from accrue_fake import questions
from accrue_fake.questions import read_answer, read_question

__all__ = [
    "HEAD", "LONGEST", "answer", "length_of", "question", "read_answer", "read_frame",
    "read_question", "refusal",
]  # fmt: skip

LONGEST = 64 * 1024 * 1024
HEAD = struct.Struct(">I")


def question(noun: str, method: str, arguments: Mapping[str, Any]) -> bytes:
    """Return the frame that asks for something."""
    return _framed(questions.question(noun, method, arguments))


def answer(result: Any) -> bytes:
    """Return the frame of a result."""
    return _framed(questions.answer(result))


def refusal(error: AccrueError) -> bytes:
    """Return the frame of an error."""
    return _framed(questions.refusal(error))


def length_of(head: bytes) -> int:
    """Return how long the frame is, or ``ConnectionError`` when nobody would send that."""
    (length,) = HEAD.unpack(head)
    if length > LONGEST:
        raise ConnectionError("a frame of this size is not of this protocol")
    return int(length)


async def read_frame(reader: StreamReader) -> bytes:
    """Return the next frame's content."""
    return await reader.readexactly(length_of(await reader.readexactly(HEAD.size)))


def _framed(body: bytes) -> bytes:
    return HEAD.pack(len(body)) + body
