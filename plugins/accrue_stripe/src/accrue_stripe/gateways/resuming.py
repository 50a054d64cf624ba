"""How a pause of Stripe's ends: there are two kinds, and each ends in its own way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accrue_core.contracts.changes import ResumeSubscription
from accrue_core.contracts.results import Key
from accrue_stripe.connection import Json, wire
from accrue_stripe.errors import translated
from accrue_stripe.params.changes import NOT_PAUSED, RESUMED
from accrue_stripe.params.subscriptions import READABLE

if TYPE_CHECKING:
    import stripe

_RESTS = "paused"
"""The status of a subscription that is not billed; paused collection leaves the status alone."""


async def resume(client: stripe.StripeClient, request: ResumeSubscription, key: Key) -> Json:
    """End whichever pause there is. None is as asked.

    One that rests, as after a trial without a card, is asked for its first period. Each way has a
    key of its own: repeated after it has worked, the look finds nothing that rests.
    """
    ref, subscriptions = request.ref, client.v1.subscriptions
    with translated("subscription", ref):
        found = wire(await subscriptions.retrieve_async(ref, {"expand": READABLE}))
        if found.get("status") == _RESTS:
            options: stripe.RequestOptions = {"idempotency_key": f"{key.idempotency_key}-resume"}
            return wire(await subscriptions.resume_async(ref, RESUMED, options))
        options = {"idempotency_key": key.idempotency_key}
        return wire(await subscriptions.update_async(ref, NOT_PAUSED, options))
