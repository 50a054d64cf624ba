"""Customers and their payment methods, as the stand-in account treats them."""

from __future__ import annotations

from tests.stripe import objects
from tests.stripe.account.books import Books, Refused
from tests.stripe.objects import Json

TOKENS = {
    "pm_card_visa": "pays",
    "pm_card_chargeCustomerFail": "is declined",
    "pm_card_authenticationRequired": "asks its customer",
    "pm_card_chargeDeclinedInsufficientFunds": "cannot be attached",
}
"""Test tokens of Stripe's, and how their cards behave. Each use makes a card of its own."""

KNOWN_COUNTRIES = {"AT": (), "DE": (), "FR": (), "US": ("CA", "NY")}
"""Countries that can be taxed here, and their states where one is needed."""


def create(books: Books, asked: Json) -> Json:
    """Make a customer."""
    return books.put(
        objects.customer()
        | {
            "id": books.new_ref("customer"),
            "created": books.now,
            "currency": None,
            "name": asked.get("name") or None,
            "email": asked.get("email") or None,
            "metadata": asked.get("metadata", {}),
            "invoice_settings": {
                "custom_fields": None,
                "default_payment_method": None,
                "footer": None,
                "rendering_options": None,
            },
        }
    )


def update(books: Books, asked: Json, ref: str) -> Json:
    """Change a customer: how it is known, where it is taxed, its default payment method."""
    customer = books.at("customer", ref)
    if customer.get("deleted"):
        raise Refused(400, code="resource_missing", param="id")
    if "address" in asked:
        _place(customer, asked)
    plain = ("name", "email", "preferred_locales")
    customer.update({name: asked[name] for name in plain if name in asked})
    merged = customer["metadata"] | asked.get("metadata", {})
    customer["metadata"] = {name: value for name, value in merged.items() if value}
    if "invoice_settings" in asked:
        default = asked["invoice_settings"]["default_payment_method"]
        param = "invoice_settings[default_payment_method]"
        card = books.named("payment_method", default, param=param)
        if card["customer"] != ref:
            raise Refused(400, code="resource_missing", param="invoice_settings")
        customer["invoice_settings"]["default_payment_method"] = default
    return customer


def _place(customer: Json, asked: Json) -> None:
    """Keep an address that can be taxed: with a postal code, and a state where there are some."""
    address = {key: value or None for key, value in asked["address"].items()}
    known = KNOWN_COUNTRIES.get(address["country"] or "")
    is_known = known is not None and address["postal_code"] is not None
    is_known = is_known and (not known or address["state"] in known)
    if asked.get("tax", {}).get("validate_location") == "immediately" and not is_known:
        raise Refused(400, code="customer_tax_location_invalid", param="address")
    customer["address"] = address
    place = {
        "country": address["country"],
        "source": "billing_address",
        "state": address["state"],
    }
    customer["tax"] |= {
        "automatic_tax": "supported" if is_known else "unrecognized_location",
        "location": place if is_known else None,
    }


def retrieve(books: Books, asked: Json, ref: str) -> Json:
    """Return a customer, or that it was deleted."""
    return books.at("customer", ref)


def listed(books: Books, asked: Json) -> Json:
    """List customers; a deleted one is in no list."""
    living = [one for one in books.all("customer") if not one.get("deleted")]
    return books.page("/v1/customers", asked, living)


def delete(books: Books, ref: str) -> None:
    """Delete a customer, as in the dashboard."""
    books.put(objects.deleted("customer", ref))


def make_card(books: Books, behavior: str, *, ref: str | None = None) -> Json:
    """Make a card that belongs to nobody yet, as a browser's form does."""
    card = objects.card() | {
        "id": ref or books.new_ref("payment_method"),
        "created": books.now,
        "customer": None,
    }
    books.behaviors[card["id"]] = behavior
    return books.put(card)


def attach(books: Books, asked: Json, ref: str) -> Json:
    """Give a customer a card: the bank is asked about it."""
    if "customer" not in asked:
        raise Refused(400, code="parameter_missing", param="customer")
    customer = books.named("customer", asked["customer"], param="customer")
    if ref in TOKENS and TOKENS[ref] == "cannot be attached":
        raise Refused(
            402, type="card_error", code="card_declined", decline_code="insufficient_funds"
        )
    card = make_card(books, TOKENS[ref]) if ref in TOKENS else None
    card = card or books.at("payment_method", ref, param="payment_method")
    if card["customer"] is not None:
        raise Refused(400, message="The payment method has already been attached to a customer.")
    card["customer"] = customer["id"]
    return card


def retrieve_card(books: Books, asked: Json, ref: str) -> Json:
    """Return a payment method; a test token is shown as a card of nobody's."""
    if ref in TOKENS:
        return make_card(books, TOKENS[ref])
    return books.at("payment_method", ref, param="payment_method")
