"""``/v1/coupons``"""

from __future__ import annotations

from typing import Any

from accrue_core.errors import InvalidRequest
from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.calls import Call
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.listing import PAGING, page
from accrue_fake.wire.stripe.params import merged, metadata_of
from accrue_fake.wire.stripe.problems import invalid
from accrue_fake.wire.stripe.shapes.units import money_of

_CREATED = (
    "id", "percent_off", "amount_off", "currency", "duration", "duration_in_months",
    "max_redemptions", "redeem_by", "name", "metadata",
)  # fmt: skip


def create(desk: Desk, call: Call) -> Json:
    """Offer a coupon. What it takes off never changes."""
    params = call.params
    params.only(*_CREATED)
    ref = params.text("id")
    if ref is not None:
        desk.require_free("coupon", ref, param="id")
    off, duration = params.integer("amount_off", least=1), _duration(call)
    money = None if off is None else money_of(off, params.required("currency").lower())
    try:
        coupon = desk.engine.discounts.add_coupon(
            ref,
            percent_off=params.decimal("percent_off"),
            amount_off=money,
            duration=duration,
            months=params.integer("duration_in_months", least=1),
            max_redemptions=params.integer("max_redemptions", least=1),
            redeem_by=params.moment("redeem_by"),
        )
    except InvalidRequest as refused:
        raise invalid(f"Invalid coupon: {refused}.") from None
    facts: Json = {"name": params.text("name"), "created": int(desk.now.timestamp())}
    desk.account.say(coupon.ref, facts | {"metadata": merged({}, params.metadata() or {})})
    desk.tell("coupon.created", "coupon", coupon.ref)
    return desk.show("coupon", coupon.ref)


def update(desk: Desk, call: Call) -> Json:
    """Change what a coupon is called."""
    (ref,), params = call.names, call.params
    params.only("name", "metadata")
    before = desk.found("coupon", ref)
    facts: Json = {"name": params.text("name")} if "name" in params else {}
    desk.account.say(ref, facts | metadata_of(params, before["metadata"]))
    if desk.show("coupon", ref) != before:
        desk.tell("coupon.updated", "coupon", ref)
    return desk.show("coupon", ref)


def retrieve(desk: Desk, call: Call) -> Json:
    """Return a coupon."""
    return desk.found("coupon", call.names[0])


def listed(desk: Desk, call: Call) -> Json:
    """List coupons."""
    call.params.only(*PAGING)
    refs = reversed(desk.engine.books.coupons)
    return page(call.params, "/v1/coupons", refs, desk.shower("coupon"))


def _duration(call: Call) -> Any:
    return call.params.word("duration", "once", "repeating", "forever") or "once"
