"""How a gateway asks the engine: a request says itself where it goes."""

from __future__ import annotations

from accrue_core.contracts.requests import Request
from accrue_core.contracts.results import Answer, Key
from accrue_fake.backend import Backend


async def ask(backend: Backend, request: Request, key: Key) -> Answer:
    """Ask for a change; asked twice under one key, it is made once."""
    answer: Answer = await backend.call(
        request.gateway, request.method, {"request": request, "key": key}
    )
    return answer


async def fetch(backend: Backend, noun: str, ref: str) -> Answer:
    """Ask how one thing is now."""
    answer: Answer = await backend.call(noun, "fetch", {"ref": ref})
    return answer
