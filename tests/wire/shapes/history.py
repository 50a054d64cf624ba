"""A year of a shop in which everything happens that the engine knows, and all that came of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from accrue_core.contracts.customers import CreateCustomer, SetTaxLocation
from accrue_core.contracts.portal import CreatePortalSession, PortalFlow
from accrue_core.contracts.schedules import (
    CancelSchedule,
    CreateSchedule,
    EndBehavior,
    PlannedPhase,
    ReleaseSchedule,
)
from accrue_core.contracts.subscriptions import CreateSubscription, NewItem
from accrue_core.money import Money
from accrue_core.owners import Owner
from accrue_fake import Engine
from tests.fake.shop import START, Shop, token_of

AUTHENTICATES = "pm_card_authenticationRequired"
DECLINED = "pm_card_chargeDeclined"
FAILS_LATER = "pm_card_failsAtRenewal"
ODD_UNITS = ((1900, "jpy"), (12_345, "kwd"), (2500, "isk"), (40_000, "ugx"))
"""Prices in currencies that Stripe does not count in hundredths, or not in those of ISO 4217."""


@cache
def a_year() -> Engine:
    """Return an engine with a long history; the tests only look at it."""
    shop = Shop()
    shop.stock_up()
    _offer(shop)
    for chapter in (_starts, _terms, _changes, _pauses, _ends, _pages):
        chapter(shop)
    for _ in range(12):
        shop.pass_days(30)
    _changes(shop)
    shop.subscribed(FAILS_LATER)
    for chapter in (_terms, _pauses, _ends, _pages, _goes_away, _starts, _waits):
        chapter(shop)
    return shop.engine


@cache
def of_the_patient() -> Engine:
    """Return an engine that keeps what is not paid for, as unpaid."""
    shop = Shop(Engine(final="unpaid", retry_days=(1,)))
    shop.subscribed(FAILS_LATER)
    shop.pass_days(60)
    return shop.engine


def _starts(shop: Shop) -> None:
    shop.subscribed()
    shop.subscribed(price="price_weekly", quantity=3)
    shop.subscribed(price="price_free")
    shop.subscribed(price="price_yearly")
    customer = shop.customer()
    shop.subscribe(customer, payment_method=shop.attach(customer, "pm_card_mastercard"))
    shop.subscribed(price="price_euro")
    for card in (DECLINED, AUTHENTICATES, FAILS_LATER):
        shop.subscribed(card)
    shop.subscribed(trial_days=14)
    shop.subscribed(None, trial_days=30)
    shop.subscribed(None, collection="invoice", days_until_due=7)
    passed, failed = shop.subscribed(AUTHENTICATES), shop.subscribed(AUTHENTICATES)
    shop.engine.authenticate(passed)
    shop.engine.fail_authentication(failed)


def _offer(shop: Shop) -> None:
    """Offer coupons of every kind and prices in odd units; in Denmark prices contain the tax."""
    for minor, currency in ODD_UNITS:
        shop.engine.catalogue.add_price(f"price_{currency}", Money(minor, currency))
    add = shop.engine.discounts.add_coupon
    add("ten", percent_off="12.5", duration="repeating", months=2)
    add("once", amount_off=Money(500, "usd"))
    add("for_two", percent_off="50", duration="forever", max_redemptions=2)
    add("early", percent_off="5", redeem_by=START + timedelta(days=10))
    shop.engine.tax.declare("DK", 2500, is_inclusive=True)


def _terms(shop: Shop) -> None:
    """Let subscriptions start with all there is: coupons, tax, odd periods, trials, phases."""
    now = shop.engine.clock.now()
    for coupon in ("ten", "once", "accrue_comp"):
        shop.subscribed(coupon=coupon)
    for place in ({"country": "DE"}, {"country": "DK"}, {"country": "HK"}):
        shop.subscribe(_living_in(shop, **place), automatic_tax=True, coupon="ten", quantity=3)
    for how in ("invoice", "cancel", "pause"):
        shop.subscribed(None, trial_days=3, trial_without_card=how)
    shop.subscribed(anchor=now + timedelta(days=9))
    shop.subscribed(backdated_to=now - timedelta(days=9))
    mixed = (NewItem(price="price_monthly"), NewItem(price="price_yearly", quantity=2))
    several = CreateSubscription(customer=shop.customer("pm_card_visa"), items=mixed)
    shop.engine.subscriptions.create(several, key=shop.key())
    _schedules(shop)
    _by_a_clock(shop)
    shop.pass_days(4)


def _schedules(shop: Shop) -> None:
    schedules, now = shop.engine.schedules, shop.engine.clock.now()
    made = []
    later = now + timedelta(days=400)
    kinds: tuple[tuple[datetime | None, EndBehavior], ...] = (
        (None, "release"),
        (later, "cancel"),
        (None, "release"),
        (None, "cancel"),
    )
    for start, end in kinds:
        phases = (
            PlannedPhase(items=(NewItem(price="price_monthly"),), periods=1, is_trial=True),
            PlannedPhase(items=(NewItem(price="price_pro"),), periods=2, coupon="ten"),
        )
        request = CreateSchedule(
            customer=shop.customer("pm_card_visa"),
            phases=phases,
            starts_at=start,
            end_behavior=end,
            metadata={"campaign": "winter"},
        )
        made.append(str(schedules.create(request, key=shop.key()).main.ref))
    schedules.release(ReleaseSchedule(ref=made[0]), key=shop.key())
    schedules.cancel(CancelSchedule(ref=made[3]), key=shop.key())


def _by_a_clock(shop: Shop) -> None:
    """Let a customer fall behind whose time passes faster than everybody else's."""
    engine, owner = shop.engine, Owner("team", "by a clock")
    clock = engine.clocks.create(engine.clock.now(), name="Fast").ref
    request = CreateCustomer(owner=owner, email="fast@shop.example")
    customer = str(engine.customers.create(request, key=shop.key(), clock=clock).main.ref)
    shop.attach(customer, FAILS_LATER)
    shop.subscribe(customer)
    engine.advance(timedelta(days=33), clock=clock)


