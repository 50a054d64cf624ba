"""Invoices explain themselves, whatever happens to them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.subscriptions import CreateSubscription, NewItem
from accrue_core.money import Money
from accrue_core.testing.contracts.invoices import assert_adds_up
from accrue_fake.engine.cards import TOKENS
from tests.fake.shop import Shop

ITEMS = st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 1000)), min_size=1, max_size=6)


@given(
    items=ITEMS,
    currency=st.sampled_from(["usd", "jpy", "bhd"]),
    card=st.sampled_from([None, *TOKENS]),
    trial=st.sampled_from([None, 1, 14]),
    days=st.integers(0, 120),
)
def test_every_invoice_adds_up(
    items: list[tuple[int, int]], currency: str, card: str | None, trial: int | None, days: int
) -> None:
    shop = Shop()
    chosen = []
    for number, (minor, quantity) in enumerate(items):
        shop.engine.catalogue.add_price(f"price_{number}", Money(minor, currency))
        chosen.append(NewItem(price=f"price_{number}", quantity=quantity))
    request = CreateSubscription(
        customer=shop.customer(card), items=tuple(chosen), trial_days=trial
    )
    ref = str(shop.engine.subscriptions.create(request, key=shop.key()).main.ref)

    shop.pass_days(days)

    expected = sum(minor * quantity for minor, quantity in items)
    for number, invoice in enumerate(shop.invoices(ref)):
        assert_adds_up(invoice)
        assert invoice.total.minor == (0 if trial and number == 0 else expected)
        is_paid = invoice.status == InvoiceStatus.PAID
        assert invoice.amount_remaining.minor == (0 if is_paid else invoice.total.minor)
        paid = sum(part.amount.minor for part in invoice.payments if part.status == "paid")
        assert paid == invoice.amount_paid.minor
