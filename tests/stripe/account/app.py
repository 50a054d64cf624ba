"""A small Stripe account as an ASGI application, in this process.

It keeps customers, payment methods, subscriptions, invoices and hosted pages, and remembers
idempotency keys. It shares nothing with what it tests: every request is checked against the SDK's
own parameter types, and every object that it shows against the SDK's own resource types. What is
wrong is answered as Stripe would answer it, and written into ``complaints``, so that a test fails
even where the answer is taken for a refusal.

Time stands still at ``now`` until a test moves it, and nothing happens by itself.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import stripe

from accrue_core.contracts.routes import Receive, Scope, Send
from tests.stripe import objects
from tests.stripe.account import changes, coupons, customers, pages, passing, subscriptions
from tests.stripe.account.books import Books, Refused
from tests.stripe.account.line import Fault, Memory
from tests.stripe.account.parameters import read
from tests.stripe.account.routes import Route, routed
from tests.stripe.account.shown import shown
from tests.stripe.conformance import violations
from tests.stripe.objects import JANUARY, Json
from tests.stripe.stand_in import Reply, problem

LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that arrived; ``form`` is its body, or its query where it has no body."""

    method: str
    path: str
    form: str
    headers: dict[str, str]

    @property
    def key(self) -> str:
        """Its idempotency key, or nothing."""
        return self.headers.get("idempotency-key", "")

    @property
    def values(self) -> dict[str, str]:
        """Its parameters, as they were written."""
        return dict(parse_qsl(self.form, keep_blank_values=True))


