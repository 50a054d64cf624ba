"""Tax by a declared table: who is taxed where, at which rate, rounded how."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accrue_core.contracts.customers import SetTaxLocation
from accrue_core.contracts.subscriptions import CreateSubscription, NewItem
from accrue_core.errors import InvalidRequest, ProcessorRejected, TaxLocationInvalid
from accrue_core.money import Money
from accrue_core.testing.contracts.invoices import assert_adds_up
from accrue_fake import Engine
from tests.fake.ledger import assert_no_money_is_lost
from tests.fake.shop import HALF, Shop


def settle(shop: Shop, ref: str, country: str, **place: Any) -> None:
    """Say where a customer is taxed."""
    request = SetTaxLocation(ref=ref, country=country, **place)
    shop.engine.customers.set_tax_location(request, key=shop.key())


def taxed(shop: Shop, country: str = "DE", price: str = "price_monthly", **options: Any) -> str:
    """Return a subscription that is taxed in a country."""
    customer = shop.customer("pm_card_visa")
    settle(shop, customer, country)
    return str(shop.subscribe(customer, price, automatic_tax=True, **options).main.ref)


def test_nobody_is_taxed_before_it_is_known_where(shop: Shop) -> None:
    customer = shop.customer("pm_card_visa")
    shop.events()

    with pytest.raises(ProcessorRejected) as refused:
        shop.subscribe(customer, automatic_tax=True)

    assert refused.value.reason == "tax_location_missing"
    assert (shop.engine.books.subscriptions, shop.events()) == ({}, [])
    settle(shop, customer, "DE")
    assert shop.subscribe(customer, automatic_tax=True).main.automatic_tax


def test_the_rate_is_that_of_the_place(shop: Shop) -> None:
    ref = taxed(shop)
    (invoice,) = shop.invoices(ref)

    assert (invoice.subtotal.minor, invoice.tax.minor, invoice.total.minor) == (1900, 361, 2261)
    assert invoice.amount_paid == invoice.total
    assert_adds_up(invoice)
    assert shop.subscription(ref).automatic_tax


def test_who_moves_is_taxed_there_from_the_next_invoice_on(shop: Shop) -> None:
    ref = taxed(shop)
    settle(shop, shop.subscription(ref).customer, "US", state="NY", postal_code="10001")
    shop.pass_days(31)

    assert [invoice.tax.minor for invoice in shop.invoices(ref)] == [361, 76]


def test_a_state_may_have_a_rate_of_its_own(shop: Shop) -> None:
    shop.engine.tax.declare("AU", 0, state="NSW")
    customer = shop.customer("pm_card_visa")
    settle(shop, customer, "AU", state="NSW")
    first = str(shop.subscribe(customer, automatic_tax=True).main.ref)
    settle(shop, customer, "AU", state="VIC")
    second = str(shop.subscribe(customer, automatic_tax=True).main.ref)

    assert [shop.invoices(ref)[0].tax.minor for ref in (first, second)] == [0, 190]


def test_without_automatic_tax_there_is_none(shop: Shop) -> None:
    customer = shop.customer("pm_card_visa")
    settle(shop, customer, "DE")

    assert shop.invoices(str(shop.subscribe(customer).main.ref))[0].tax.minor == 0


def test_an_inclusive_price_is_paid_as_it_is(shop: Shop) -> None:
    shop.engine.tax.declare("DE", 1900, is_inclusive=True)
    (invoice,) = shop.invoices(taxed(shop))

    assert (invoice.subtotal.minor, invoice.tax.minor, invoice.total.minor) == (1597, 303, 1900)
    assert_adds_up(invoice)


@pytest.mark.parametrize(
    ("country", "place", "param"),
    [
        ("ZZ", {}, "country"),
        ("us", {"state": "CA", "postal_code": "94103"}, "country"),
        ("US", {"postal_code": "94103"}, "state"),
        ("US", {"state": "ZZ", "postal_code": "94103"}, "state"),
        ("US", {"state": "CA"}, "postal_code"),
        ("US", {"state": "CA", "postal_code": "9410"}, "postal_code"),
        ("CA", {"state": "ON"}, "postal_code"),
        ("DE", {"postal_code": "1234"}, "postal_code"),
        ("DE", {"postal_code": "١٢٣٤٥"}, "postal_code"),
        ("HK", {"postal_code": "123"}, "postal_code"),
    ],
)
def test_an_unknown_place_is_refused_and_nothing_changes(
    shop: Shop, country: str, place: dict[str, str], param: str
) -> None:
    ref = shop.customer()
    settle(shop, ref, "FR", postal_code="75001")
    before, books = shop.engine.customers.fetch(ref), shop.engine.books.customers[ref].address
    shop.events()

    with pytest.raises(TaxLocationInvalid) as refused:
        settle(shop, ref, country, **place)

    assert refused.value.param == param
    assert not any(text in str(refused.value) for text in place.values())
    assert shop.engine.customers.fetch(ref) == before
    assert shop.engine.books.customers[ref].address == books
    assert shop.events() == []


@pytest.mark.parametrize(
    ("country", "place"),
    [
        ("US", {"state": "CA", "postal_code": "94103-1234", "city": "San Francisco"}),
        ("CA", {"state": "ON", "postal_code": "K1A 0B1"}),
        ("GB", {"postal_code": "SW1A 1AA"}),
        ("DE", {"postal_code": "10115", "line1": "Invalidenstr. 1"}),
        ("IE", {}),
    ],
)
def test_a_known_place_is_recognized_once(shop: Shop, country: str, place: dict[str, str]) -> None:
    ref = shop.customer()
    shop.events()

    settle(shop, ref, country, **place)
    settle(shop, ref, country, **place)

    assert shop.engine.customers.fetch(ref).main.tax_location == "recognized"
    assert shop.events() == ["customer.updated"]
    address = shop.engine.books.customers[ref].address
    assert address is not None
    assert not any(text in repr(address) for text in (country, *place.values()))


@pytest.mark.parametrize("points", [-1, 10_001, 19.0, True])
def test_what_is_no_rate_is_refused(engine: Engine, points: Any) -> None:
    with pytest.raises(InvalidRequest):
        engine.tax.declare("DE", points)
    with pytest.raises(InvalidRequest):
        engine.tax.round("up", per="line")  # type: ignore[arg-type]
    with pytest.raises(InvalidRequest):
        engine.tax.round("half_up", per="year")  # type: ignore[arg-type]


def test_the_declared_table_can_be_read_and_is_in_the_books(engine: Engine) -> None:
    engine.tax.declare("DE", 700, is_inclusive=True)
    engine.tax.round("half_even", per="line")

    again = Engine.load(engine.dump())
    rates = {rate.place: (rate.basis_points, rate.is_inclusive) for rate in again.tax.rates()}
    assert rates["DE"] == (700, True)
    assert rates["US/CA"] == (725, False)
    assert (again.tax.rounding.how, again.tax.rounding.per) == ("half_even", "line")


COUPONS: list[dict[str, Any] | None] = [
    None,
    {"percent_off": "33.333", "duration": "forever"},
    {"percent_off": "50"},
    {"percent_off": "100", "duration": "forever"},
    {"amount_off": Money(777, "usd"), "duration": "repeating", "months": 2},
]
BASKET = st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 40)), min_size=1, max_size=4)


@given(
    first=BASKET,
    then=BASKET,
    coupon=st.sampled_from(COUPONS),
    points=st.sampled_from([None, 0, 725, 1900, 10_000]),
    is_inclusive=st.booleans(),
    how=st.sampled_from(["half_up", "half_even"]),
    per=st.sampled_from(["line", "invoice"]),
    proration=st.sampled_from(["always_invoice", "create_prorations", "none"]),
    days=st.sampled_from([0.0, 3.7, HALF, 30.99]),
)
def test_any_basket_adds_up_and_costs_what_its_preview_said(
    first: list[tuple[int, int]],
    then: list[tuple[int, int]],
    coupon: dict[str, Any] | None,
    points: int | None,
    is_inclusive: bool,
    how: Any,
    per: Any,
    proration: str,
    days: float,
) -> None:
    shop = Shop()
    if points is not None:
        shop.engine.tax.declare("DE", points, is_inclusive=is_inclusive)
    shop.engine.tax.round(how, per=per)
    if coupon is not None:
        shop.engine.discounts.add_coupon("coupon", **coupon)
    customer = shop.customer("pm_card_visa")
    settle(shop, customer, "DE")
    for name, basket in (("first", first), ("then", then)):
        for number, (minor, _) in enumerate(basket):
            shop.engine.catalogue.add_price(f"{name}_{number}", Money(minor, "usd"))
    request = CreateSubscription(
        customer=customer,
        items=tuple(NewItem(price=f"first_{n}", quantity=q) for n, (_, q) in enumerate(first)),
        coupon=None if coupon is None else "coupon",
        automatic_tax=points is not None,
    )
    ref = str(shop.engine.subscriptions.create(request, key=shop.key()).main.ref)
    shop.pass_days(days)
    targets = [shop.added(f"then_{n}", q) for n, (_, q) in enumerate(then)]
    wanted = shop.asked(ref, *targets, proration=proration)
    said = shop.preview(wanted)

    before = len(shop.invoices(ref))
    shop.change(wanted)
    period_end = shop.subscription(ref).items[0].current_period_end
    assert period_end is not None
    shop.engine.advance_to(period_end)

    charged = shop.invoices(ref)[before]
    for name in ("subtotal", "discount", "tax", "total"):
        assert getattr(charged, name) == getattr(said, name)
    assert [line.amount for line in charged.lines] == [line.amount for line in said.lines]
    for invoice in shop.invoices(ref):
        assert_adds_up(invoice)
    for record in shop.engine.books.invoices.values():
        assert sum(record.discounts) == record.snapshot.discount.minor
        assert sum(record.taxes) == record.snapshot.tax.minor
    assert_no_money_is_lost(shop.engine)


@given(
    first=BASKET,
    then=BASKET,
    coupon=st.sampled_from(COUPONS),
    points=st.sampled_from([725, 1900]),
    is_inclusive=st.booleans(),
)
def test_a_change_in_the_first_second_costs_the_difference(
    first: list[tuple[int, int]],
    then: list[tuple[int, int]],
    coupon: dict[str, Any] | None,
    points: int,
    is_inclusive: bool,
) -> None:
    """Who changes at once has paid in all what the other basket costs by itself.

    A coupon that counts once waits for an invoice over something.
    """
    assume(any(minor * quantity for minor, quantity in first))
    shop = Shop()
    shop.engine.tax.declare("DE", points, is_inclusive=is_inclusive)
    shop.engine.tax.round("half_up", per="invoice")
    if coupon is not None:
        shop.engine.discounts.add_coupon("coupon", **coupon)
    items = {}
    for name, basket in (("first", first), ("then", then)):
        for number, (minor, _) in enumerate(basket):
            shop.engine.catalogue.add_price(f"{name}_{number}", Money(minor, "usd"))
        items[name] = [(f"{name}_{n}", q) for n, (_, q) in enumerate(basket)]
    refs = []
    for name in ("first", "then"):
        customer = shop.customer("pm_card_visa")
        settle(shop, customer, "DE")
        request = CreateSubscription(
            customer=customer,
            items=tuple(NewItem(price=price, quantity=q) for price, q in items[name]),
            coupon=None if coupon is None else "coupon",
            automatic_tax=True,
        )
        refs.append(str(shop.engine.subscriptions.create(request, key=shop.key()).main.ref))
    changed, other = refs

    shop.change(shop.asked(changed, *(shop.added(price, q) for price, q in items["then"])))

    assert net(shop, changed) == net(shop, other)
    paid, alone = (sum(one.total.minor for one in shop.invoices(ref)) for ref in refs)
    assert abs(paid - alone) <= 1


def net(shop: Shop, ref: str) -> int:
    """What all invoices come to before tax, or with it where prices contain it, in all."""
    rate = shop.engine.tax.rate_of(shop.subscription(ref).customer)
    assert rate is not None
    invoices = shop.invoices(ref)
    if rate.is_inclusive:
        return sum(one.total.minor for one in invoices)
    return sum(one.subtotal.minor - one.discount.minor for one in invoices)
