"""Accrue's own ASGI application: the webhook door, health, and what plugins mount.

It is plain ASGI, so that any host can mount it, and it needs no lifespan of its own: the host
runs ``accrue.lifespan``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from accrue_core.contracts.routes import ASGIApplication, Mount, Receive, Scope, Send
from accrue_core.http.health import readiness
from accrue_core.http.problems import CONTENT_TYPE
from accrue_core.http.responses import respond
from accrue_core.http.webhooks import receive_webhook

if TYPE_CHECKING:
    from accrue_core.app import Accrue

_NOT_FOUND = {"type": "about:blank", "title": "Not Found", "status": 404}
_NOT_ALLOWED = {"type": "about:blank", "title": "Method Not Allowed", "status": 405}


def create_app(accrue: Accrue) -> ASGIApplication:
    """Return the application for one ``Accrue``, with all installed mounts."""
    mounts = accrue.plugins.mounts(accrue.billing)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(accrue, receive, send)
        elif scope["type"] == "http":
            await _route(accrue, mounts, scope, receive, send)
        else:
            # Nothing here speaks WebSocket: refuse the handshake.
            await receive()
            await send({"type": "websocket.close", "code": 1000})

    return app


async def _route(
    accrue: Accrue, mounts: list[Mount], scope: Scope, receive: Receive, send: Send
) -> None:
    path = local_path(scope)
    for mount in mounts:
        if path == mount.path or path.startswith(f"{mount.path}/"):
            root = f"{scope.get('root_path', '').rstrip('/')}{mount.path}"
            await mount.app({**scope, "root_path": root}, receive, send)
            return
    _, _, rest = path.partition("/webhooks/")
    if path == f"/webhooks/{rest}" and rest in accrue.plugins.processors:
        if scope["method"] == "POST":
            await receive_webhook(accrue.billing, rest, scope, receive, send)
        else:
            await respond(send, 405, _NOT_ALLOWED, content_type=CONTENT_TYPE)
    elif path == "/health/live":
        await respond(send, 200, {"status": "live"})
    elif path == "/health/ready":
        status, body = await readiness(accrue.billing)
        await respond(send, status, body)
    else:
        await respond(send, 404, _NOT_FOUND, content_type=CONTENT_TYPE)


def local_path(scope: Scope) -> str:
    """Return the path below the mount; hosts differ in whether ``path`` includes it."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "").rstrip("/")
    if root and (path == root or path.startswith(f"{root}/")):
        path = path[len(root) :]
    return path.rstrip("/") or "/"


async def _lifespan(accrue: Accrue, receive: Receive, send: Send) -> None:
    """Run ``accrue.lifespan`` when a server runs this application by itself."""
    await receive()
    try:
        async with accrue.lifespan():
            await send({"type": "lifespan.startup.complete"})
            await receive()
    except Exception as error:
        await send({"type": "lifespan.startup.failed", "message": str(error)})
        raise
    await send({"type": "lifespan.shutdown.complete"})
