"""The application: the Fake's engine behind Stripe's HTTP format, for any official SDK."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from accrue_core.clock import Clock
from accrue_core.contracts.routes import Receive, Scope, Send
from accrue_core.errors import AccrueError
from accrue_fake.engine.engine import Engine
from accrue_fake.wire.stripe import foreseeing
from accrue_fake.wire.stripe.account import Account, Asked, Json
from accrue_fake.wire.stripe.asking import headers_in, is_v2, key_in, read_body, values_in
from accrue_fake.wire.stripe.calls import (
    Call,
    Reply,
    known_version,
    refusal_of,
    reply_of,
    require_account,
    require_key,
    version_in,
)
from accrue_fake.wire.stripe.courier import Courier, Post
from accrue_fake.wire.stripe.dated import answered
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.faults import CutOff, Faults
from accrue_fake.wire.stripe.limiting import Limit
from accrue_fake.wire.stripe.params import checked
from accrue_fake.wire.stripe.problems import Refused, failure, translated
from accrue_fake.wire.stripe.remembering import Remembering, fingerprint_of
from accrue_fake.wire.stripe.routes import DEEDS
from accrue_fake.wire.stripe.routing import Deed, Routes
from accrue_fake.wire.stripe.shapes.keys import API_VERSION

_ROUTES = Routes(DEEDS)
_log = logging.getLogger("accrue.fake.stripe")


class StripeServer:
    """An ASGI application over one engine. It belongs to one event loop.

    ``deliver`` posts the webhooks that are owed; a server that is really served does that by
    itself, from its lifespan. ``faults`` slows answers; everything else that shall go wrong is
    ordered from ``engine.scenarios``. ``limit`` is how many requests a second are answered, if
    that is limited.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        keys: Collection[str] | None = None,
        account: Account | None = None,
        post: Post | None = None,
        clock: Clock | None = None,
        rate_limit: float | None = None,
    ) -> None:
        self.engine = engine
        self.account = account or Account()
        changes = foreseeing.Changes(engine, self.account)
        engine.emitter.listen(changes.remember)
        self.desk = Desk(engine, self.account, api_version=API_VERSION)
        engine.emitter.listen(changes.tell)
        self.desk.shown.known = replace(self.desk.shown.known, show=self.desk.show)
        self.faults = Faults(engine)
        self.courier = Courier(engine, self.account, self.desk.shown, post, clock=clock)
        self.keys = None if keys is None else frozenset(keys)
        self.limit = None if rate_limit is None else Limit(rate_limit)
        self._remembering = Remembering(self.account)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.courier.live(receive, send)
            return
        if scope["type"] != "http":
            return
        request = self.account.new_ref("req")
        headers = headers_in(scope)
        reply = await self._answer(scope, headers, receive, request)
        await _send(send, reply, request, known_version(headers))

    def do(
        self, method: str, path: str, values: Mapping[str, Any], *, version: str = API_VERSION
    ) -> tuple[int, Json]:
        """Do what a request would, without a line or a key; return status and document."""
        try:
            route, deed, names = _ROUTES.find(method, path)
            params = checked(route, values, version)
            call = Call(method, path, route, names, params, "req_local", None, version)
        except Refused as refused:
            reply = refusal_of(refused, path)
            return refused.status, json.loads(reply.body)
        reply = self._acted(call, deed)
        document: Json = json.loads(reply.body)
        return reply.status, document

    async def deliver(self) -> int:
        """Post every webhook that is due by the engine's clock; return how many attempts."""
        return await self.courier.deliver()

    async def _answer(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, request: str
    ) -> Reply:
        path = str(scope["path"])
        try:
            reply = await self._routed(scope, headers, await read_body(receive), request)
        except Refused as refused:
            reply = refusal_of(refused, path)
        except CutOff:
            raise
        except Exception:
            _log.exception("a request failed")
            reply = refusal_of(failure(), path)
        asked = Asked(
            ref=request,
            at=self.engine.books.engine_time,
            method=str(scope["method"]),
            path=path[:200],
            status=reply.status,
        )
        self.account.note_request(asked)
        return reply

    async def _routed(
        self, scope: Scope, headers: Mapping[str, str], body: bytes, request: str
    ) -> Reply:
        secret = require_key(headers.get("authorization"), self.keys)
        require_account(headers, self.account.ref)
        if self.limit is not None:
            self.limit.take(asyncio.get_running_loop().time())
        version = version_in(headers)
        method, path = str(scope["method"]), str(scope["path"])
        route, deed, names = _ROUTES.find(method, path)
        values = values_in(scope, headers, body)
        known = key_in(method, path, headers)
        params = checked(route, values, version)
        call = Call(method, path, route, names, params, request, known, version)
        if known is None:
            return await self._done(call, deed, None)
        fingerprint = fingerprint_of(method, f"{secret} {path}", values)
        return await self._once(call, deed, known, fingerprint)

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
        """Wait if that is ordered, do what is asked, remember the answer, and perhaps lose it.

        The second namespace remembers no refusals: the same key may ask again.
        """
        await asyncio.sleep(self.faults.held(deed.call))
        is_lost = self.faults.before(deed.call)
        reply = self._acted(call, deed)
        is_kept = reply.status < 400 or not is_v2(call.path)
        if is_kept and fingerprint is not None and call.key is not None:
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
                shown = answered(self.desk, deed.act(self.desk, call), call)
            shown = self.faults.after(deed.call, call.names[0] if call.names else None, shown)
            return reply_of(shown)
        except Refused as refused:
            return refusal_of(refused, call.path)
        except AccrueError as error:
            return refusal_of(translated(error), call.path)
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
    rate_limit: float | None = None,
) -> StripeServer:
    """Return an ASGI application that speaks Stripe's format over an engine.

    ``keys`` are the secret keys it accepts, by default every ``sk_test_…``. ``post`` sends
    webhooks, by default over HTTP; ``clock`` dates their signatures, by default the machine's.
    ``rate_limit`` is how many requests a second are answered, by default all.

    Whoever takes the engine's webhooks otherwise takes them away
    from the endpoints that are registered here.
    """
    return StripeServer(
        engine, keys=keys, account=account, post=post, clock=clock, rate_limit=rate_limit
    )


async def _send(send: Send, reply: Reply, request: str, version: str) -> None:
    headers = {
        "content-type": "application/json",
        "content-length": str(len(reply.body)),
        "request-id": request,
        "stripe-version": version,
        "cache-control": "no-cache, no-store",
        **reply.headers,
    }
    wire = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": wire})
    await send({"type": "http.response.body", "body": reply.body})
