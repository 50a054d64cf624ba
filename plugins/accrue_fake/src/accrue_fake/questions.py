"""Questions to an engine that is elsewhere, and its answers, as bytes.

A question is a noun, a method and arguments in the words of the engine's door; an answer is a
result or a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from accrue_core.errors import AccrueError, InvalidRequest
from accrue_fake.engine import codec
from accrue_fake.engine.records import Refusal

PATH = "/_fake/call"
"""Where a server over HTTP takes them."""


def question(noun: str, method: str, arguments: Mapping[str, Any]) -> bytes:
    """Return the body that asks for something."""
    packed = {name: codec.pack(value) for name, value in arguments.items()}
    return msgspec.json.encode([noun, method, packed])


def read_question(body: bytes) -> tuple[str, str, dict[str, Any]]:
    """Return what a question holds."""
    try:
        noun, method, packed = msgspec.json.decode(body, type=tuple[str, str, dict[str, Any]])
        return noun, method, {name: codec.unpack(value) for name, value in packed.items()}
    except msgspec.MsgspecError:
        raise InvalidRequest("this is not a question to the engine") from None


def answer(result: Any) -> bytes:
    """Return the body of a result."""
    return msgspec.json.encode({"result": codec.pack(result)})


def refusal(error: AccrueError) -> bytes:
    """Return the body of an error."""
    return msgspec.json.encode({"refusal": codec.pack(codec.refusal_of(error))})


def read_answer(body: bytes) -> Any:
    """Return the result, or raise the very error that was raised on the other side."""
    document = msgspec.json.decode(body, type=dict[str, Any])
    if "refusal" in document:
        refused: Refusal = codec.unpack(document["refusal"])
        raise codec.error_of(refused)
    return codec.unpack(document["result"])
