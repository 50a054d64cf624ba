"""What a seller does by hand to invoices: each step of their life, and its guard."""

from __future__ import annotations

import pytest

from accrue_core.errors import ProcessorRejected, RemoteMissing
from accrue_fake import Engine, FakeProcessor
from accrue_fake.engine.cards import Charge
from tests.fake.ledger import assert_no_money_is_lost
from tests.fake.shop import FEBRUARY, Shop

DECLINES, FAILS_LATER = "pm_card_chargeDeclined", "pm_card_failsAtRenewal"
BANK = "pm_card_authenticationRequired"


def unpaid(shop: Shop, card: str | None = None) -> tuple[str, str]:
    """Return an incomplete subscription and its open invoice, and forget what happened so far."""
    ref = shop.subscribed(card)
    shop.events()
    return ref, shop.invoices(ref)[0].ref


def drafted(shop: Shop) -> tuple[str, str]:
    """Return a paused subscription and the draft that was drawn meanwhile."""
    ref = shop.subscribed()
    shop.pause(ref, "keep_as_draft")
    shop.engine.advance_to(FEBRUARY)
    shop.events()
    return ref, shop.invoices(ref)[-1].ref


def test_an_invoice_is_charged_to_the_card_that_is_named(shop: Shop) -> None:
    ref, invoice = unpaid(shop, DECLINES)
    customer = shop.subscription(ref).customer
    good = shop.attach(customer, "pm_card_visa", make_default=False)
    shop.events()

    assert shop.engine.invoices.charge(invoice) == Charge.DECLINED
    assert shop.events() == ["invoice.payment_failed"]
    assert shop.engine.invoices.charge(invoice, good) == Charge.PAID

    assert shop.subscription(ref).status == "active"
    assert shop.invoices(ref)[0].attempts == 3
    assert shop.events() == ["invoice.paid", "customer.subscription.updated"]
    with pytest.raises(ProcessorRejected, match="this invoice is paid"):
        shop.engine.invoices.charge(invoice, good)
    assert_no_money_is_lost(shop.engine)


def test_a_bank_that_asks_makes_a_charge_wait_if_the_customer_is_there(shop: Shop) -> None:
    ref, invoice = unpaid(shop, DECLINES)
    bank = shop.attach(shop.subscription(ref).customer, BANK)
    shop.events()

    assert shop.engine.invoices.charge(invoice, bank, on_session=True) == Charge.WAITS
    assert shop.events() == ["invoice.payment_action_required"]
    shop.engine.authenticate(ref)

    assert shop.invoices(ref)[0].status == "paid"


def test_an_invoice_is_charged_to_nobody_elses_card(shop: Shop) -> None:
    _, invoice = unpaid(shop, DECLINES)
    foreign = shop.attach(shop.customer(), "pm_card_visa")
    loose = str(shop.engine.payment_methods.make("pm_card_visa").main.ref)
    before = shop.engine.dump()

    for card in (foreign, loose):
        with pytest.raises(ProcessorRejected, match="not attached"):
            shop.engine.invoices.charge(invoice, card)

    assert shop.engine.dump() == before


def test_a_planned_retry_stays_planned_when_a_charge_by_hand_fails(shop: Shop) -> None:
    ref = shop.subscribed(FAILS_LATER)
    shop.engine.advance_to(FEBRUARY)
    planned = shop.invoices(ref)[-1].next_attempt_at
    assert planned is not None

    assert shop.engine.invoices.charge(shop.invoices(ref)[-1].ref) == Charge.DECLINED

    assert shop.invoices(ref)[-1].next_attempt_at == planned


def test_a_draft_is_finalized_once_and_decides_the_status_from_then_on(shop: Shop) -> None:
    ref, draft = drafted(shop)

    opened = shop.engine.invoices.finalize(draft).main

    assert (opened.status, opened.attempts, opened.number is None) == ("open", 0, False)
    assert shop.events() == ["invoice.finalized"]
    shop.engine.subscriptions.becomes(ref, "past_due")
    assert shop.engine.invoices.charge(draft) == Charge.PAID
    assert shop.subscription(ref).status == "active"
    with pytest.raises(ProcessorRejected, match="it must be draft"):
        shop.engine.invoices.finalize(draft)