def _living_in(shop: Shop, **place: str) -> str:
    """Return a customer of whom all is known: address, language, name."""
    ref = shop.customer("pm_card_visa")
    told = SetTaxLocation(ref=ref, city="Here", line1="1 Street", **place)
    shop.engine.customers.set_tax_location(told, key=shop.key())
    shop.engine.customers.edit(ref, name="Ida", email="ida@shop.example", locale="da-DK")
    return ref


def _changes(shop: Shop) -> None:
    for _, currency in ODD_UNITS:
        odd = shop.subscribed(price=f"price_{currency}")
        shop.pass_days(0.5)
        shop.swap(odd, f"price_{currency}", 2)
    for proration in ("always_invoice", "create_prorations", "none"):
        up, down = shop.subscribed(), shop.subscribed(quantity=9)
        shop.pass_days(7)
        shop.swap(up, "price_pro", 2, proration=proration)
        shop.swap(down, "price_seat", 1, proration=proration)
    _waits(shop)


def _waits(shop: Shop) -> None:
    """Let changes wait for a bank: for the rest of a period, and for a new one."""
    for price in ("price_pro", "price_yearly"):
        ref = shop.subscribed(AUTHENTICATES)
        shop.engine.authenticate(ref)
        shop.pass_days(0.25)
        shop.swap(ref, price)


def _pauses(shop: Shop) -> None:
    for how in ("void", "keep_as_draft", "mark_uncollectible"):
        shop.pause(shop.subscribed(), how)
        shop.pause(shop.subscribed(), how, shop.engine.clock.now() + timedelta(days=45))
    shop.pass_days(32)
    shop.pause(shop.subscribed(), "none")
    resumed = shop.subscribed()
    shop.pause(resumed, "none")
    shop.resume(resumed)


def _ends(shop: Shop) -> None:
    for when, at in (
        ("now", None),
        ("period_end", None),
        ("at", shop.engine.clock.now() + timedelta(days=10)),
    ):
        shop.cancel(shop.subscribed(), when, at)
    kept = shop.subscribed()
    shop.cancel(kept, "period_end")
    shop.keep(kept)


def _pages(shop: Shop) -> None:
    for options in ({}, {"trial_days": 7}, {"items": _several()}):
        shop.checkout(shop.customer(), **options)
        shop.engine.checkout.pay(
            token_of(shop.checkout(shop.customer(), **options)), "pm_card_visa"
        )
    customer = shop.customer("pm_card_mastercard")
    subscription = str(shop.subscribe(customer).main.ref)
    flows: tuple[tuple[PortalFlow | None, str | None], ...] = (
        (None, None),
        ("payment_method_update", None),
        ("subscription_cancel", subscription),
    )
    for flow, about in flows:
        request = CreatePortalSession(
            customer=customer,
            return_url="https://shop.example/billing",
            flow=flow,
            subscription=about,
        )
        shop.engine.portal.create(request, key=shop.key())


def _several() -> tuple[NewItem, ...]:
    return (NewItem(price="price_monthly"), NewItem(price="price_seat", quantity=4))


def _goes_away(shop: Shop) -> None:
    gone = shop.customer("pm_card_visa")
    shop.subscribe(gone)
    shop.engine.customers.delete(gone)
    shop.engine.payment_methods.detach(shop.attach(shop.customer(), "pm_card_visa"))
