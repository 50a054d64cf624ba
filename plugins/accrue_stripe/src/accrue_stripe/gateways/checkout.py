"""Checkout sessions, as Stripe keeps them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from accrue_core.contracts.checkout import CheckoutSessionSnapshot, CreateCheckoutSession
from accrue_core.contracts.results import Answer, Key
from accrue_stripe.connection import Connection, Json, wire
from accrue_stripe.errors import translated
from accrue_stripe.gateways.subscriptions import StripeSubscriptions
from accrue_stripe.listing import find_created
from accrue_stripe.params.checkout import new_checkout
from accrue_stripe.translate.checkout import checkout_session, page_of

if TYPE_CHECKING:
    import stripe


class StripeCheckout:
    """Operations on checkout sessions."""

    def __init__(self, connection: Connection, subscriptions: StripeSubscriptions) -> None:
        self._connection = connection
        self._subscriptions = subscriptions

    async def create(self, request: CreateCheckoutSession, *, key: Key) -> Answer:
        """Open the page; Stripe starts the subscription once it is paid for there."""
        with translated("customer", request.customer):
            remote = await self._connection.client.v1.checkout.sessions.create_async(
                new_checkout(request, key), {"idempotency_key": key.idempotency_key}
            )
        opened = wire(remote)
        return Answer(checkout_session(opened), next_action=page_of(opened))

    async def fetch(self, ref: str) -> Answer:
        """Return it as it is now; a completed one with all that came of it."""
        with translated("checkout_session", ref):
            remote = await self._connection.client.v1.checkout.sessions.retrieve_async(ref)
        return await self._answer(wire(remote))

    async def find_created(
        self, request: CreateCheckoutSession, *, key: Key, since: datetime
    ) -> Answer | None:
        """Look through the customer's sessions created since."""

        async def page(asked: Any) -> stripe.StripeObject:
            wanted: Any = {"customer": request.customer, **asked}
            return await self._connection.client.v1.checkout.sessions.list_async(wanted)

        with translated("customer", request.customer):
            found = await find_created("checkout sessions", key.operation_id, since, page)
        return None if found is None else await self._answer(found)

    async def _answer(self, data: Json) -> Answer:
        main = checkout_session(data)
        if not isinstance(main, CheckoutSessionSnapshot) or main.subscription is None:
            return Answer(main, next_action=page_of(data))
        came_of_it = await self._subscriptions.fetch_with_all(main.subscription)
        return Answer(main, came_of_it.snapshots)
