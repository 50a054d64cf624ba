"""Taxes: where customers are taxed, and what was added to their invoices."""

from __future__ import annotations

from accrue_core.money import Money
from accrue_fake.engine.engine import Engine
from accrue_fake.engine.records import Address, CustomerRecord
from accrue_fake.wire.stripe.shapes.keys import Json, whole
from accrue_fake.wire.stripe.shapes.units import amount


def automatic_tax(*, is_on: bool) -> Json:
    """Say whether Stripe works the tax out."""
    return {"enabled": is_on, "liability": {"type": "self"} if is_on else None}


def render_tax_location(engine: Engine, record: CustomerRecord) -> Json:
    """Render what a customer has under ``tax`` when that is asked for."""
    address = record.address
    if address is None or record.snapshot.tax_location != "recognized":
        known: Json = {"automatic_tax": "unrecognized_location"}
    else:
        is_taxed = engine.tax.rate_of(record.snapshot.ref) is not None
        known = {
            "automatic_tax": "supported" if is_taxed else "not_collecting",
            "location": {
                "country": address.country,
                "source": "billing_address",
                "state": address.state,
            },
        }
    return whole("customer.tax", {"provider": "stripe", **known})


def render_address(address: Address | None) -> Json | None:
    """Render an address, if there is one."""
    if address is None:
        return None
    names = ("city", "country", "line1", "line2", "postal_code", "state")
    return {name: getattr(address, name) for name in names}


def added(engine: Engine, customer: str, *, tax: Money, taxable: Money) -> list[Json]:
    """Say which tax was added to an amount. Nothing is not said.

    The engine writes amounts without their tax, whether prices contain it or not, so that every
    tax is one that is added.
    """
    if not tax:
        return []
    rate = engine.tax.rate_of(customer)
    place = "unknown" if rate is None else rate.place.replace("/", "_").lower()
    return [
        {
            "amount": amount(tax),
            "tax_behavior": "exclusive",
            "tax_rate_details": {"tax_rate": f"txr_{place}"},
            "taxability_reason": "standard_rated",
            "taxable_amount": amount(taxable),
            "type": "tax_rate_details",
        }
    ]
