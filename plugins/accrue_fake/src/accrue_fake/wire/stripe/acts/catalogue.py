"""``/v1/products`` and ``/v1/prices``: what is sold, and what it costs for each stretch of time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.calls import Call
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.listing import PAGING, is_within, page
from accrue_fake.wire.stripe.params import Params, merged, metadata_of
from accrue_fake.wire.stripe.problems import invalid, missing, not_played
from accrue_fake.wire.stripe.searching import search
from accrue_fake.wire.stripe.shapes.facts import FIRST_DAY, ProductFacts
from accrue_fake.wire.stripe.shapes.keys import gone
from accrue_fake.wire.stripe.shapes.products import known_product, product_of
from accrue_fake.wire.stripe.shapes.units import money_of

_PRODUCT = {
    "name": "name", "description": "description", "tax_code": "tax_code",
    "unit_label": "unit_label", "url": "url", "default_price": "default_price",
}  # fmt: skip
_PRICED = ("active", "nickname", "lookup_key", "metadata", "tax_behavior", "transfer_lookup_key")
_TAXED = ("exclusive", "inclusive", "unspecified")
_INTERVALS = ("day", "week", "month", "year")
_SEARCHED = {"active", "created", "description", "metadata", "name", "url"}
_SEARCHED_PRICES = {"active", "currency", "lookup_key", "metadata", "product", "type"}


def create_product(desk: Desk, call: Call) -> Json:
    """Offer something new; with ``default_price_data`` at a price, too."""
    params = call.params
    params.only("id", "active", "metadata", "type", "default_price_data", *_PRODUCT)
    ref = params.text("id") or desk.account.new_ref("prod")
    desk.require_free("product", ref, param="id")
    desk.account.products[ref] = _product(
        params, ProductFacts(ref=ref, name=params.required("name"), created_at=desk.now)
    )
    if "default_price_data" in params:
        price = _new_price(desk, params.below("default_price_data"), ref)
        facts = desk.account.products[ref]
        desk.account.products[ref] = replace(facts, default_price=price)
    desk.tell("product.created", "product", ref)
    return desk.show("product", ref)


def update_product(desk: Desk, call: Call) -> Json:
    """Change what a product is called."""
    (ref,), params = call.names, call.params
    params.only("active", "metadata", *_PRODUCT)
    before = _found_product(desk, ref)
    after = _product(params, before)
    if after != before:
        desk.account.products[ref] = replace(after, updated_at=desk.now)
        desk.tell("product.updated", "product", ref)
    return desk.show("product", ref)


def retrieve_product(desk: Desk, call: Call) -> Json:
    """Return a product."""
    return desk.found("product", call.names[0])


def delete_product(desk: Desk, call: Call) -> Json:
    """Delete a product that has no price."""
    (ref,) = call.names
    _found_product(desk, ref)
    if known_product(desk.engine, ref) is not None:
        raise invalid("This product cannot be deleted because it has one or more prices.")
    desk.tell("product.deleted", "product", ref)
    del desk.account.products[ref]
    return gone("product", ref)


def list_products(desk: Desk, call: Call) -> Json:
    """List products."""
    params = call.params
    params.only("active", "created", "ids", *PAGING)
    wanted = params.words("ids")

    def fits(ref: str) -> bool:
        facts = _found_product(desk, ref)
        return (
            (not wanted or ref in wanted)
            and params.flag("active") in (None, facts.is_active)
            and is_within(params, "created", facts.created_at)
        )

    return page(params, "/v1/products", filter(fits, desk.shown.products()), desk.shower("product"))


def search_products(desk: Desk, call: Call) -> Json:
    """Search products."""
    refs, show = desk.shown.products(), desk.shower("product")
    return search(call.params, "/v1/products/search", refs, show, fields=_SEARCHED)


def create_price(desk: Desk, call: Call) -> Json:
    """Offer a product at a price that recurs."""
    params = call.params
    product = params.text("product")
    if product is not None:
        desk.require("product", product, param="product")
    elif "product_data" in params:
        product = _product_of(desk, params.below("product_data"))
    else:
        raise params.missing("product")
    ref = _new_price(desk, params, product)
    return desk.show("price", ref)


def update_price(desk: Desk, call: Call) -> Json:
    """Change what a price is called; what it costs never changes."""
    (ref,), params = call.names, call.params
    params.only(*_PRICED)
    before = desk.found("price", ref)
    desk.account.say(ref, _price_facts(desk, params, ref, before["metadata"]))
    if desk.show("price", ref) != before:
        desk.tell("price.updated", "price", ref)
    return desk.show("price", ref)


def retrieve_price(desk: Desk, call: Call) -> Json:
    """Return a price."""
    (ref,) = call.names
    if ref not in desk.engine.books.prices:
        raise missing("price", ref, param="price")
    return desk.show("price", ref)


def list_prices(desk: Desk, call: Call) -> Json:
    """List prices."""
    params = call.params
    params.only("active", "created", "currency", "lookup_keys", "product", "type", *PAGING)
    product, currency, keys = (
        params.text("product"),
        params.text("currency"),
        params.words("lookup_keys"),
    )
    kind = params.word("type", "recurring", "one_time")

    def fits(ref: str) -> bool:
        price, facts = desk.engine.books.prices[ref], desk.account.facts.get(ref, {})
        return (
            kind != "one_time"
            and product in (None, product_of(price))
            and currency in (None, price.money.currency)
            and (not keys or facts.get("lookup_key") in keys)
            and params.flag("active") in (None, facts.get("active", True))
            and ("created" not in params or is_within(params, "created", _made_at(desk, ref)))
        )

    refs = filter(fits, reversed(desk.engine.books.prices))
    return page(params, "/v1/prices", refs, desk.shower("price"))


def search_prices(desk: Desk, call: Call) -> Json:
    """Search prices."""
    refs, show = reversed(desk.engine.books.prices), desk.shower("price")
    return search(call.params, "/v1/prices/search", refs, show, fields=_SEARCHED_PRICES)


def price_of(desk: Desk, params: Params) -> str:
    """Return the price that an item names, or make the one that it describes."""
    if "price_data" not in params:
        ref = params.text("price") or params.text("plan")
        if ref is None:
            raise params.missing("price")
        desk.require("price", ref, param=params.name_of("price"))
        if desk.account.facts.get(ref, {}).get("active") is False:
            raise invalid(
                f"The price specified is inactive. This field only accepts active prices: {ref}",
                param=params.name_of("price"),
            )
        return ref
    data = params.below("price_data")
    product = data.required("product")
    desk.require("product", product, param=data.name_of("product"))
    ref = _new_price(desk, data, product)
    desk.account.say(ref, {"active": False})
    return ref


def _new_price(desk: Desk, params: Params, product: str) -> str:
    params.only(
        "currency", "unit_amount", "unit_amount_decimal", "recurring", "product", "product_data",
        "billing_scheme", *_PRICED,
    )  # fmt: skip
    if params.word("billing_scheme", "per_unit", "tiered") == "tiered":
        raise not_played(params.name_of("billing_scheme"))
    if "recurring" not in params:
        raise not_played(f"{params.name_of('recurring')} (a price that does not recur)")
    recurring = params.below("recurring")
    recurring.only("interval", "interval_count", "usage_type")
    if recurring.word("usage_type", "licensed", "metered") == "metered":
        raise not_played(recurring.name_of("usage_type"))
    interval: Any = recurring.word("interval", *_INTERVALS)
    if interval is None:
        raise recurring.missing("interval")
    currency = params.required("currency").lower()
    facts = _price_facts(desk, params, None, {})
    with desk.adding("price", {**facts, "created": int(desk.now.timestamp())}):
        price = desk.engine.catalogue.add_price(
            desk.take_name(),
            money_of(_amount(params), currency),
            interval=interval,
            interval_count=recurring.integer("interval_count", least=1, most=1095) or 1,
            product=product,
        )
        desk.tell("price.created", "price", price.ref)
    return price.ref


def _amount(params: Params) -> int:
    decimal = params.decimal("unit_amount_decimal")
    if decimal is not None and "unit_amount" not in params:
        whole, _, part = decimal.partition(".")
        if part.strip("0"):
            raise not_played(f"{params.name_of('unit_amount_decimal')} (parts of a cent)")
        return int(whole)
    amount = params.integer("unit_amount", least=0, most=99_999_999_99)
    if amount is None:
        raise params.missing("unit_amount")
    return amount


def _price_facts(desk: Desk, params: Params, ref: str | None, known: Json) -> Json:
    facts: Json = {}
    if "active" in params:
        facts["active"] = params.flag("active")
    for name in ("nickname", "lookup_key"):
        if name in params:
            facts[name] = params.text(name)
    if "tax_behavior" in params:
        facts["tax_behavior"] = params.word("tax_behavior", *_TAXED) or "unspecified"
    _take_lookup_key(desk, params, ref)
    return facts | metadata_of(params, known)


def _take_lookup_key(desk: Desk, params: Params, ref: str | None) -> None:
    """Take a lookup key over from the price that has it, or refuse to share it."""
    key = params.text("lookup_key")
    holder = next(
        (
            one
            for one, facts in desk.account.facts.items()
            if key is not None and facts.get("lookup_key") == key and one != ref
        ),
        None,
    )
    if holder is None:
        return
    if not params.flag("transfer_lookup_key"):
        raise invalid(
            f"A price ({holder}) already uses that lookup key.",
            param=params.name_of("lookup_key"),
        )
    desk.account.facts[holder]["lookup_key"] = None


def _product_of(desk: Desk, data: Params) -> str:
    ref = data.text("id") or desk.account.new_ref("prod")
    desk.require_free("product", ref, param="product_data[id]")
    data.only("id", "name", "active", "metadata", "statement_descriptor", "tax_code", "unit_label")
    facts = ProductFacts(ref=ref, name=data.required("name"), created_at=desk.now)
    desk.account.products[ref] = _product(data, facts)
    desk.tell("product.created", "product", ref)
    return ref


def _product(params: Params, before: ProductFacts) -> ProductFacts:
    said: dict[str, Any] = {
        field: params.text(name) for name, field in _PRODUCT.items() if name in params
    }
    if "active" in params:
        said["is_active"] = params.flag("active") is True
    metadata = params.metadata()
    if metadata is not None:
        said["metadata"] = merged(before.metadata, metadata)
    return replace(before, **said)


def _found_product(desk: Desk, ref: str) -> ProductFacts:
    facts = desk.account.products.get(ref) or known_product(desk.engine, ref)
    if facts is None:
        raise missing("product", ref)
    return facts


def _made_at(desk: Desk, ref: str) -> Any:
    from datetime import UTC, datetime

    made = desk.account.facts.get(ref, {}).get("created")
    return FIRST_DAY if made is None else datetime.fromtimestamp(made, UTC)
