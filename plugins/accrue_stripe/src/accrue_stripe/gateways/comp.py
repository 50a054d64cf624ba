"""The coupon behind subscriptions that somebody has for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accrue_core.contracts.results import Key
from accrue_core.contracts.subscriptions import COMP_COUPON
from accrue_core.errors import ProcessorRejected, RemoteMissing
from accrue_stripe.connection import wire
from accrue_stripe.errors import translated

if TYPE_CHECKING:
    import stripe
    from stripe.params import CouponCreateParams

_ALL_OF_IT: CouponCreateParams = {
    "id": COMP_COUPON,
    "name": "Complimentary",
    "percent_off": 100,
    "duration": "forever",
}
_EXISTS = "resource_already_exists"


async def require_comp(client: stripe.StripeClient, key: Key) -> None:
    """Make the coupon unless there is one. Its name is its own, so whoever is second finds it.

    One of that name that takes less off, or ends, was made by somebody else for something else.
    """
    try:
        with translated("coupon", COMP_COUPON):
            found = wire(await client.v1.coupons.retrieve_async(COMP_COUPON))
    except RemoteMissing:
        await _make(client, key)
        return
    said = tuple(found.get(name) for name in ("percent_off", "duration", "valid"))
    if said != (100, "forever", True):
        raise ProcessorRejected(
            f"the coupon {COMP_COUPON} does not take off all of it, for ever", reason="coupon"
        )


async def _make(client: stripe.StripeClient, key: Key) -> None:
    options: stripe.RequestOptions = {"idempotency_key": f"{key.idempotency_key}-coupon"}
    try:
        with translated("coupon", COMP_COUPON):
            await client.v1.coupons.create_async(_ALL_OF_IT, options)
    except ProcessorRejected as error:
        if error.reason != _EXISTS:
            raise
