"""The official SDK in front of the Fake's Stripe server, in this process, with an app behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import stripe

from accrue_fake import Engine
from accrue_fake.wire.stripe.app import StripeServer, create_stripe_app
from tests.stripe.conformance import violations
from tests.wire.shapes import second

KEY = "sk_test_till"
JANUARY = 1_798_761_600
DAY = 86_400
MONTH = 31 * DAY
Json = dict[str, Any]


class Line(stripe.HTTPClient):
    """Carries the SDK's requests to the server, and holds every answer against the SDK's types."""

    name = "till"

    def __init__(self, server: StripeServer) -> None:
        super().__init__()
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(server))
        self.violations: list[str] = []
        self.answers = 0

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            answer = await self.client.request(
                method.upper(), url, headers=dict(headers), content=post_data
            )
        except ConnectionResetError as broken:
            error: Any = stripe.APIConnectionError
            raise error(str(broken)) from None
        self.answers += 1
        if answer.status_code == 200:
            self.violations += _wrong_in(answer.json())
        return answer.content, answer.status_code, answer.headers

    async def close_async(self) -> None:
        await self.client.aclose()


class Inbox:
    """An app that takes webhooks; ``refuses`` is how many more it answers with 500."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes, Mapping[str, str]]] = []
        self.refuses = 0
        self.is_down = False

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        if self.is_down:
            raise ConnectionRefusedError
        if self.refuses:
            self.refuses -= 1
            return 500
        self.taken.append((url, body, headers))
        return 200

    def events(self, secret: str, url: str | None = None) -> list[stripe.Event]:
        """Return what arrived, each as the SDK verifies it."""
        return [
            stripe.Webhook.construct_event(body, headers["stripe-signature"], secret)
            for to, body, headers in self.taken
            if url in (None, to)
        ]

    def types(self) -> list[str]:
        return [str(json.loads(body)["type"]) for _, body, _ in self.taken]


class Till:
    """A server, the SDK before it and an inbox behind it; and short ways to begin."""

    def __init__(self, engine: Engine | None = None) -> None:
        self.inbox = Inbox()
        self.server = create_stripe_app(engine or Engine(), post=self.inbox.post)
        self.engine = self.server.engine
        self.line = Line(self.server)
        stripe.enable_telemetry = False
        self.client = stripe.StripeClient(KEY, http_client=self.line, max_network_retries=0)
        self.v1 = self.client.v1

    async def price(self, minor: int = 1900, **params: Any) -> str:
        product = await self.v1.products.create_async({"name": "Pro"})
        asked: Any = {
            "product": product.id,
            "currency": "usd",
            "unit_amount": minor,
            "recurring": {"interval": "month"},
            **params,
        }
        return (await self.v1.prices.create_async(asked)).id

    async def customer(self, card: str | None = "pm_card_visa", **params: Any) -> str:
        asked: Any = {"email": "payer@person.example", **params}
        ref = (await self.v1.customers.create_async(asked)).id
        if card is not None:
            await self.give(ref, card)
        return ref

    async def give(self, customer: str, card: str) -> str:
        """Attach a card and make it the default."""
        kept = await self.v1.payment_methods.attach_async(card, {"customer": customer})
        settings: Any = {"invoice_settings": {"default_payment_method": kept.id}}
        await self.v1.customers.update_async(customer, settings)
        return kept.id

    async def subscribe(self, customer: str, price: str, **params: Any) -> stripe.Subscription:
        asked: Any = {"customer": customer, "items": [{"price": price}], **params}
        return await self.v1.subscriptions.create_async(asked)

    async def clock(self, at: int = JANUARY) -> str:
        return (await self.v1.test_helpers.test_clocks.create_async({"frozen_time": at})).id

    async def advance(self, clock: str, to: int) -> None:
        clocks = self.v1.test_helpers.test_clocks
        await clocks.advance_async(clock, {"frozen_time": to})
        assert (await clocks.retrieve_async(clock)).status == "ready"

    async def raw(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask without the SDK."""
        headers = {"authorization": f"Bearer {KEY}", **options.pop("headers", {})}
        url = f"https://api.stripe.example{path}"
        return await self.line.client.request(method, url, headers=headers, **options)


def _wrong_in(document: Json) -> list[str]:
    if second.is_second(document):
        return second.wrong_in(document)
    is_list = document.get("object") in ("list", "search_result")
    found = document["data"] if is_list else [document]
    return [wrong for one in found for wrong in violations(one)]
