"""What the objects say about money: credit, discounts, taxes, previews, and who is behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accrue_core.contracts.customers import CreateCustomer, SetTaxLocation
from accrue_core.money import Money
from accrue_core.owners import Owner
from accrue_fake.wire.stripe.shapes.events import render_event
from accrue_fake.wire.stripe.shapes.previews import render_preview
from accrue_fake.wire.stripe.shapes.render import render
from accrue_stripe.translate.previews import previewed_change
from tests.fake.shop import START, Shop, token_of
from tests.stripe.conformance import violations
from tests.wire.shapes.completeness import missing
from tests.wire.shapes.history import FAILS_LATER
from tests.wire.shapes.rendered import Json


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.stock_up()
    return shop


def newest(shop: Shop, subscription: str) -> Json:
    return render(shop.engine, "invoice", shop.invoices(subscription)[-1].ref)


class TestMoney:
    def test_credit_is_a_negative_balance_that_the_invoices_explain(self, shop: Shop) -> None:
        ref = shop.subscribed(quantity=10)
        shop.pass_days(15.5)
        shop.swap(ref, "price_seat")
        before = newest(shop, ref)
        shop.pass_days(20)
        after = newest(shop, ref)
        customer = render(shop.engine, "customer", before["customer"])

        assert before["starting_balance"] == 0
        assert before["ending_balance"] == after["starting_balance"] == before["total"] < 0
        assert after["ending_balance"] == before["ending_balance"] + after["total"]
        assert customer["balance"] == after["ending_balance"]

        movements = [
            render(shop.engine, "customer_balance_transaction", movement.ref)
            for movement in shop.engine.customers.credit(customer["id"])
        ]
        assert [(one["type"], one["amount"]) for one in movements] == [
            ("invoice_too_small", before["total"]),
            ("applied_to_invoice", after["total"]),
        ]
        assert movements[-1]["ending_balance"] == customer["balance"]

    def test_discounts_and_taxes_of_the_lines_are_those_of_the_invoice(self, shop: Shop) -> None:
        engine = shop.engine
        engine.discounts.add_coupon("ten", percent_off="12.5", duration="forever")
        customer = shop.customer("pm_card_visa")
        engine.customers.set_tax_location(
            SetTaxLocation(ref=customer, country="DE"), key=shop.key()
        )
        ref = str(shop.subscribe(customer, quantity=3, coupon="ten", automatic_tax=True).main.ref)
        shown, (discount,) = newest(shop, ref), render(engine, "subscription", ref)["discounts"]
        (line,) = shown["lines"]["data"]

        assert line["discount_amounts"] == shown["total_discount_amounts"]
        assert shown["total_discount_amounts"] == [{"amount": 713, "discount": discount}]
        assert shown["total"] == shown["subtotal"] - 713 + shown["total_taxes"][0]["amount"]
        assert line["taxes"] == shown["total_taxes"]
        assert shown["total_taxes"][0]["taxable_amount"] == shown["total_excluding_tax"] == 4987
        assert shown["automatic_tax"]["status"] == "complete"
        assert render(engine, "discount", discount)["source"]["coupon"] == "ten"
        assert render(engine, "coupon", "ten")["percent_off"] == 12.5

    def test_a_coupon_that_nobody_can_have_any_more_is_not_valid(self, shop: Shop) -> None:
        add = shop.engine.discounts.add_coupon
        add("for_one", percent_off="50", max_redemptions=1)
        add("early", amount_off=Money(100, "usd"), redeem_by=START + timedelta(days=1))
        was = [render(shop.engine, "coupon", ref)["valid"] for ref in ("for_one", "early")]
        shop.subscribed(coupon="for_one")
        shop.pass_days(2)

        assert was == [True, True]
        assert [render(shop.engine, "coupon", ref)["valid"] for ref in ("for_one", "early")] == [
            False,
            False,
        ]

    @pytest.mark.parametrize("proration", ["always_invoice", "create_prorations", "none"])
    def test_a_preview_is_read_as_what_the_engine_foresees(
        self, shop: Shop, proration: Any
    ) -> None:
        ref = shop.subscribed(quantity=2)
        shop.pass_days(10)
        request = shop.asked(ref, shop.target(ref, "price_pro", 3), proration=proration)
        foreseen = shop.preview(request)
        shown = render_preview(shop.engine, shop.engine.books.subscriptions[ref], foreseen)

        assert violations(shown) == []
        assert missing(shown) == []
        assert previewed_change(shown, request, shop.subscription(ref)) == foreseen


class TestCustomers:
    def test_one_is_delinquent_while_an_invoice_is_unpaid_that_was_asked_for(
        self, shop: Shop
    ) -> None:
        paid, behind = shop.subscribed(), shop.subscribed(FAILS_LATER)
        sent = shop.subscribed(None, collection="invoice", days_until_due=7)

        def are_delinquent() -> list[bool]:
            customers = [shop.subscription(ref).customer for ref in (paid, behind, sent)]
            return [render(shop.engine, "customer", ref)["delinquent"] for ref in customers]

        assert are_delinquent() == [False, False, False]
        shop.pass_days(32)
        assert are_delinquent() == [False, True, True]

    def test_who_lives_by_a_clock_is_behind_by_that_clock(self, shop: Shop) -> None:
        engine = shop.engine
        clock = engine.clocks.create(START).ref
        made = engine.customers.create(
            CreateCustomer(owner=Owner("team", "1"), email="payer@shop.example"),
            key=shop.key(),
            clock=clock,
        )
        customer = str(made.main.ref)
        ref = shop.subscribe(customer, collection="invoice", days_until_due=7).main.ref
        engine.advance(timedelta(days=8), clock=clock)

        assert render(engine, "customer", customer)["delinquent"]
        assert render(engine, "customer", customer)["test_clock"] == clock
        assert render(engine, "subscription", ref)["test_clock"] == clock
        assert render(engine, "test_helpers.test_clock", clock)["frozen_time"] == (
            int(START.timestamp()) + 8 * 86_400
        )

    def test_the_event_of_an_end_still_says_who_it_was(self, shop: Shop) -> None:
        ref = shop.customer("pm_card_visa")
        shop.engine.customers.delete(ref)
        (event,) = (
            event for event in shop.engine.books.events.values() if event.type == "customer.deleted"
        )

        assert render(shop.engine, "customer", ref) == {
            "id": ref,
            "object": "customer",
            "deleted": True,
        }
        assert "deleted" not in render_event(shop.engine, event)["data"]["object"]


class TestPages:
    def test_a_session_says_what_was_paid_and_what_came_of_it(self, shop: Shop) -> None:
        trials: list[dict[str, Any]] = [{}, {"trial_days": 7}]
        answers = [shop.checkout(shop.customer(), **trial) for trial in trials]
        before = [session(shop, answer) for answer in answers]
        for answer in answers:
            shop.engine.checkout.pay(token_of(answer), "pm_card_visa")
        after = [session(shop, answer) for answer in answers]

        assert [one["payment_status"] for one in before] == ["unpaid", "unpaid"]
        assert [one["payment_status"] for one in after] == ["paid", "no_payment_required"]
        assert [one["amount_total"] for one in after] == [1900, 0]
        assert all(one["invoice"] and one["url"] is None for one in after)


def session(shop: Shop, answer: Any) -> Json:
    return render(shop.engine, "checkout.session", answer.main.ref)
