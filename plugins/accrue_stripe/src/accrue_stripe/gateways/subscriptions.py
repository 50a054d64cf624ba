"""Subscriptions, as Stripe keeps them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.subscription_gateway import RefusedChanges
from accrue_core.contracts.subscriptions import (
    CancelSubscription,
    CreateSubscription,
    KeepSubscription,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from accrue_stripe.connection import Connection, Json, wire
from accrue_stripe.errors import afterwards, translated
from accrue_stripe.gateways.actions import action_on
from accrue_stripe.gateways.ending import end_now, keep
from accrue_stripe.gateways.wholes import whole_subscription, with_all
from accrue_stripe.listing import find_created
from accrue_stripe.params.subscriptions import WITH_ALL, later_end, new_subscription
from accrue_stripe.translate.subscriptions import subscription

if TYPE_CHECKING:
    import stripe

_MAY_WAIT = frozenset({SubscriptionStatus.INCOMPLETE, SubscriptionStatus.PAST_DUE})


class StripeSubscriptions(RefusedChanges):
    """Operations on subscriptions."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection.name)
        self._connection = connection

    async def create(self, request: CreateSubscription, *, key: Key) -> Answer:
        """Start it; the customer, the first invoice and its payment method come along."""
        client = self._connection.client
        with translated("customer", request.customer):
            remote = await client.v1.subscriptions.create_async(
                new_subscription(request, key), {"idempotency_key": key.idempotency_key}
            )
        with afterwards(), translated("customer", request.customer):
            answer = await with_all(client, wire(remote))
        return await self._with_action(answer)

    async def cancel(self, request: CancelSubscription, *, key: Key) -> Answer:
        """End it, now or later; Stripe has a different call for each."""
        client = self._connection.client
        if request.when == "now":
            ended = await end_now(client, request, key)
        else:
            with translated("subscription", request.ref):
                remote = await client.v1.subscriptions.update_async(
                    request.ref, later_end(request), {"idempotency_key": key.idempotency_key}
                )
            ended = wire(remote)
        return await self._changed(request.ref, ended)

    async def keep(self, request: KeepSubscription, *, key: Key) -> Answer:
        """Undo a pending end, whichever way it was asked for. None pending is as asked."""
        return await self._changed(request.ref, await keep(self._connection.client, request, key))

    async def fetch(self, ref: str) -> Answer:
        """Return it as it is now; ``next_action`` is set while its payment waits for someone."""
        client = self._connection.client
        with translated("subscription", ref):
            remote = await client.v1.subscriptions.retrieve_async(ref)
            whole = await whole_subscription(client, wire(remote))
        return await self._with_action(Answer(subscription(whole)))

    async def fetch_with_all(self, ref: str) -> Answer:
        """Return it with what ``create`` brings."""
        client = self._connection.client
        with translated("subscription", ref):
            remote = await client.v1.subscriptions.retrieve_async(ref, {"expand": WITH_ALL})
            answer = await with_all(client, wire(remote))
        return await self._with_action(answer)

    async def find_created(
        self, request: CreateSubscription, *, key: Key, since: datetime
    ) -> Answer | None:
        """Look through the customer's subscriptions created since, ended ones included."""

        async def page(asked: Any) -> stripe.StripeObject:
            wanted: Any = {"customer": request.customer, "status": "all", **asked}
            return await self._connection.client.v1.subscriptions.list_async(wanted)

        with translated("customer", request.customer):
            found = await find_created("subscriptions", key.operation_id, since, page)
        return None if found is None else await self.fetch_with_all(str(found.get("id")))

    async def _changed(self, ref: str, changed: Json) -> Answer:
        with afterwards(), translated("subscription", ref):
            whole = await whole_subscription(self._connection.client, changed)
        return Answer(subscription(whole))

    async def _with_action(self, answer: Answer) -> Answer:
        main = answer.main
        if (
            not isinstance(main, SubscriptionSnapshot)
            or main.status not in _MAY_WAIT
            or main.latest_invoice is None
        ):
            return answer
        is_first = main.status == SubscriptionStatus.INCOMPLETE
        action = await action_on(self._connection.client, main.latest_invoice, is_first=is_first)
        return replace(answer, next_action=action)
