"""Coupons and prices, as the stand-in account keeps them."""

from __future__ import annotations

from collections.abc import Iterable

from tests.stripe.account.books import Books, Refused
from tests.stripe.conformance import filled
from tests.stripe.objects import Json


def create(books: Books, asked: Json) -> Json:
    """Make a coupon; its name is the caller's, and is taken once."""
    if books.get("coupon", asked["id"]) is not None:
        raise Refused(400, code="resource_already_exists", param="id")
    return books.put(
        filled(
            {
                "object": "coupon",
                "created": books.now,
                "livemode": False,
                "metadata": {},
                "times_redeemed": 0,
                "valid": True,
                **{key: asked[key] for key in ("id", "name", "percent_off", "duration")},
            },
            besides={"applies_to", "currency_options", "deleted"},
        )
    )


def drop_spent(books: Books, subscription: Json) -> None:
    """Take away the discounts that counted once: an invoice was drawn."""
    subscription["discounts"] = [
        ref
        for ref in subscription["discounts"]
        if books.at("coupon", books.at("discount", ref)["source"]["coupon"])["duration"] != "once"
    ]


def retrieve(books: Books, asked: Json, ref: str) -> Json:
    """Return a coupon."""
    return books.at("coupon", ref, param="coupon")


def retrieve_price(books: Books, asked: Json, ref: str) -> Json:
    """Return a price."""
    return books.at("price", ref, param="price")


def list_prices(books: Books, asked: Json) -> Json:
    """List prices, by whether they are on sale and how often they are paid."""
    wanted = {key: asked[key] for key in ("active", "type") if key in asked}
    records = [one for one in books.all("price") if wanted.items() <= one.items()]
    return books.page("/v1/prices", asked, records)


def redeemed(books: Books, subscription: str, asked: Iterable[Json]) -> list[str]:
    """Redeem coupons for a subscription; return the refs of the discounts."""
    refs = []
    for number, one in enumerate(asked):
        coupon = books.named("coupon", one["coupon"], param=f"discounts[{number}][coupon]")
        discount = {
            "id": books.new_ref("discount"),
            "object": "discount",
            "source": {"coupon": coupon["id"], "type": "coupon"},
            "start": books.now,
            "subscription": subscription,
        }
        refs.append(books.put(filled(discount, besides={"deleted"}))["id"])
    return refs
