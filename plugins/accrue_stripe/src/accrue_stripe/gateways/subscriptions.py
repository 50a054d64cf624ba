"""Subscriptions, as Stripe keeps them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from accrue_core.contracts.changes import (
    ChangeSubscription,
    PauseSubscription,
    PreviewedChange,
    ResumeSubscription,
    SetTrialEnd,
)
from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.subscriptions import (
    COMP_COUPON,
    CancelSubscription,
    CreateSubscription,
    KeepSubscription,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from accrue_stripe.connection import Connection, Json, wire
from accrue_stripe.errors import afterwards, translated
from accrue_stripe.gateways.actions import action_on
from accrue_stripe.gateways.changing import change, preview
from accrue_stripe.gateways.comp import require_comp
from accrue_stripe.gateways.ending import end_now, keep
from accrue_stripe.gateways.resuming import resume
from accrue_stripe.gateways.wholes import whole_subscription, with_all
from accrue_stripe.listing import find_created
from accrue_stripe.params.changes import RESTING, pause, trial_end
from accrue_stripe.params.subscriptions import READABLE, WITH_ALL, later_end, new_subscription
from accrue_stripe.translate.subscriptions import subscription

if TYPE_CHECKING:
    import stripe
    from stripe.params import SubscriptionUpdateParams

_FIRST = frozenset({SubscriptionStatus.INCOMPLETE, SubscriptionStatus.PAUSED})
"""Statuses that somebody leaves by paying: for the first time, or to go on."""

_MAY_WAIT = _FIRST | {SubscriptionStatus.PAST_DUE}


class StripeSubscriptions:
    """Operations on subscriptions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(self, request: CreateSubscription, *, key: Key) -> Answer:
        """Start it; the customer, the first invoice and its payment method come along."""
        client = self._connection.client
        if request.coupon == COMP_COUPON:
            await require_comp(client, key)
        with translated("customer", request.customer):
            remote = await client.v1.subscriptions.create_async(
                new_subscription(request, key), {"idempotency_key": key.idempotency_key}
            )
        with afterwards(), translated("customer", request.customer):
            answer = await with_all(client, wire(remote))
        return await self._with_action(answer)

    async def cancel(self, request: CancelSubscription, *, key: Key) -> Answer:
        """End it, now or later; Stripe has a different call for each."""
        if request.when == "now":
            client = self._connection.client
            return await self._changed(request.ref, await end_now(client, request, key))
        return await self._update(request.ref, later_end(request), key)

    async def keep(self, request: KeepSubscription, *, key: Key) -> Answer:
        """Undo a pending end, whichever way it was asked for. None pending is as asked."""
        return await self._changed(request.ref, await keep(self._connection.client, request, key))

    async def change(self, request: ChangeSubscription, *, key: Key) -> Answer:
        """Make its items be these; ``next_action`` is set when a bank asks for the customer."""
        return await self._with_action(await change(self._connection.client, request, key))

    async def preview(self, request: ChangeSubscription) -> PreviewedChange:
        """Say what ``change`` would cost, and change nothing."""
        return await preview(self._connection.client, request)

    async def set_trial_end(self, request: SetTrialEnd, *, key: Key) -> Answer:
        """Let its trial end at another moment, or now: then the first period is asked for."""
        return await self._with_action(await self._update(request.ref, trial_end(request), key))

    async def pause(self, request: PauseSubscription, *, key: Key) -> Answer:
        """Stop collecting, or let the whole subscription rest; Stripe has a call for each."""
        if request.behavior != "none":
            return await self._update(request.ref, pause(request), key)
        options: stripe.RequestOptions = {"idempotency_key": key.idempotency_key}
        with translated("subscription", request.ref):
            subscriptions = self._connection.client.v1.subscriptions
            remote = await subscriptions.pause_async(request.ref, RESTING, options)
        return await self._changed(request.ref, wire(remote))

    async def resume(self, request: ResumeSubscription, *, key: Key) -> Answer:
        """End a pause, of collection or of the subscription. None is as asked."""
        resumed = await resume(self._connection.client, request, key)
        return await self._with_action(await self._changed(request.ref, resumed))

    async def fetch(self, ref: str) -> Answer:
        """Return it as it is now; ``next_action`` is set while its payment waits for someone."""
        client = self._connection.client
        with translated("subscription", ref):
            remote = await client.v1.subscriptions.retrieve_async(ref, {"expand": READABLE})
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

    async def _update(self, ref: str, params: SubscriptionUpdateParams, key: Key) -> Answer:
        options: stripe.RequestOptions = {"idempotency_key": key.idempotency_key}
        with translated("subscription", ref):
            subscriptions = self._connection.client.v1.subscriptions
            remote = await subscriptions.update_async(ref, params, options)
        return await self._changed(ref, wire(remote))

    async def _changed(self, ref: str, changed: Json) -> Answer:
        with afterwards(), translated("subscription", ref):
            return await with_all(self._connection.client, changed)

    async def _with_action(self, answer: Answer) -> Answer:
        main = answer.main
        if (
            answer.next_action is not None
            or not isinstance(main, SubscriptionSnapshot)
            or main.latest_invoice is None
            or (main.status not in _MAY_WAIT and main.pending_until is None)
        ):
            return answer
        is_first = main.status in _FIRST or main.pending_until is not None
        action = await action_on(self._connection.client, main.latest_invoice, is_first=is_first)
        return replace(answer, next_action=action)