def test_a_draft_is_deleted_and_told_while_it_can_still_be_looked_at(shop: Shop) -> None:
    ref, draft = drafted(shop)
    seen: list[tuple[str, str]] = []
    shop.engine.emitter.listen(
        lambda type_, _, one: seen.append((type_, shop.engine.invoices.fetch(one).main.status))
    )

    shop.engine.invoices.delete_draft(draft)

    assert seen == [("invoice.deleted", "draft")]
    (webhook,) = shop.engine.emitter.take()
    event = FakeProcessor(shop.engine).verify(webhook.body, webhook.headers, now=FEBRUARY)
    assert (event.noun, event.object_ref, event.is_deletion) == ("invoice", draft, True)
    with pytest.raises(RemoteMissing):
        shop.engine.invoices.fetch(draft)
    assert shop.subscription(ref).latest_invoice == shop.invoices(ref)[-1].ref != draft
    assert Engine.load(shop.engine.dump()).dump() == shop.engine.dump()


def test_what_is_uncollectible_is_still_paid_or_voided(shop: Shop) -> None:
    (ref, invoice), (_, other) = unpaid(shop), unpaid(shop)

    for one in (invoice, other):
        assert shop.engine.invoices.mark_uncollectible(one).main.status == "uncollectible"
    shop.engine.invoices.pay(invoice)
    shop.engine.invoices.void(other)

    assert shop.subscription(ref).status == "active"
    assert shop.events() == [
        "invoice.marked_uncollectible",
        "invoice.marked_uncollectible",
        "invoice.paid",
        "customer.subscription.updated",
        "invoice.voided",
    ]
    assert_no_money_is_lost(shop.engine)


def test_what_is_past_due_by_an_invoice_is_active_once_that_is_given_up(shop: Shop) -> None:
    ref = shop.subscribed(FAILS_LATER, price="price_weekly")
    shop.pass_days(14)
    older, newest = shop.invoices(ref)[-2:]
    assert shop.subscription(ref).status == "past_due"

    shop.engine.invoices.mark_uncollectible(older.ref)
    assert shop.subscription(ref).status == "past_due"
    shop.engine.invoices.mark_uncollectible(newest.ref)

    assert shop.subscription(ref).status == "active"
    shop.pass_days(6)
    assert [one.attempts for one in (older, newest)] == [2, 1]
    assert [one.attempts for one in shop.invoices(ref)[-2:]] == [2, 1]


@pytest.mark.parametrize(
    ("deed", "statuses"),
    [
        ("finalize", {"open", "uncollectible", "void", "paid"}),
        ("delete_draft", {"open", "uncollectible", "void", "paid"}),
        ("void", {"draft", "void", "paid"}),
        ("mark_uncollectible", {"draft", "uncollectible", "void", "paid"}),
        ("charge", {"draft", "void", "paid"}),
        ("pay", {"draft", "void", "paid"}),
    ],
)
def test_each_step_of_an_invoices_life_has_its_guard(
    shop: Shop, deed: str, statuses: set[str]
) -> None:
    invoices = shop.engine.invoices
    refs = {"draft": drafted(shop)[1], "paid": shop.invoices(shop.subscribed())[0].ref}
    for status, step in (("void", invoices.void), ("uncollectible", invoices.mark_uncollectible)):
        refs[status] = unpaid(shop)[1]
        step(refs[status])
    refs["open"] = unpaid(shop)[1]
    before = shop.engine.dump()

    for status in sorted(statuses):
        with pytest.raises(ProcessorRejected) as refused:
            getattr(invoices, deed)(refs[status])
        assert refused.value.reason == "invoice_not_open"

    assert shop.engine.dump() == before
    for status in sorted(refs.keys() - statuses):
        getattr(invoices, deed)(refs[status])


def test_a_void_invoice_takes_the_change_with_it_that_waited_for_it(shop: Shop) -> None:
    shop.stock_up()
    ref = shop.subscribed(BANK)
    shop.engine.authenticate(ref)
    shop.swap(ref, "price_pro")
    waiting = shop.invoices(ref)[-1].ref
    assert shop.subscription(ref).pending_until is not None
    shop.events()

    assert shop.engine.invoices.void(waiting).main.status == "void"

    assert shop.subscription(ref).pending_until is None
    assert shop.subscription(ref).items[0].price == "price_monthly"
    assert shop.events() == [
        "invoice.voided",
        "customer.subscription.pending_update_expired",
        "customer.subscription.updated",
    ]


def test_a_rest_can_be_ended_anew_once_the_invoice_that_would_have_ended_it_is_void(
    shop: Shop,
) -> None:
    ref = shop.subscribed(None, trial_days=1, trial_without_card="pause")
    shop.pass_days(1)
    shop.attach(shop.subscription(ref).customer, BANK)
    shop.resume(ref)

    shop.engine.invoices.void(shop.invoices(ref)[-1].ref)
    shop.resume(ref)
    shop.engine.authenticate(ref)

    assert shop.subscription(ref).status == "active"