class Account:
    """The application. Tests arrange things through its methods, and read ``asked``."""

    def __init__(self, *, now: int = JANUARY) -> None:
        self.now = now
        self.books = Books(lambda: self.now)
        self.memory = Memory()
        self.faults: list[Fault] = []
        self.asked: list[Asked] = []
        self.complaints: list[str] = []
        self.done: list[Asked] = []
        self._checkouts: dict[str, Json] = {}

    def add_price(self, ref: str, minor: int, *, interval: str = "month") -> None:
        """Offer a price in US dollars."""
        price = objects.price()
        price["recurring"]["interval"] = interval
        words = {"id": ref, "unit_amount": minor, "unit_amount_decimal": str(minor)}
        self.books.put(price | words)

    def add_card(self, ref: str, behavior: str) -> None:
        """Let a browser make a card: it ``pays``, ``is declined`` or ``asks its customer``."""
        customers.make_card(self.books, behavior, ref=ref)

    def add_coupon(self, ref: str, percent: float, *, duration: str = "forever") -> None:
        """Offer a share of everything off."""
        terms = {"id": ref, "name": ref, "percent_off": percent, "duration": duration}
        coupons.create(self.books, terms)

    def void(self, invoice: str) -> None:
        """Void an invoice, as in the dashboard or when a change lapses."""
        changes.void(self.books, {}, invoice)

    def delete_customer(self, ref: str) -> None:
        """Delete a customer, as in the dashboard."""
        customers.delete(self.books, ref)

    def end(self, ref: str) -> None:
        """End a subscription, as in the dashboard."""
        subscriptions.end_it(self.books, self.books.at("subscription", ref))

    def authenticate(self, subscription: str) -> None:
        """Let the customer pass the bank's check: the waiting payment goes through."""
        found = self.books.at("subscription", subscription)
        invoice = self.books.at("invoice", found["latest_invoice"])
        payment = invoice["payments"]["data"][0]
        self.books.at("payment_intent", payment["payment"]["payment_intent"]).update(
            {"status": "succeeded", "amount_received": invoice["amount_due"]}
        )
        payment |= {"status": "paid", "amount_paid": invoice["amount_due"]}
        payment["status_transitions"]["paid_at"] = self.now
        invoice |= {
            "status": "paid",
            "amount_paid": invoice["amount_due"],
            "amount_remaining": 0,
            "auto_advance": False,
        }
        invoice["status_transitions"]["paid_at"] = self.now
        if found["pending_update"] is not None:
            changes.apply_pending(self.books, found)
        found["status"] = "active"

    def pass_time(self, moment: int) -> None:
        """Let time go on, and the phases of schedules follow each other. Nothing is renewed."""
        passing.until(self.books, moment, self._stand_at)

    def _stand_at(self, moment: int) -> None:
        self.now = moment

    def complete_checkout(self, ref: str) -> None:
        """Let the customer pay on a checkout page."""
        pages.complete_checkout(self.books, ref, self._checkouts[ref])

    def expire_checkout(self, ref: str) -> None:
        """Let a checkout page run out."""
        pages.expire_checkout(self.books, ref)

    def requests(self, *parts: str) -> list[Asked]:
        """Return the requests that were made to such a method and path."""
        wanted = " ".join(parts)
        return [one for one in self.asked if f"{one.method} {one.path}".startswith(wanted)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body, more = b"", True
        while more:
            message: Any = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        method = scope["method"]
        asked = Asked(
            method=method,
            path=scope["path"],
            form=body.decode() if method == "POST" else scope["query_string"].decode(),
            headers={name.decode(): value.decode() for name, value in scope["headers"]},
        )
        self.asked.append(asked)
        reply = await self._answer(asked)
        headers = {"content-type": "application/json", "request-id": "req_Test", **reply.headers}
        wire = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": wire})
        await send({"type": "http.response.body", "body": reply.body})

    async def _answer(self, asked: Asked) -> Reply:
        found = routed(asked.method, asked.path)
        wrong = _wrong_headers(asked) + ([] if found else ["no such path"])
        if found is None or wrong:
            return self._complain(asked, wrong, param="headers")
        route, named = found
        parameters = read(route.params, asked.form)
        if parameters.wrong:
            said = [f"{name}: {why}" for name, why in parameters.wrong.items()]
            return self._complain(asked, said, param=next(iter(parameters.wrong)))
        strikes = (one for one in self.faults if one.strikes(asked.method, asked.path))
        fault = next(strikes, None)
        if fault is not None:
            self.faults.remove(fault)
        return await self._under_key(asked, route, (parameters.values, *named), fault or Fault())

    async def _under_key(
        self, asked: Asked, route: Route, given: tuple[Any, ...], fault: Fault
    ) -> Reply:
        """Answer what was asked before as before; else do it, while its key is in flight."""
        request = (asked.method, asked.path, asked.form)
        remembers = asked.method == "POST"
        if remembers:
            known = self.memory.known(asked.key, request, self.now)
            if known is not None:
                return await _over_the_line(fault, known)
            self.memory.in_flight.add(asked.key)
        try:
            return await self._carried_out(asked, route, given, fault)
        finally:
            if remembers:
                self.memory.in_flight.discard(asked.key)

    async def _carried_out(
        self, asked: Asked, route: Route, given: tuple[Any, ...], fault: Fault
    ) -> Reply:
        request = (asked.method, asked.path, asked.form)
        reply = None
        if fault.is_done or fault.answer is None:
            reply = self._act(asked, route, given)
        kept = fault.answer if fault.is_kept else reply
        if isinstance(kept, Reply) and asked.method == "POST":
            self.memory.keep(asked.key, request, self.now, kept)
        return await _over_the_line(fault, reply)

    def _act(self, asked: Asked, route: Route, given: tuple[Any, ...]) -> Reply:
        values, *named = given
        try:
            record = route.act(self.books, values, *named)
            answer = shown(self.books, record, values.get("expand", []))
        except Refused as refused:
            return refused.reply
        if asked.method != "GET":
            self.done.append(asked)
        if record["object"] == "checkout.session" and asked.method == "POST":
            self._checkouts[record["id"]] = values
        records = answer["data"] if answer["object"] == "list" else [answer]
        for one in records:
            self.complaints += violations(one)
        return Reply(200, json.dumps(answer).encode())

    def _complain(self, asked: Asked, wrong: list[str], *, param: str) -> Reply:
        self.complaints += [f"{asked.method} {asked.path}: {one}" for one in wrong]
        return problem(400, "invalid_request_error", code="parameter_unknown", param=param)


async def _over_the_line(fault: Fault, reply: Reply | None) -> Reply:
    """Send an answer, or what the line makes of it."""
    await asyncio.sleep(fault.pause)
    answer = fault.answer or reply
    if isinstance(answer, Exception):
        raise answer
    assert answer is not None
    return answer


def _wrong_headers(asked: Asked) -> list[str]:
    """Return what is wrong with a request's headers, whatever it asks."""
    headers, wrong = asked.headers, []
    if not headers.get("authorization", "").startswith("Bearer sk_test_"):
        wrong.append("no secret test key in the authorization header")
    if headers.get("stripe-version") != stripe.api_version:
        wrong.append(f"stripe-version is {headers.get('stripe-version')}")
    if asked.method == "GET":
        return wrong + (["a key on a read"] if asked.key else [])
    if not 0 < len(asked.key) <= LONGEST_KEY:
        wrong.append("no idempotency key, or one that is too long")
    if asked.method == "POST" and "form-urlencoded" not in headers.get("content-type", ""):
        wrong.append(f"content-type is {headers.get('content-type')}")
    return wrong
