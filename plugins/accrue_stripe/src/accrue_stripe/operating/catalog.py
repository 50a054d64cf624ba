"""What an account sells, as the plans of a catalog."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accrue_core.errors import Conflict
from accrue_stripe.connection import Connection
from accrue_stripe.errors import translated
from accrue_stripe.listing import pages
from accrue_stripe.translate.catalog import Offer, offer

if TYPE_CHECKING:
    import stripe

PLAN_METADATA = "accrue_plan"
"""The metadata field of a product that says which plan it is; else its name does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldPlan:
    """One product with the refs of its prices; the first is what new subscriptions get."""

    key: str
    name: str
    prices: tuple[str, ...]
    costs: tuple[str, ...]


async def sold_plans(connection: Connection) -> list[SoldPlan]:
    """Return what is on sale, oldest product first. Reads every page; changes nothing."""

    async def page(asked: Any) -> stripe.StripeObject:
        wanted: Any = {"active": True, "type": "recurring", "expand": ["data.product"], **asked}
        return await connection.client.v1.prices.list_async(wanted)

    with translated("price", "all of them"):
        records = [record async for some in pages("prices", page) for record in some]
    offers = (offer(record, plan_field=PLAN_METADATA) for record in records)
    return plans_of([one for one in offers if one is not None and one.is_on_sale])


def plans_of(offers: Sequence[Offer]) -> list[SoldPlan]:
    """Put prices together by product; two products of one key are ``Conflict``."""
    products: dict[str, list[Offer]] = {}
    for one in sorted(offers, key=lambda one: (not one.is_default, one.created_at, one.price)):
        products.setdefault(one.product, []).append(one)
    plans: dict[str, SoldPlan] = {}
    for some in sorted(products.values(), key=lambda some: min(one.created_at for one in some)):
        first = some[0]
        key = first.plan_key or _slug(first.product_name)
        if key in plans:
            raise Conflict(
                f"two products come to the plan {key!r}: say which is which in the metadata "
                f"field {PLAN_METADATA} of the products"
            )
        plans[key] = SoldPlan(
            key=key,
            name=first.product_name,
            prices=tuple(one.price for one in some),
            costs=tuple(one.cost for one in some),
        )
    return list(plans.values())


def as_python(plans: Sequence[SoldPlan], processor: str) -> str:
    """Return lines to put between the parentheses of ``Catalog(...)``."""
    return "\n".join(
        f"Plan(key={_quoted(plan.key)}, name={_quoted(plan.name)}, "
        f"prices={{{_quoted(processor)}: {_refs(plan.prices)}}}),  # {'; '.join(plan.costs)}"
        for plan in plans
    )


def as_toml(plans: Sequence[SoldPlan], processor: str) -> str:
    """Return one ``[[plans]]`` table for each."""
    return "\n\n".join(
        f"[[plans]]  # {'; '.join(plan.costs)}\n"
        f"key = {_quoted(plan.key)}\n"
        f"name = {_quoted(plan.name)}\n"
        f"prices = {{ {_quoted(processor)} = {json.dumps(plan.prices)} }}"
        for plan in plans
    )


def as_json(plans: Sequence[SoldPlan], processor: str) -> str:
    """Return one document with stable keys."""
    shown = [
        {"key": one.key, "name": one.name, "prices": {processor: one.prices}, "costs": one.costs}
        for one in plans
    ]
    return json.dumps({"plans": shown}, indent=2)


def _refs(prices: tuple[str, ...]) -> str:
    if len(prices) == 1:
        return _quoted(prices[0])
    return f"({', '.join(_quoted(price) for price in prices)})"


def _quoted(text: str) -> str:
    """Write text so that it is the same in Python, in TOML and in JSON."""
    return json.dumps(text)


def _slug(name: str) -> str:
    """Return a product's name as a key: ``Pro (yearly)`` is ``pro_yearly``."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "plan"
