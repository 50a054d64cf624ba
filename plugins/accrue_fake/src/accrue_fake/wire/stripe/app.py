"""The application: the Fake's engine behind Stripe's HTTP format, for any official SDK."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Collection, Mapping
from typing import Any

from accrue_core.clock import Clock
from accrue_core.contracts.routes import Receive, Scope, Send
from accrue_core.errors import AccrueError
from accrue_fake.engine.engine import Engine
from accrue_fake.wire.stripe import forms
from accrue_fake.wire.stripe.account import Account, Asked, Json
from accrue_fake.wire.stripe.calls import (
    Call,
    Reply,
    refusal_of,
    reply_of,
    require_headers,
    require_key,
)
from accrue_fake.wire.stripe.courier import Courier, Post
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.faults import CutOff, Faults
from accrue_fake.wire.stripe.params import checked
from accrue_fake.wire.stripe.problems import Refused, failure, translated
from accrue_fake.wire.stripe.remembering import Remembering, fingerprint_of
from accrue_fake.wire.stripe.routes import DEEDS
from accrue_fake.wire.stripe.routing import Deed, Routes
from accrue_fake.wire.stripe.shapes.keys import API_VERSION

LONGEST_BODY = 1024 * 1024
_ROUTES = Routes(DEEDS)
_log = logging.getLogger("accrue.fake.stripe")


class StripeServer:
    """An ASGI application over one engine. It belongs to one event loop.

    ``deliver`` posts the webhooks that are owed; a server that is really served does that by
    itself, from its lifespan. ``faults`` slows answers; everything else that shall go wrong is
    ordered from ``engine.scenarios``.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        keys: Collection[str] | None = None,
        account: Account | None = None,
        post: Post | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.engine = engine
        self.account = account or Account()
        self.desk = Desk(engine, self.account, api_version=API_VERSION)
        self.faults = Faults(engine)
        self.courier = Courier(engine, self.account, self.desk.shown, post, clock=clock)
        self.keys = None if keys is None else frozenset(keys)
        self._remembering = Remembering(self.account)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.courier.live(receive, send)
            return
        if scope["type"] != "http":
            return
        request = self.account.new_ref("req")
        reply = await self._answer(scope, receive, request)
        await _send(send, reply, request)

    def do(self, method: str, path: str, values: Mapping[str, Any]) -> tuple[int, Json]:
        """Do what a request would, without a line or a key; return status and document."""
        try:
            route, deed, names = _ROUTES.find(method, path)
            call = Call(method, path, route, names, checked(route, values), "req_local")
        except Refused as refused:
            return refused.status, refused.body()
        reply = self._acted(call, deed)
        document: Json = json.loads(reply.body)
        return reply.status, document

    async def deliver(self) -> int:
        """Post every webhook that is due by the engine's clock; return how many attempts."""
        return await self.courier.deliver()

    async def _answer(self, scope: Scope, receive: Receive, request: str) -> Reply:
        try:
            reply = await self._routed(scope, await read_body(receive), request)
        except Refused as refused:
            reply = refusal_of(refused)
        except CutOff:
            raise
        except Exception:
            _log.exception("a request failed")
            reply = refusal_of(failure())
        asked = Asked(
            ref=request,
            at=self.engine.books.engine_time,
            method=str(scope["method"]),
            path=str(scope["path"])[:200],
            status=reply.status,
        )
        self.account.note_request(asked)
        return reply

    async def _routed(self, scope: Scope, body: bytes, request: str) -> Reply:
        headers = _headers(scope)
        key = require_key(headers.get("authorization"), self.keys)
        require_headers(headers, self.account.ref)
        method, path = str(scope["method"]), str(scope["path"])
        route, deed, names = _ROUTES.find(method, path)
        is_form = method != "GET" and bool(body)
        if is_form:
            _require_form(headers)
        values = forms.decoded(scope.get("query_string", b""), body if is_form else b"")
        known = headers.get("idempotency-key") if method == "POST" else None
        call = Call(method, path, route, names, checked(route, values), request, known)
        if known is None:
            return await self._done(call, deed, None)
        return await self._once(call, deed, known, fingerprint_of(method, f"{key} {path}", values))

    async def _once(self, call: Call, deed: Deed, key: str, fingerprint: str) -> Reply:
        kept = self._remembering.known(key, fingerprint, self.engine.books.engine_time)
        if kept is not None:
            return Reply(kept.status, kept.body.encode(), {"idempotent-replayed": "true"})
        self._remembering.begin(key)
        try:
            return await self._done(call, deed, fingerprint)
        finally:
            self._remembering.end(key)

    async def _done(self, call: Call, deed: Deed, fingerprint: str | None) -> Reply:
        """Wait if that is ordered, do what is asked, remember the answer, and perhaps lose it."""
        await asyncio.sleep(self.faults.held(deed.call))
        is_lost = self.faults.before(deed.call)
        reply = self._acted(call, deed)
        if fingerprint is not None and call.key is not None:
            now = self.engine.books.engine_time
            self._remembering.keep(call.key, fingerprint, now, reply.status, reply.body)
        self.courier.wake()
        if is_lost:
            raise CutOff("the connection was reset before the answer was sent")
        return reply

    def _acted(self, call: Call, deed: Deed) -> Reply:
        happenings = self.desk.happenings
        happenings.request, happenings.key = call.request, call.key
        try:
            with self.desk.time_for(call.names, call.params):
                shown = self.desk.expanded(deed.act(self.desk, call), call.params)
            shown = self.faults.after(deed.call, call.names[0] if call.names else None, shown)
            return reply_of(shown)
        except Refused as refused:
            return refusal_of(refused)
        except AccrueError as error:
            return refusal_of(translated(error))
        finally:
            happenings.request = happenings.key = None
            self.desk.tidy()


def create_stripe_app(
    engine: Engine,
    *,
    keys: Collection[str] | None = None,
    account: Account | None = None,
    post: Post | None = None,
    clock: Clock | None = None,
) -> StripeServer:
    """Return an ASGI application that speaks Stripe's format over an engine.

    ``keys`` are the secret keys it accepts, by default every ``sk_test_…``. ``post`` sends
    webhooks, by default over HTTP; ``clock`` dates their signatures, by default the machine's.

    Whoever takes the engine's webhooks otherwise takes them away
    from the endpoints that are registered here.
    """
    return StripeServer(engine, keys=keys, account=account, post=post, clock=clock)


async def read_body(receive: Receive) -> bytes:
    """Return the body of a request, of bounded length."""
    parts, more = bytearray(), True
    while more:
        message: Mapping[str, Any] = await receive()
        if message["type"] == "http.disconnect":
            raise CutOff("the client went away")
        parts += message.get("body", b"")
        if len(parts) > LONGEST_BODY:
            raise Refused(413, "Request too large: a body has at most one megabyte.")
        more = message.get("more_body", False)
    return bytes(parts)


def _headers(scope: Scope) -> Json:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }


def _require_form(headers: Mapping[str, str]) -> None:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("", "application/x-www-form-urlencoded"):
        raise Refused(400, f"Invalid request: send form-encoded parameters, not {kind[:80]}.")


async def _send(send: Send, reply: Reply, request: str) -> None:
    headers = {
        "content-type": "application/json",
        "content-length": str(len(reply.body)),
        "request-id": request,
        "stripe-version": API_VERSION,
        "cache-control": "no-cache, no-store",
        **reply.headers,
    }
    wire = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": wire})
    await send({"type": "http.response.body", "body": reply.body})
