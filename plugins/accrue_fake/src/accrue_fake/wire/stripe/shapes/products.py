"""Products: what prices are for."""

from __future__ import annotations

from accrue_fake.engine.engine import Engine
from accrue_fake.engine.records import Price
from accrue_fake.wire.stripe.shapes.facts import ProductFacts
from accrue_fake.wire.stripe.shapes.keys import Json, whole
from accrue_fake.wire.stripe.shapes.units import seconds


def render_product(_: Engine, record: ProductFacts) -> Json:
    """Render a product."""
    return whole(
        "product",
        {
            "id": record.ref,
            "object": "product",
            "active": record.is_active,
            "created": seconds(record.created_at),
            "default_price": record.default_price,
            "description": record.description,
            "images": [],
            "livemode": False,
            "marketing_features": [],
            "metadata": dict(record.metadata),
            "name": record.name,
            "tax_code": record.tax_code,
            "type": "service",
            "unit_label": record.unit_label,
            "updated": seconds(record.updated_at or record.created_at),
            "url": record.url,
        },
    )


def product_of(price: Price) -> str:
    """Return the ref of what a price is for."""
    return price.sold_as


def known_product(engine: Engine, ref: str) -> ProductFacts | None:
    """Return what the engine's prices tell about a product, if one of them is for it."""
    if any(product_of(price) == ref for price in engine.books.prices.values()):
        return ProductFacts(ref=ref, name=ref.removeprefix("prod_"))
    return None
