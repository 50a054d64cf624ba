"""What Fieldnotes sells."""

from __future__ import annotations

from accrue_core import Catalog, Money, Plan
from accrue_fake import Engine

PRO_PRICE = Money(2000, "usd")

FEATURES = {
    "notes": "Notes, shared with everybody in the organization",
    "reports": "Reports about what the notes say, every week",
    "export": "Export of everything, at any time",
}

CATALOG = Catalog(
    Plan(key="free", features={"notes"}, is_default=True),
    Plan(
        key="pro",
        features={"notes", "reports", "export"},
        prices={"fake": "price_pro_monthly", "stripe": "price_ProMonthly"},
    ),
)


def stock(engine: Engine) -> None:
    """Offer the catalog's prices at the fake processor, as one does once in a real one's pages."""
    engine.catalogue.add_price("price_pro_monthly", PRO_PRICE)
