"""Answer an ASGI request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from accrue_core.contracts.routes import Send

JSON = b"application/json"


async def respond(
    send: Send, status: int, body: Mapping[str, Any], *, content_type: bytes = JSON
) -> None:
    """Send a JSON body with its length, not to be kept by caches."""
    content = msgspec.json.encode(body)
    headers = [
        (b"content-type", content_type),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
