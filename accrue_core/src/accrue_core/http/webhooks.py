"""The webhook door: ``POST /webhooks/<processor>``.

The body is read raw, because its bytes are what was signed, and only up to a limit. Whatever is
wrong with it is answered with the same flat 400, so that a stranger learns nothing; only a
delivery that is committed is answered with 200.
"""

from __future__ import annotations

import logging

from accrue_core.context import Context
from accrue_core.contracts.routes import Receive, Scope, Send
from accrue_core.errors import SignatureInvalid, WebhookUnreadable
from accrue_core.http.problems import CONTENT_TYPE
from accrue_core.http.responses import respond
from accrue_core.webhooks.ingest import ingest

_log = logging.getLogger("accrue.webhooks")
_REFUSED = {"type": "about:blank", "title": "Bad Request", "status": 400}
_TOO_LARGE = {"type": "about:blank", "title": "Content Too Large", "status": 413}
_FAILED = {"type": "about:blank", "title": "Internal Server Error", "status": 500}


class BodyTooLarge(Exception):
    """More bytes than the door takes."""


class ClientGone(Exception):
    """The sender hung up before the end of the body."""


async def receive_webhook(
    ctx: Context, processor: str, scope: Scope, receive: Receive, send: Send
) -> None:
    """Answer 200 once the delivery is committed, also when it had been received before."""
    try:
        body = await read_body(scope, receive, limit=ctx.settings.webhook_max_bytes)
        is_new = await ingest(ctx, processor, body, _headers(scope))
    except BodyTooLarge:
        await respond(send, 413, _TOO_LARGE, content_type=CONTENT_TYPE)
    except ClientGone:
        return
    except (SignatureInvalid, WebhookUnreadable) as error:
        _log.warning("webhook for %s refused: %s", processor, error.code)
        await respond(send, 400, _REFUSED, content_type=CONTENT_TYPE)
    except Exception:
        # Not stored, so not acknowledged: the processor will send it again.
        _log.exception("webhook for %s could not be stored", processor)
        await respond(send, 500, _FAILED, content_type=CONTENT_TYPE)
    else:
        await respond(send, 200, {"received": True, "duplicate": not is_new})


async def read_body(scope: Scope, receive: Receive, *, limit: int) -> bytes:
    """Return the whole body, or raise as soon as it is known to be over the limit."""
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > limit:
        raise BodyTooLarge
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise BodyTooLarge
        if not message.get("more_body", False):
            return b"".join(chunks)


def _headers(scope: Scope) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }
